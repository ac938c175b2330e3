"""What convert and deidentify share: sources from lists, progress, the closing lines, the source index."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, TextIO

import click

from dicomconv import manifest
from dicomconv.cli.exit_codes import exit_code_of_run
from dicomconv.cli.terminal import visible
from dicomconv.errors import UsageError
from dicomconv.pipeline import library, link_table
from dicomconv.pipeline.into import folder_of
from dicomconv.pipeline.run import RunReport
from dicomconv.pipeline.working import Working
from dicomconv.remote import Source, source_of
from dicomconv.stored import in_full, shown
from dicomconv.workers.zygote import prepared

LISTED = 10
INTERRUPTED = "dicomconv: interrupted; finished series are whole and nothing half-written is left. "
GO_ON = "Run the same command again to go on: what is done is known and stays"
NO_WAY_ON = "A run without --key cannot be gone on with: begin again in an empty folder"


def all_sources(sources: tuple[Source, ...], listing: Path | None) -> list[Source]:
    """The sources named on the command line, on standard input (`-`) and in a list file."""
    named = [source for source in sources if str(source) != "-"]
    lists = ([listing] if listing else []) + [Path("-")] * (len(named) < len(sources))
    return [*named, *(path for one in lists for path in _listed(one))]


def _listed(listing: Path) -> list[Source]:
    try:
        data = sys.stdin.buffer.read() if str(listing) == "-" else listing.read_bytes()
    except OSError as error:
        raise UsageError(f"--from-file {listing}: cannot be read ({(error.strerror or 'error').lower()})") from None
    parts = data.split(b"\0") if b"\0" in data else data.splitlines()
    return [source_of(os.fsdecode(part)) for part in parts if part.strip()]


@contextmanager
def progress_bar(quiet: bool) -> Iterator[Any]:
    """A function that shows how far a run is, on standard error and only on a terminal."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("files", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def carry_out(kind: str, options: dict[str, Any]) -> int:
    """Run `convert` or `deidentify` with the command line's options; the exit code."""
    sources = all_sources(options.pop("sources"), options.pop("from_file"))
    out, quiet, verbose = options.pop("out"), options.pop("quiet"), options.pop("verbose")
    as_json, strict, index = options.pop("as_json"), options.pop("strict"), options.pop("source_index")
    working, is_dry, links = working_of(options), options.pop("dry_run"), options.pop("link_table")
    folder = folder_of(out, options.get("state"))
    if index and not is_dry:
        open_index(index, folder).close()
    if links and not is_dry:
        link_table.prepare(links, folder)
    with prepared() if working.executor == "processes" else nullcontext():
        if is_dry:
            report = library.dry_run(sources, out, working=working, **options)
        else:
            work = library.convert if kind == "convert" else library.deidentify
            with progress_bar(quiet) as progress:
                report = work(sources, out, working=working, progress=progress, **options)
    if index and not is_dry:
        write_index(index, folder, report)
    if links and not is_dry:
        link_table.add(links, link_table.links_of(report))
    if not options.get("key") and not quiet and not is_dry:
        click.echo("no --key: a fresh random key was used, so these pseudonyms cannot be made again", err=True)
    _tell(report, out, kind, as_json=as_json, quiet=quiet, verbose=verbose, is_dry=is_dry, has_key=bool(options.get("key")))
    reasons = [outcome.reason for outcome in report.outcomes if outcome.status == "skipped"]
    counts = manifest.counts(report.outcomes)
    return exit_code_of_run(counts, reasons, interrupted=report.interrupted, strict=strict)


def working_of(options: dict[str, Any]) -> Working:
    """How to work, taken out of the command line's options."""
    jobs, timeout = library.job_count(options.pop("jobs")), options.pop("timeout")
    return Working(jobs, options.pop("executor"), timeout, options.pop("memory_limit"))


def open_index(index: Path, out: Path) -> TextIO:
    """The source index, to add to, mode 0600. UsageError if it lies inside OUT, which is shared, or cannot be written."""
    if out.resolve() in index.resolve().parents:
        raise UsageError("--source-index names original files: put it outside OUT")
    try:
        descriptor = os.open(index, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        index.chmod(0o600)
    except OSError as error:
        raise UsageError(f"--source-index {index}: cannot be written ({(error.strerror or 'error').lower()})") from None
    return os.fdopen(descriptor, "w", encoding="utf-8", errors="surrogateescape")


def write_index(index: Path, out: Path, report: RunReport) -> None:
    """Add row → path to the source index."""
    with open_index(index, out) as file:
        for row, path in sorted(report.paths.items()):
            file.write(json.dumps({"row": row, "path": in_full(path)}) + "\n")


def _tell(report: RunReport, out: Source, kind: str, *, as_json: bool, quiet: bool, verbose: bool, is_dry: bool,
          has_key: bool) -> None:  # fmt: skip
    """Results on standard output, what went wrong on standard error; paths on the operator's terminal only."""
    if as_json:
        rows = [json.loads(manifest.as_json(outcome)) for outcome in report.outcomes]
        result = {"counts": manifest.counts(report.outcomes), "warnings": list(report.warnings), "rows": rows}
        click.echo(json.dumps({**result, "key_id": report.key_id, "interrupted": report.interrupted}))
    elif not quiet:
        verb = "would be converted" if is_dry else {"convert": "converted"}.get(kind, "de-identified")
        click.echo("\n".join(manifest.summary(report.outcomes, verb)))
        if report.resumed:
            click.echo(f"{report.resumed} of these were done by an earlier run, and stay as they are")
        series = {outcome.facts.get("container") for outcome in report.outcomes if outcome.status == "converted"}
        if kind == "convert" and not is_dry and series:
            click.echo(f"{len(series)} series in {out}; every file has its row in {out}/{manifest.NAME}")
    if not quiet and not as_json and not any(outcome.status != "skipped" for outcome in report.outcomes):
        click.echo("no DICOM was found to work on; name files or folders that hold some", err=True)
    for warning in () if quiet else report.warnings:
        click.echo(f"warning: {warning}", err=True)
    if not as_json:
        _list_troubles(report, len(report.outcomes) if verbose else LISTED, verbose)
    if report.interrupted:
        click.echo(f"{INTERRUPTED}{GO_ON if has_key else NO_WAY_ON}", err=True)


def _list_troubles(report: RunReport, limit: int, verbose: bool) -> None:
    statuses = ("failed", "refused", "skipped") if verbose else ("failed", "refused")
    troubles = [outcome for outcome in report.outcomes if outcome.status in statuses]
    for outcome in troubles[:limit]:
        click.echo(f"{outcome.status}: {visible(shown(report.paths[outcome.row]))}: {outcome.reason}", err=True)
    if len(troubles) > limit:
        click.echo(f"and {len(troubles) - limit} more (-v lists all)", err=True)
