"""Where a program may decide otherwise on purpose: such failures are listed apart, with the reason. The list is short."""

from dataclasses import dataclass

from tests.benchmarks.deid.records import Check


@dataclass(frozen=True, slots=True)
class Policy:
    """A failed check that is a choice and no fault."""

    preset: str
    action: str
    keyword: str
    reason: str


VERSIONS = ("ContextGroupVersion", "ContextGroupLocalVersion", "TemplateVersion", "TemplateLocalVersion")
POLICIES: tuple[Policy, ...] = tuple(
    Policy(
        "research", "date_shifted", keyword, "the version of a code list is public: shifted, it would tell by how much"
    )
    for keyword in VERSIONS
)
NOT_EVALUATED = (
    "pixels_hidden: text in pixels is planted by a part of its own, `python -m tests.benchmarks.deid.pixels`",
    "iod_no_new_errors: files that dciodvfy cannot read to their end before anything is done to them",
    "an encapsulated document that was refused: to blank or to refuse it is a choice",
)


def policy_of(check: Check, preset: str) -> str:
    """The reason why a failure is a choice; empty where it is a fault."""
    for one in POLICIES:
        if preset == one.preset and (check.action, check.tag_name) == (one.action, one.keyword):
            return one.reason
    return ""
