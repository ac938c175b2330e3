"""The seal of one series while it is converted: what of each original goes into it, and where it is put."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from uuid import UUID

from dicomconv.container.inplace import put_in_place, temporary_beside
from dicomconv.container.user_block import set_user_block
from dicomconv.deid.options import MODIFIED_DATES
from dicomconv.deid.pseudonym import Pseudonyms
from dicomconv.errors import Malformed
from dicomconv.model import Outcome
from dicomconv.pipeline.gather import SeriesJob
from dicomconv.pipeline.instances import Instance
from dicomconv.pipeline.seals import seal_beside, written_beside
from dicomconv.seal.records import LeftOut, OriginalFile, SealedSeries
from dicomconv.seal.sealer import Sealer
from dicomconv.source import SourceFile
from dicomconv.stored import stamp_of


class NotedPseudonyms(Pseudonyms):
    """The same pseudonyms, which remember what UIDs they were asked for."""

    __slots__ = ("noted",)

    def __init__(self, key: bytes):
        super().__init__(key)
        self.noted: dict[str, str] = {}

    def _map_uid(self, uid: str) -> str:
        return self.noted.setdefault(uid, super()._map_uid(uid))


class SeriesSeal:
    """Seals the originals of a series as they are packed. `pseudonyms`: those to de-identify with."""

    def __init__(self, job: SeriesJob, target: Path):
        self._job, self._target = job, target
        self.pseudonyms = NotedPseudonyms(job.plan.key)
        self._files = {file.row: file for file in job.files}
        self._sealer = Sealer(job.plan.seal_to, UUID(job.container_uuid).bytes, folder=target.parent)
        self._new_uids: set[str] = set()

    def add(self, instance: Instance, index: int) -> None:
        """Seal the original of an instance that was packed. Malformed if it was changed since it was read."""
        one, first = instance.deidentified, self._files[instance.row]
        times = (instance.stamp[1], *(_modified(copy) for copy in self._job.copies.get(instance.row, ())))
        files = (first, *self._job.copies.get(instance.row, ()))
        self._new_uids.add(one.sop_instance_uid)
        originals = tuple(OriginalFile(file.name, time) for file, time in zip(files, times, strict=True))
        self._sealer.add(instance.original, one.pixels, index=index, files=originals)
        if stamp_of(first.path) != instance.stamp:
            raise Malformed("a file was changed while it was sealed", f"row {instance.row}")

    def put(self, container: Path, root_sha256: bytes, outcomes: Iterable[Outcome]) -> None:
        """Put the seal in front of a complete container, or under a temporary name beside where it will be."""
        block = self._sealer.finish(root_sha256, self._series(outcomes))
        if self._job.plan.detach_seal:
            written_beside(seal_beside(self._target), block)
        else:
            set_user_block(container, block)

    def publish(self) -> None:
        """Give a seal that stands beside its container its name."""
        if self._job.plan.detach_seal:
            put_in_place(temporary_beside(seal_beside(self._target)), seal_beside(self._target))

    def _series(self, outcomes: Iterable[Outcome]) -> SealedSeries:
        first = self._job.files[0]
        others = {old: new for old, new in self.pseudonyms.noted.items() if new not in self._new_uids}
        left_out = (*self._job.left_out, *self._not_converted(outcomes))
        return SealedSeries(first.issuer, first.patient_id, self._shift_days(), dict(sorted(others.items())), left_out)

    def _shift_days(self) -> int | None:
        """How far the dates of the patient were moved; None where they were not."""
        is_shifted = MODIFIED_DATES in self._job.plan.profile.options
        return self.pseudonyms.shift_days(self._job.patient.patient_id) if is_shifted else None

    def _not_converted(self, outcomes: Iterable[Outcome]) -> Iterator[LeftOut]:
        for outcome in sorted(outcomes, key=lambda outcome: outcome.row):
            if outcome.status != "converted":
                files = (self._files[outcome.row], *self._job.copies.get(outcome.row, ()))
                yield from (LeftOut(file.name, outcome.status, outcome.reason) for file in files)

    def close(self) -> None:
        """Let go of what was sealed so far; what is not in place by now never is."""
        self._sealer.close()
        temporary_beside(seal_beside(self._target)).unlink(missing_ok=True)


def _modified(file: SourceFile) -> int | None:
    """When a file was last modified; None if nobody can tell."""
    try:
        return stamp_of(file.path)[1]
    except OSError:
        return None
