"""The figures as a table in Markdown and as JSON."""

import json
from collections.abc import Iterable
from pathlib import Path

from tests.benchmarks.deid.tally import Tally

HEAD = ("program", "preset", "seed", "MIDI-compatible", "leaks (secrets)", "over-removal", "blanks", "no output",
        "hard set", "hard set, over-removal")  # fmt: skip


def markdown(tallies: Iterable[Tally]) -> str:
    """One row a run, then what went wrong in each: findings, choices, and what was not asked."""
    found = list(tallies)
    lines = [_row(HEAD), _row(["---"] * len(HEAD)), *(_row(_cells(one)) for one in found)]
    return "\n".join([*lines, "", *(line for one in found for line in _details(one))]) + "\n"


def _cells(one: Tally) -> list[str]:
    return [
        one.tool, one.preset, str(one.seed), str(one.midi), f"{one.leaks} ({one.leaked_secrets})", f"{one.over_removal:.2f} %",
        str(one.blanks), str(one.missing), str(one.hard), f"{100 - one.hard_retained.percent:.2f} %",
    ]  # fmt: skip


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _details(one: Tally) -> list[str]:
    lines = [f"## {one.tool}, {one.preset}, seed {one.seed}", "", "By category:"]
    lines += [f"- {name}: {count}" for name, count in one.by_category.items()]
    lines += ["", "Extra actions:", *(f"- {name}: {count}" for name, count in one.extra.items())]
    for title, found in (
        ("Leaks by place", one.leak_places),
        ("Findings", one.findings),
        ("Deliberate policy", one.policy),
    ):
        lines += ["", f"{title}:", *(f"- {number} x {what}" for what, number in found.items())]
    lines += ["", "Notes:", *(f"- {what}: {note}" for what, note in one.notes.items())]
    return [*lines, "", "Not evaluated:", *(f"- {what}" for what in one.not_evaluated), ""]


def write(tallies: Iterable[Tally], folder: Path) -> None:
    """`deid-benchmark.md` and `deid-benchmark.json`."""
    found = list(tallies)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "deid-benchmark.md").write_text(markdown(found), encoding="utf-8")
    data = json.dumps([one.as_json() for one in found], indent=1, ensure_ascii=False)
    (folder / "deid-benchmark.json").write_text(data, encoding="utf-8")
