"""`python -m tests.acceptance`: run the proofs that loaders of others read our exports; write the table of docs/datasets.md.

Words that follow go to pytest, and then no table is written: it shows whole runs only. The exit code is pytest's.
"""

import sys
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.acceptance.table import PAGE, Proof, rows, with_table

FOLDER = Path(__file__).parent


class Outcomes:
    """A plugin of pytest that keeps the outcome of every test of a proof."""

    def __init__(self) -> None:
        self.found: dict[Proof, list[str]] = defaultdict(list)
        self._proofs: dict[str, list[Proof]] = {}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Keep which proofs a test gives: one for each mark with arguments."""
        for item in items:
            marks = item.iter_markers("acceptance")
            self._proofs[item.nodeid] = [Proof(**mark.kwargs) for mark in marks if mark.kwargs]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep an outcome: of the call, or of a set-up or tear-down that ended it."""
        if report.when == "call" or report.outcome != "passed":
            for proof in self._proofs.get(report.nodeid, []):
                self.found[proof].append(report.outcome)


def main(words: list[str]) -> int:
    """Run the proofs, write the table of a whole run, and give pytest's exit code."""
    outcomes = Outcomes()
    code = pytest.main(["-m", "acceptance", "-p", "no:cacheprovider", *(words or [str(FOLDER)])], plugins=[outcomes])
    if not words:
        lines = rows(outcomes.found, datetime.now(UTC).date().isoformat())
        PAGE.write_text(with_table(PAGE.read_text(encoding="utf-8"), lines), encoding="utf-8")
        print("\n".join(lines))
    return int(code)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
