"""An audit as JSON (docs/audit.md says what is in it)."""

from dataclasses import asdict

from dicomconv.pipeline.audit.report import KINDS, AuditReport, Comparison, Finding, Tally

SCHEMA = 1


def as_json(report: AuditReport) -> dict[str, object]:
    """The report as values that JSON knows. Of originals it holds counts; values only where they were asked for."""
    return {
        "schema": SCHEMA,
        "verdict": report.verdict,
        "out": report.out,
        "options": list(report.profile),
        "files": dict(report.files),
        "instances": report.instances,
        "kinds": {kind: KINDS[kind] for kind in sorted({one.kind for one in report.findings + report.not_counted})},
        "findings": [_finding(one) for one in report.findings],
        "not_counted": [{**_finding(one), "reason": one.reason} for one in report.not_counted],
        "unreadable": [asdict(one) for one in report.unreadable],
        "in_part": [asdict(one) for one in report.in_part],
        "quarantine": dict(report.quarantine),
        "notes": list(report.notes),
        "shows_before": report.shows_before,
        "against": _comparison(report, report.comparison) if report.comparison else None,
    }


def _finding(one: Finding) -> dict[str, object]:
    return {"file": one.file, "place": one.place, "kind": one.kind, "count": one.count}


def _comparison(report: AuditReport, comparison: Comparison) -> dict[str, object]:
    lost, kept = report.over_removal
    paths = {"missing_paths": list(comparison.missing_paths)} if report.shows_before else {}
    return {
        "originals": comparison.originals,
        "patients": comparison.patients,
        "searched": dict(comparison.searched),
        "too_short": comparison.too_short,
        "matched": dict(comparison.matched),
        "missing": comparison.missing,
        **paths,
        "extra": list(comparison.extra),
        "over_removal": {"lost_or_changed": lost, "of": kept, "percent": percent(lost, kept)},
        "attributes": [_tally(one, report.shows_before) for one in comparison.attributes],
    }


def _tally(one: Tally, shows_before: bool) -> dict[str, object]:
    values = asdict(one)
    return values if shows_before else {name: value for name, value in values.items() if name != "before"}


def percent(part: int, whole: int) -> float:
    """So many of a hundred, to three places."""
    return round(100 * part / whole, 3) if whole else 0.0
