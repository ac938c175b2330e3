"""How programs are run on the planted pixels: ours, and any other by a template of its command."""

import shlex
from pathlib import Path

from tests.benchmarks.deid.adapters import Done, Job, Tool, command, dicomconv, key_file


def _arguments(job: Job, name: str, out: Path) -> list[str]:
    return [
        name, str(job.source), "-o", str(out), "--key", key_file(job), "--preset", job.preset, "--duplicates", "keep-both",
        "--burned-in", "redact", "--jobs", job.jobs, "-q",
    ]  # fmt: skip


def run_deidentify(job: Job) -> Done:
    """`dicomconv deidentify --burned-in redact`."""
    return dicomconv(_arguments(job, "deidentify", job.out))


def run_convert(job: Job) -> Done:
    """`dicomconv convert --burned-in redact`: pictures and containers, and the files back out of them."""
    done = dicomconv(_arguments(job, "convert", job.out / "converted"))
    back = dicomconv(["recover", str(job.out / "converted"), "-o", str(job.out / "recovered")])
    return Done(max(done.exit_code, back.exit_code), done.said + back.said)


OURS = {"deidentify": run_deidentify, "convert": run_convert}


def by_template(asked: str) -> Tool:
    """`NAME=COMMAND` with {source}, {out} and {work} in it, split as a shell would, and run without one."""
    name, _, template = asked.partition("=")

    def run(job: Job) -> Done:
        places = {"source": str(job.source), "out": str(job.out), "work": str(job.work)}
        return command([part.format(**places) for part in shlex.split(template)])

    return Tool(name, run, keeps_names=True)


def tools(ours: list[str], templates: list[str]) -> list[Tool]:
    """The programs of a run."""
    return [*(Tool(f"dicomconv {name}", OURS[name], has_key=True) for name in ours), *map(by_template, templates)]
