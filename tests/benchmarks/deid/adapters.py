"""How each program is run: as a command, in an environment of its own, from the outside."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

SCRIPTS = Path(__file__).parent / "peers"
HOURS = 3600


@dataclass(frozen=True, slots=True)
class Job:
    """What a program is to do: from where, to where, with which preset, and which of two keys."""

    source: Path
    out: Path
    work: Path
    preset: str
    key: str = "first"
    jobs: str = "auto"


@dataclass(frozen=True, slots=True)
class Done:
    """How it went."""

    exit_code: int
    said: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Tool:
    """A program under test; one with a key can be asked to repeat itself and to bring files back.

    One that leaves the names of its outputs to whoever calls it is given files with names that say nothing.
    """

    name: str
    run: Callable[[Job], Done]
    has_key: bool = False
    keeps_names: bool = False


def command(parts: list[str]) -> Done:
    """Run a command to its end and keep what it says."""
    done = subprocess.run(parts, capture_output=True, check=False, timeout=HOURS)
    return Done(done.returncode, done.stdout + done.stderr)


def dicomconv(arguments: list[str]) -> Done:
    """The program of this project, as a command of the environment that runs the benchmark."""
    return command([sys.executable, "-m", "dicomconv", *arguments])


@cache
def offers(name: str, flag: str) -> bool:
    """Whether a subcommand has a flag yet."""
    return flag.encode() in dicomconv([name, "--help"]).said


def key_file(job: Job) -> str:
    """One of two keys, made when it is first used."""
    path = job.work / f"{job.key}.key"
    if not path.exists():
        dicomconv(["keygen", "-o", str(path)])
    return str(path)


def run_dicomconv(job: Job, name: str = "deidentify") -> Done:
    """`dicomconv deidentify`, or another subcommand with the same flags."""
    preset = ["--preset", job.preset] if offers(name, "--preset") else []
    return dicomconv([
        name, str(job.source), "-o", str(job.out), "--key", key_file(job), *preset, "--duplicates", "keep-both",
        "--burned-in", "keep", "--jobs", job.jobs, "-q",
    ])  # fmt: skip


def convert_and_recover(job: Job, recovered: Path) -> Done:
    """Containers and pictures, and the files back out of them."""
    done = run_dicomconv(job, "convert")
    back = dicomconv(["recover", str(job.out), "-o", str(recovered)])
    return Done(max(done.exit_code, back.exit_code), done.said + back.said)


def seal_and_open(job: Job, opened: Path) -> Done | None:
    """Sealed containers, and the originals back out of them; none where that is not offered."""
    if not (offers("keygen", "--seal") and offers("convert", "--seal-to")):
        return None
    pair = job.work / "seal"
    made = dicomconv(["keygen", "--seal", str(pair), "--no-passphrase"])
    done = dicomconv([
        "convert", str(job.source), "-o", str(job.out), "--key", key_file(job), "--duplicates", "keep-both", "--burned-in",
        "keep", "--no-png", "--seal-to", f"{pair}.pub", "-q",
    ])  # fmt: skip
    back = dicomconv(["recover", str(job.out), "--original", "--identity", f"{pair}.pem", "-o", str(opened)])
    return Done(max(made.exit_code, done.exit_code, back.exit_code), made.said + done.said + back.said)


def peer(script: str, python: str, basic: str = "") -> Tool:
    """Another program, by the Python of its own environment."""

    def run(job: Job) -> Done:
        flags = [basic] if basic and job.preset == "basic" else []
        return command([python, str(SCRIPTS / script), str(job.source), str(job.out), *flags])

    return Tool(script.removeprefix("with_").removesuffix(".py").replace("_", "-"), run, keeps_names=True)


PEERS = {
    "dicom-anonymizer": ("with_dicom_anonymizer.py", ""),
    "deid": ("with_deid.py", ""),
    "dicognito": ("with_dicognito.py", ""),
    "idiscore": ("with_idiscore.py", "basic"),
}


def tools(peers: list[str], only_peers: bool = False) -> list[Tool]:
    """The programs of a run: ours, and others given as `name=python`."""
    found = [] if only_peers else [Tool("dicomconv", run_dicomconv, has_key=True)]
    for one in peers:
        name, _, python = one.partition("=")
        script, basic = PEERS[name]
        if shutil.which(python) is None:
            raise SystemExit(f"{name}: there is no {python}. Give the Python of the environment it is installed in.")
        found.append(peer(script, python, basic))
    return found
