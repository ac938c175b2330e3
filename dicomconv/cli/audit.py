"""dicomconv audit"""

import json
from pathlib import Path
from typing import Any

import click

from dicomconv.cli.options import CONFIG, JOBS, JSON, PROFILE
from dicomconv.execute import job_count
from dicomconv.manifest import counted
from dicomconv.pipeline.audit.as_json import as_json
from dicomconv.pipeline.audit.report import AuditReport
from dicomconv.pipeline.audit.run import audit
from dicomconv.pipeline.audit.write import targets, write_report

LISTED = 10
EXIT_CODES = {"clean": 0, "found": 5, "incomplete": 5}
FILE = click.Path(path_type=Path, dir_okay=False)


@click.command("audit")
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--against", type=click.Path(path_type=Path), metavar="SRC", help="The originals that OUT was made of.")
@click.option("--key", type=click.Path(path_type=Path), help="The key of the run: finds the original of each output.")
@PROFILE[0]
@PROFILE[1]
@PROFILE[2]
@click.option("-o", "json_file", type=FILE, metavar="JSON", help="The report as JSON; else OUT.audit.json beside OUT.")
@click.option("--html", "html_file", type=FILE, metavar="HTML", help="As a page; else OUT.audit.html beside OUT.")
@click.option("--show-before", is_flag=True, help="Show values and paths of the originals in the report, mode 0600.")
@click.option("--no-pixels", is_flag=True, help="Leave pixel arrays out of the search.")
@JOBS
@JSON
@CONFIG
def command(out: Path, *, json_file: Path | None, html_file: Path | None, **options: Any) -> None:
    """Search a folder that is to be shared, OUT, for what should not be in it. It may have been made by any tool.

    Reads DICOM, HDF5, PNG, texts and all names. With --against, everything that identifies the patients in SRC is looked
    for, and each attribute is shown before and after. Exit code 5 if anything was found or could not be read.
    """
    jobs, is_json = job_count(options.pop("jobs")), options.pop("as_json")
    pixels = not options.pop("no_pixels")
    files = targets(out, json_file, html_file)
    report = audit(out, options.pop("against"), jobs=jobs, pixels=pixels, **options)
    if not sum(report.files.values()) and not report.unreadable:
        click.echo(f"there is nothing in {out} to audit", err=True)
        click.get_current_context().exit(4)
    write_report(report, *files)
    click.echo(json.dumps(as_json(report)) if is_json else "\n".join((*_told(report), f"see {files[1]}")))
    click.get_current_context().exit(EXIT_CODES[report.verdict])


def _told(report: AuditReport) -> list[str]:
    """The verdict, and what was found most."""
    files, hits = sum(report.files.values()), sum(one.count for one in report.findings)
    lines = [f"{report.verdict}: {counted(hits, 'hit')} in {counted(files, 'file')}, {report.instances} instances"]
    if report.comparison:
        found = report.comparison.originals - report.comparison.missing
        lines.append(f"{found} of {counted(report.comparison.originals, 'original')} found again")
    places = report.by_place()
    lines += [
        f"  {kind}: {place}: {count}, in {counted(number, 'file')}" for place, kind, number, count in places[:LISTED]
    ]
    if len(places) > LISTED:
        lines.append(f"  and {len(places) - LISTED} places more")
    lines += [f"  not read: {one.file}: {one.reason}" for one in report.unreadable[:LISTED]]
    return [*lines, *(f"note: {note}" for note in report.notes)]
