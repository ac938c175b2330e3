"""An audit as one HTML page that needs nothing else: no script, no picture, no address."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from html import escape

from dicomconv.manifest import counted
from dicomconv.pipeline.audit.as_json import percent
from dicomconv.pipeline.audit.report import KINDS, AuditReport, Comparison, Finding, Tally

MOST_ROWS = 1000
_BAD = ' class="bad"'
VERDICTS = {
    "clean": "Nothing was found.",
    "found": "Something was found that should not be there.",
    "incomplete": "Nothing was found, but not everything could be read.",
}
STYLE = """
body{font:16px/1.5 system-ui,sans-serif;color:#1a1a1a;background:#fff;margin:2rem auto;max-width:75rem;padding:0 1rem}
h1{font-size:1.6rem}h2{font-size:1.2rem;margin-top:2.5rem;border-bottom:2px solid #ccc}
table{border-collapse:collapse;width:100%;margin:1rem 0;font-size:.9rem}
caption{text-align:left;font-weight:600;padding:.3rem 0}
th,td{text-align:left;vertical-align:top;padding:.3rem .6rem;border-bottom:1px solid #ddd;overflow-wrap:anywhere}
thead th{background:#f2f2f2}td.n,th.n{text-align:right;white-space:nowrap}
.verdict{padding:1rem;border-left:.6rem solid;font-size:1.15rem}
.clean{border-color:#1b7f3b;background:#e8f5ec}.found{border-color:#b00020;background:#fdecee}
.incomplete{border-color:#946200;background:#fff5dd}
.originals{color:#fff;background:#b00020;padding:1rem;font-weight:700}
tr.bad th,tr.bad td{background:#fdecee}
@media print{body{margin:0;max-width:none}}
"""


def html_page(report: AuditReport) -> str:
    """The whole page. Every value is escaped: what stands in a file is never markup."""
    return "\n".join(
        (
            '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>Audit of {escape(report.out)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>",
            f"<h1>Audit of {escape(report.out)}</h1>",
            *_verdict(report),
            *_hits(report),
            *(_attributes(report, report.comparison) if report.comparison else ()),
            *_quarantine(report),
            *(_over_removal(report, report.comparison) if report.comparison else ()),
            *_not_counted(report),
            *_unreadable(report),
            "</main>\n</body>\n</html>\n",
        )
    )


def _verdict(report: AuditReport) -> Iterator[str]:
    if report.shows_before:
        yield (
            '<p class="originals" role="alert">This page shows values of the originals. It names patients. '
            "Keep it where the originals are kept, and never share it.</p>"
        )
    yield f'<p class="verdict {report.verdict}"><strong>{escape(VERDICTS[report.verdict])}</strong></p>'
    files = ", ".join(f"{count} {kind}" for kind, count in sorted(report.files.items()))
    facts = [
        ("files looked into", files or "none"),
        ("DICOM instances in them", str(report.instances)),
        ("profile", "Basic Profile" + "".join(f", {name}" for name in report.profile)),
        ("hits", str(sum(one.count for one in report.findings))),
        ("not counted as hits", str(sum(one.count for one in report.not_counted))),
        ("not readable", counted(len(report.unreadable), "file")),
    ]
    if report.comparison:
        facts += _facts_of(report.comparison)
    yield _table("What was done", ("", ""), [(name, value) for name, value in facts])
    yield from (f"<p>{escape(note[0].upper() + note[1:])}.</p>" for note in report.notes)
    if report.comparison is None:
        yield (
            "<p>There were no originals to compare with (<code>--against</code>): names, numbers and dates of the "
            "patients were not known, so what was looked for is what can be seen in the output alone.</p>"
        )


def _facts_of(comparison: Comparison) -> list[tuple[str, str]]:
    ways = ", ".join(f"{count} by {way}" for way, count in comparison.matched.items())
    searched = ", ".join(f"{count} {kind}s" for kind, count in comparison.searched.items() if count)
    return [
        ("originals", f"{counted(comparison.originals, 'file')} of {counted(comparison.patients, 'patient')}"),
        ("looked for", f"{searched or 'nothing'}; {comparison.too_short} of them too short to be looked for alone"),
        ("originals found in the output", ways or "none"),
        ("originals not in the output", str(comparison.missing)),
        ("instances of no original", str(len(comparison.extra))),
    ]


def _hits(report: AuditReport) -> Iterator[str]:
    yield '<h2 id="hits">Hits</h2>'
    if not report.findings:
        yield "<p>None.</p>"
        return
    kinds: Counter[str] = Counter()
    for one in report.findings:
        kinds[one.kind] += one.count
    rows = [(kind, KINDS.get(kind, ""), str(count)) for kind, count in kinds.most_common()]
    yield _table("By kind", ("kind", "what it is", "count"), rows)
    places = [(place, kind, str(files), str(count)) for place, kind, files, count in report.by_place()[:MOST_ROWS]]
    yield _table("By place", ("place", "kind", "files", "count"), places)
    yield _findings("By file", report.findings)


def _findings(caption: str, findings: Sequence[Finding], *, reasons: bool = False) -> str:
    heading = ("file", "place", "kind", *(["why it does not count"] if reasons else []), "count")
    rows = [
        (one.file, one.place, one.kind, *([one.reason] if reasons else []), str(one.count))
        for one in findings[:MOST_ROWS]
    ]
    more = len(findings) - MOST_ROWS
    return _table(caption, heading, rows) + (f"<p>And {more} more: see the JSON.</p>" if more > 0 else "")


def _attributes(report: AuditReport, comparison: Comparison) -> Iterator[str]:
    yield '<h2 id="attributes">Attributes, before and after</h2>'
    hidden = "" if report.shows_before else " Values of the originals are hidden (<code>--show-before</code>)."
    yield (
        "<p>Over all pairs of an original and what came of it: what the profile asks for (its code of Table E.1-1 and "
        f"the rule), how often the value was kept, changed, removed, emptied or added, and one example.{hidden}</p>"
    )
    heading = ("attribute", "code", "rule", "kept", "changed", "removed", "emptied", "added", "before", "after")
    rows = [_row_of(one, report.shows_before) for one in comparison.attributes]
    bad = {number for number, one in enumerate(comparison.attributes) if one.code in "XZDUP" and one.kept}
    yield _table("Attributes", heading, rows, marked=bad)


def _row_of(one: Tally, shows_before: bool) -> tuple[str, ...]:
    counts = (one.kept, one.changed, one.removed, one.emptied, one.added)
    before = one.before if shows_before else "(hidden)"
    after = one.after or ("(as before)" if one.kept else "(none)")
    return one.path, one.code, one.rule, *map(str, counts), before, after


def _quarantine(report: AuditReport) -> Iterator[str]:
    yield '<h2 id="quarantine">Not in the output</h2>'
    if report.quarantine:
        rows = [(reason, str(count)) for reason, count in report.quarantine.items()]
        yield _table("What the manifest says of files that were refused or failed", ("reason", "count"), rows)
    else:
        yield "<p>There is no manifest that says of a file that it was refused or failed.</p>"
    if report.comparison:
        yield f"<p>Originals that are not in the output: {report.comparison.missing}.</p>"
        if report.comparison.missing_paths:
            yield _table("Their paths", ("path",), [(path,) for path in report.comparison.missing_paths])
        if report.comparison.extra:
            places = [(place,) for place in report.comparison.extra[:MOST_ROWS]]
            yield _table("Instances in the output that came of no original", ("file",), places)


def _over_removal(report: AuditReport, comparison: Comparison) -> Iterator[str]:
    lost, kept = report.over_removal
    yield '<h2 id="over-removal">Over-removal</h2>'
    yield (
        f"<p>Of {kept} values that the profile keeps, {lost} were lost or changed ({percent(lost, kept)} %). Some of "
        "them held what identifies the patient, or were none of their VR.</p>"
    )
    worst = sorted((one for one in comparison.attributes if one.over_removed), key=lambda one: -one.over_removed)
    rows = [
        (one.path, str(one.over_removed), f"{percent(one.over_removed, one.kept + one.over_removed)} %")
        for one in worst[:MOST_ROWS]
    ]
    if rows:
        yield _table("Attributes that lost the most", ("attribute", "count", "share"), rows)


def _not_counted(report: AuditReport) -> Iterator[str]:
    yield '<h2 id="not-counted">Not counted as hits</h2>'
    if not report.not_counted:
        yield "<p>None.</p>"
        return
    yield _findings("Found, and harmless by rule", report.not_counted, reasons=True)


def _unreadable(report: AuditReport) -> Iterator[str]:
    yield '<h2 id="unreadable">What could not be read</h2>'
    if not report.unreadable and not report.in_part:
        yield "<p>Everything was read.</p>"
    for caption, files in (("Not at all", report.unreadable), ("In part", report.in_part)):
        if files:
            yield _table(caption, ("file", "why"), [(one.file, one.reason) for one in files[:MOST_ROWS]])


def _table(
    caption: str,
    heading: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    marked: frozenset[int] | set[int] = frozenset(),
) -> str:
    """A table with a caption, a heading of columns, and the first cell of each row as the heading of the row."""
    head = "".join(f'<th scope="col"{_numeric(name)}>{escape(name)}</th>' for name in heading)
    body = "".join(
        f"<tr{_BAD if number in marked else ''}>{_cells(heading, row)}</tr>\n" for number, row in enumerate(rows)
    )
    top = f"<thead><tr>{head}</tr></thead>\n" if any(heading) else ""
    return f"<table>\n<caption>{escape(caption)}</caption>\n{top}<tbody>\n{body}</tbody>\n</table>"


def _cells(heading: Sequence[str], row: Sequence[str]) -> str:
    first, *rest = row
    cells = (f"<td{_numeric(name)}>{escape(cell)}</td>" for name, cell in zip(heading[1:], rest, strict=True))
    return f'<th scope="row">{escape(first)}</th>' + "".join(cells)


def _numeric(name: str) -> str:
    return ' class="n"' if name in ("files", "count", "kept", "changed", "removed", "emptied", "added", "share") else ""
