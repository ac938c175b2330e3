"""Which findings count, once what was found in a file and what its original says stand side by side."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace

from dicomconv.pipeline.audit.compare import Compared
from dicomconv.pipeline.audit.examine import Looked
from dicomconv.pipeline.audit.instance import Seen
from dicomconv.pipeline.audit.remaining import Remaining
from dicomconv.pipeline.audit.report import AuditReport, Finding

REPLACED = "another value than the original's stands there"
OTHERS = "its own original has the same value there, and the profile keeps it: it is another patient's by chance"
SETTLED = frozenset({"profile", "private", "graphics", "document"})


def settled(report: AuditReport, looked: Iterable[Looked], compared: Compared) -> AuditReport:
    """The report with its findings, those that do not count apart."""
    findings = _counted(_findings(looked, compared))
    return replace(
        report,
        findings=tuple(one for one in findings if not one.reason),
        not_counted=tuple(one for one in findings if one.reason),
    )


def _findings(looked: Iterable[Looked], compared: Compared) -> Iterator[Finding]:
    number = 0
    for file in looked:
        yield from file.findings
        for seen in file.seen:
            for one in _of_instance(seen, number, compared):
                yield Finding(file.name, one.place, one.kind, 1, one.reason)
            number += 1


def _of_instance(seen: Seen, number: int, compared: Compared) -> Iterator[Remaining]:
    """What counts of an instance: what the profile would change is settled by whether the original had it."""
    kept, known = compared.kept.get(number, frozenset()), compared.known.get(number, frozenset())
    yield from (Remaining(place, "kept") for place in sorted(kept))
    chance = compared.chance.get(number, frozenset())
    for one in seen.remaining:
        if (one.place, one.kind) in chance:
            yield one._replace(reason=OTHERS)
        elif one.kind not in SETTLED or one.place not in known:
            yield one
        elif one.place not in kept:
            yield one._replace(reason=REPLACED)


def _counted(findings: Iterable[Finding]) -> list[Finding]:
    """The same findings added up, in the order of files and places."""
    counts: Counter[Finding] = Counter()
    for one in findings:
        counts[replace(one, count=1)] += one.count
    ordered = sorted(counts, key=lambda one: (one.file, one.place, one.kind))
    return [replace(one, count=counts[one]) for one in ordered]
