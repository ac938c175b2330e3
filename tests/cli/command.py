"""The command line, called in this process or as one of its own."""

import os
import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner, Result

from dicomconv.cli import main

PROGRAM = [sys.executable, "-m", "dicomconv"]


def call(*words: object, stdin: bytes = b"") -> Result:
    """The command in this process: exit code, standard output, standard error. An error of ours is raised."""
    result = CliRunner().invoke(main, [str(word) for word in words], input=stdin, prog_name="dicomconv")
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def process(*words: object, stdin: bytes = b"", cwd: Path | None = None) -> "subprocess.CompletedProcess[bytes]":
    """The command as a process."""
    return subprocess.run([*PROGRAM, *map(str, words)], input=stdin, capture_output=True, cwd=cwd, env=environment())


def environment() -> dict[str, str]:
    """An environment in which the package is found from any folder."""
    return {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
