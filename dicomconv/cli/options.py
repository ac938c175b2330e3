"""Options that several commands share."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from dicomconv.cli.config import read_config
from dicomconv.deid.options import BY_NAME, PRESETS
from dicomconv.pipeline.working import SECONDS
from dicomconv.remote import source_of

Function = TypeVar("Function", bound=Callable[..., Any])



class _SourceName(click.Path):
    """A path or a URL."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Whichever it is."""
        return source_of(os.fsdecode(value))


SOURCES = click.argument("sources", nargs=-1, type=_SourceName(allow_dash=True))
CONTAINERS = click.argument("containers", nargs=-1, required=True, type=click.Path(path_type=Path))
PATHS = click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
BURNED_IN_SHOWN = click.option(
    "--burned-in", type=click.Choice(["refuse", "keep"]), default="refuse", show_default=True,
    help="DICOM files of kinds that carry text in their pixels: left out, or shown.",
)  # fmt: skip
WINDOW = click.option(
    "--window",
    multiple=True,
    show_default="file",
    metavar="file|file:N|lut|auto|full|labels|C,W|PRESET",
    help="The file's own window (where it has none: one for the whole series), its N-th window, its VOI LUT, the series' "
    "range, all stored values, segmentations in the colours of their segments, center and width, or soft-tissue, lung, "
    "liver, bone, brain. Several: a sub-folder each.",
)
DEPTH = click.option(
    "--depth", type=click.Choice(["8", "16"]), default="8", show_default=True, help="Bits of a PNG grey."
)
STACK = click.option(
    "--stack", is_flag=True, help="Two or three --window as the channels of one RGB PNG; of two, blue is 0."
)
RAW = click.option("--raw", is_flag=True, help="Stored values without loss, 8 or 16 bits; signed ones with an offset.")
SIZE = click.option(
    "--size", type=int, metavar="N", help="Square PNGs of N x N pixels: resampled, aspect kept, black around it."
)
OUT_OR_URL = click.option(
    "-o", "--out", required=True, type=_SourceName(file_okay=False),
    help="The folder to write to, or s3://bucket/prefix (which takes --state).",
)  # fmt: skip
JSON = click.option("--json", "as_json", is_flag=True, help="Results as JSON on standard output.")
JOBS = click.option("--jobs", default="auto", show_default=True, metavar="N|auto", help="Processors to use.")
OUT = click.option(
    "-o", "--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="The folder to write to."
)
VERBOSITY = (
    click.option("-q", "--quiet", is_flag=True, help="Only errors."),
    click.option("-v", "--verbose", is_flag=True, help="Every file that was not converted, with its path."),
)
EXISTING = click.option(
    "--existing",
    type=click.Choice(["error", "skip", "overwrite"]),
    default="error",
    show_default=True,
    help="What to do where the result is there already.",
)


CONFIG = click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    is_eager=True,
    expose_value=False,
    callback=read_config,
    help="A TOML file with defaults for any flag; flags on the command line win.",
)

PROFILE = (
    click.option("--preset", type=click.Choice(list(PRESETS)), help="Options that go together; basic: none of them."),
    click.option("--option", multiple=True, type=click.Choice(list(BY_NAME)), metavar="NAME",
                 help=f"An option of the profile, beside those of the preset: {', '.join(BY_NAME)}."),
    click.option("--profile", type=click.Path(path_type=Path), metavar="TOML",
                 help="Rules of your own for single attributes, above the profile's."),
)  # fmt: skip
_SHARED = (
    SOURCES,
    OUT_OR_URL,
    click.option("--key", type=click.Path(path_type=Path), help="Key file of keygen: the same pseudonyms in every run."),
    JOBS,
    click.option("--executor", default="processes", show_default=True, metavar="processes|serial|dask:tcp://HOST:PORT",
                 help="Where series are worked on: in processes that are watched, in this one, or on a cluster (extra "
                 "cluster; see docs/scaling.md)."),
    click.option("--timeout", type=float, show_default=f"{SECONDS:g}", metavar="SECONDS",
                 help="A file that makes no progress for so long is left out, with a row that says so; 0: never."),
    click.option("--memory-limit", type=int, show_default="half the machine's", metavar="MB",
                 help="A file with which a worker takes more is left out, with a row that says so; 0: no limit."),
    EXISTING,
    click.option("--state", type=click.Path(path_type=Path, file_okay=False), metavar="DIR", show_default="OUT.state",
                 help="Where the journal is kept that lets a run go on where another ended; on a local disk, never in OUT."),
    click.option("--fingerprint", type=click.Choice(["stat", "hash"]), default="stat", show_default=True,
                 help="By what a source file is known again: path, size and time, or its content, which takes reading it."),
    click.option("--retry-failed", is_flag=True, help="Do series again in which a file failed."),
    click.option("--from-file", type=click.Path(path_type=Path, allow_dash=True), metavar="LIST",
                 help="Read the names of sources from a file (- for standard input), one a line or NUL-separated."),
    click.option("--dry-run", is_flag=True, help="Read and judge everything, write nothing."),
    JSON,
    *VERBOSITY,
    click.option("--patient-map", type=click.Path(path_type=Path), metavar="CSV",
                 help="Two columns, original Patient ID and the study's own ID: overrides the pseudonym."),
    *PROFILE,
    click.option("--include", multiple=True, metavar="WHAT",
                 help="Only these: a modality, a SOP class UID, a word of the series description, localizer, min-slices=N."),
    click.option("--exclude", multiple=True, metavar="WHAT", help="All but these; the same words."),
    click.option("--duplicates", type=click.Choice(["fail", "newest", "keep-both"]), default="fail", show_default=True,
                 help="Files with one SOP Instance UID and different content."),
    click.option("--burned-in", type=click.Choice(["refuse", "redact", "keep"]), default="refuse", show_default=True,
                 help="Images of kinds that carry text in their pixels; redact finds text and blanks it (extra ocr)."),
    click.option("--boxes", type=click.Path(path_type=Path, dir_okay=False), metavar="JSONL",
                 help="With redact: boxes that somebody reviewed, such as a manifest; they replace what would be found."),
    click.option("--region-rules", type=click.Path(path_type=Path, dir_okay=False), metavar="TOML",
                 help="With redact: rules of your own for where machines write."),
    click.option("--documents", type=click.Choice(["blank", "refuse"]), default="blank", show_default=True,
                 help="Encapsulated documents (PDF, CDA, STL …)."),
    click.option("--strict", is_flag=True, help="Exit with 6 if anything was refused."),
    click.option("--source-index", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
                 help="Write which row was which file, outside OUT, readable by you alone."),
    click.option("--link-table", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
                 help="Add to a CSV which Patient ID and UIDs became which, outside OUT, readable by you alone."),
    CONFIG,
)  # fmt: skip


def run_options(function: Function) -> Function:
    """The options that convert and deidentify have in common."""
    for option in reversed(_SHARED):
        function = option(function)
    return function
