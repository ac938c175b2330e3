"""A member of an archive that is not read, and why."""

from dataclasses import dataclass, field

from dicomconv.archives.member import Archive, Member


@dataclass(frozen=True, slots=True)
class Unread:
    """A member that is put aside: skipped, or failed, and why."""

    archive: Archive
    name: str = field(repr=False)
    failed: bool
    reason: str

    @property
    def place(self) -> Member:
        """Where it is, without its bytes."""
        return Member(self.archive, self.name, "plain", 0, 0, 0)
