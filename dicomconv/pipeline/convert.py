"""One series: de-identified, drawn, packed into a container; under temporary names until everything is whole."""

import shutil
from collections import Counter, deque
from collections.abc import Iterator
from concurrent.futures import Executor, wait
from operator import attrgetter
from pathlib import Path

from dicomconv import manifest
from dicomconv.container.frames import PackedFrame
from dicomconv.container.pack import Added, ContainerWriter
from dicomconv.container.rebuild import HeaderRead
from dicomconv.container.schema import ProfileClaim
from dicomconv.deid.markers import codes, methods
from dicomconv.deid.profile import Profile
from dicomconv.errors import DicomconvError, NotAContainer, Refused, Undecodable, VerificationFailed
from dicomconv.model import Outcome, Status
from dicomconv.pipeline.carried import carry_over
from dicomconv.pipeline.context import context_of
from dicomconv.pipeline.draw import Image, Names
from dicomconv.pipeline.existing import outcomes_of_existing
from dicomconv.pipeline.frame_workers import frame_workers
from dicomconv.pipeline.gather import SeriesJob
from dicomconv.pipeline.grids import set_grid
from dicomconv.pipeline.instances import QUARANTINED, instances, quiet
from dicomconv.pipeline.names import digits, make_folder, remove_empty
from dicomconv.pipeline.picture_key import Origin
from dicomconv.pipeline.pictures import Noted, Pictures, put_files, remove_pictures, why_not_drawn
from dicomconv.pipeline.prepare import FEW_FRAMES, Prepared, ahead, prepared, submitted
from dicomconv.pipeline.report import SeriesReport
from dicomconv.pipeline.residual import is_leak, leaks_of_container, leaks_of_pictures
from dicomconv.pipeline.sealing import SeriesSeal
from dicomconv.pipeline.seals import seal_beside
from dicomconv.pipeline.slices import SliceIdentity
from dicomconv.pipeline.video_pictures import draw_video
from dicomconv.pixels.codecs import is_lossy
from dicomconv.pixels.decode import is_video
from dicomconv.sync import EarlySync
from dicomconv.temporary import mark
from dicomconv.workers import heartbeat

A_WHILE = 64  # instances, then the disk begins to write


def convert_series(job: SeriesJob, out: Path) -> SeriesReport:
    """Convert one series into `out`. What goes wrong with the series as a whole becomes the outcome of its files."""
    target = out / job.names.container
    work = _Conversion(job, out)
    try:
        make_folder(work.scratch)  # that of the study is not empty from here on
        if job.plan.existing == "skip" and target.exists():
            return SeriesReport(tuple(outcomes_of_existing(job, target)))
        with quiet():
            return work.run()
    except Refused as error:
        return SeriesReport(tuple(work.failed(str(error), "refused")))
    except VerificationFailed as error:
        return SeriesReport(tuple(work.failed(error.without_path)))
    except NotAContainer as error:
        return SeriesReport(tuple(work.failed(error.fault)))
    except DicomconvError as error:
        return SeriesReport(tuple(work.failed(str(error))))
    except OSError as error:
        return SeriesReport(tuple(work.failed(f"cannot be written ({(error.strerror or 'input or output').lower()})")))
    except EOFError:
        return SeriesReport(tuple(work.failed("a file became shorter while it was read")))
    finally:
        work.clean_up()


class _Conversion:
    """The state of one series while it is converted."""

    def __init__(self, job: SeriesJob, out: Path):
        self.job, self.plan, self.container = job, job.plan, job.names.container.as_posix()
        self.target, self.folder = out / job.names.container, out / job.names.folder
        self.scratch = self.folder.with_name(f".{job.names.series}{mark()}")
        self.drawing = job.plan.drawing
        self.pictures = Pictures(self.scratch, self.drawing)
        self.disk = EarlySync(self.target.parent)
        self.seal = SeriesSeal(job, self.target) if job.plan.seal_to else None
        self.outcomes: list[Outcome] = []
        self._read: HeaderRead | None = None

    def failed(self, reason: str, status: Status = "failed") -> Iterator[Outcome]:
        """Every file that has no other outcome of its own fails with the series, or is refused with it."""
        settled = {outcome.row: outcome for outcome in self.outcomes if outcome.status != "converted"}
        for file in self.job.files:
            yield settled.get(file.row) or Outcome(file.row, status, f"its series could not be written: {reason}")

    def clean_up(self) -> None:
        """Nothing half-written stays, nor an empty folder that tells of a patient of whom nothing was converted."""
        if self.seal:
            self.seal.close()
        if self.scratch.exists():
            shutil.rmtree(self.scratch, ignore_errors=True)  # what stays, the next run removes
        remove_empty(self.target.parent, 2)

    def run(self) -> SeriesReport:
        """Pack and draw all instances, then the pictures that had to wait, then give everything its name."""
        if self.plan.png:
            self.pictures.make_folders()
        with (
            frame_workers(self.plan.threads) as threads,
            ContainerWriter(
                self.target,
                container_uuid=self.job.container_uuid,
                planned_instances=len(self.job.files),
                profile=profile_claim(self.plan.profile),
                compression=self.plan.compression,
                folder=self.job.names.folder.as_posix(),
            ) as writer,
        ):
            for number, one in enumerate(ahead(self._prepare(threads), self._in_flight()), 1):
                self._add(writer, one, threads)
                if number % A_WHILE == 0:
                    self.disk.begin()
            heartbeat.at(0)
            if not any(outcome.status == "converted" for outcome in self.outcomes):
                return self._report()
            self.disk.begin()
            for stack in range(writer.stack_count):
                set_grid(writer, stack)
            root_sha256 = writer.complete()
            carry_over(self.target, writer.temporary, root_sha256)
            self.pictures.draw_waiting(writer.temporary, threads)
            self._name_slices()
            self._search(writer.temporary)
            if self.seal:
                self.seal.put(writer.temporary, root_sha256, self.outcomes)
            self.disk.finish()
            self._put_in_place(writer)
        return self._report()

    def _in_flight(self) -> int:
        """How many instances are prepared before the first of them is packed."""
        return 0 if self.job.care.alone or self.plan.threads == 1 else 2 * self.plan.threads + 2

    def _report(self) -> SeriesReport:
        return SeriesReport(tuple(sorted(self.outcomes, key=lambda outcome: outcome.row)))

    def _prepare(self, threads: Executor) -> Iterator[Prepared]:
        width, number = digits(len(self.job.files)), 0
        for found in instances(self.job, self.seal.pseudonyms if self.seal else None):
            if isinstance(found, Outcome):
                self.outcomes.append(found)
                continue
            number += 1
            uid = found.deidentified.sop_instance_uid
            origin = Origin(self.job.container_uuid, uid, self.pictures.digests)
            names = Names(self.scratch, self.job.names.series, number, width, origin)
            one = prepared(found, names, self._read, self.drawing.views if self.plan.png else ())
            self._read = one.read
            if one.image and one.image.format.number_of_frames <= FEW_FRAMES:
                one.pending = deque(submitted(one, threads, self.plan.compression))
            yield one

    def _add(self, writer: ContainerWriter, one: Prepared, threads: Executor) -> None:
        """Put an instance into the container, and note its row and its pictures."""
        work = one.pending or ahead(submitted(one, threads, self.plan.compression), 2 * self.plan.threads + 2)
        packed: list[Noted] = []
        reasons: Counter[tuple[str, str]] = Counter()

        def noted() -> Iterator[PackedFrame]:
            for future in work:
                frame = future.result()
                packed.append((frame.packed[1], frame.packed[2], one.without(frame.not_drawn)))
                reasons.update({**one.reasons, **frame.not_drawn}.items())
                self.pictures.widen(frame.packed[3])
                yield frame.packed

        image = one.image
        added = writer.add(
            one.instance.deidentified,
            noted(),
            is_direct=image.direct if image else False,
            decoder=image.decoder if image else "",
            header=one.read,
        )
        if self.seal:
            self.seal.add(one.instance, added.index)
        if added.undecodable:
            wait(work)
            one.names.remove_all()
            packed = []
        pngs = self.pictures.note(one.names, self._identity(one), added, packed)
        no_png = one.no_png or added.undecodable or why_not_drawn(reasons, len(packed), self.drawing)
        if image and is_video(image.format.transfer_syntax_uid) and one.views:
            pngs, no_png = self._draw_video(one, image)
        self._note_row(one, added, pngs, no_png)

    def _draw_video(self, one: Prepared, image: Image) -> tuple[int, str]:
        """Draw a video, of which the container has no frames: how many PNGs there are, or why there are none."""
        try:
            value = one.instance.deidentified.pixels
            video = draw_video(image.format, image.attributes, value, one.names, one.views)
        except Undecodable as error:
            return 0, str(error)
        one.instance.facts.update(video.facts())
        frames = [(*frame, one.views) for frame in video.frames()]
        claimed = image.format.number_of_frames
        return self.pictures.note_unpacked(one.names, self._identity(one), frames, claimed), ""

    def _identity(self, one: Prepared) -> SliceIdentity:
        header = one.header
        return SliceIdentity(
            self.job.patient.patient_id,
            header.text("StudyInstanceUID"),
            header.text("SeriesInstanceUID"),
            one.instance.deidentified.sop_instance_uid,
            header.text("Modality"),
            self.job.container_uuid,
        )

    def _note_row(self, one: Prepared, added: Added, pngs: int, no_png: str) -> None:
        deidentified, instance = one.instance.deidentified, one.instance
        facts: dict[str, object] = {
            "container": self.container,
            "sop_instance_uid": deidentified.sop_instance_uid,
            "sop_class_uid": deidentified.sop_class_uid,
            "frames": sum(place.count for place in added.places),
            "pngs": pngs,
            "changes": dict(sorted(Counter(map(attrgetter("action"), deidentified.changes)).items())),
        }
        image = one.image
        if image and added.places and is_lossy(image.format.transfer_syntax_uid):
            facts["decoder"] = image.decoder
        if no_png and self.plan.png:
            facts["no_png"] = no_png
        self.outcomes.append(Outcome(instance.row, "converted", instance.reason, {**facts, **instance.facts}))

    def _name_slices(self) -> None:
        """Write slices.csv, and tell each row which window its pictures have."""
        if self.pictures.drawn:
            windows = self.pictures.write_slices()
            for outcome in self.outcomes:
                outcome.facts.update(windows.get(str(outcome.facts.get("sop_instance_uid")), {}))

    def _search(self, container: Path) -> None:
        """Refused if the patient can be told from anything that stands beside headers and frames (decisions 19)."""
        search = context_of(self.job.patient_files, self.plan.profile, self.job.patient).search
        found = leaks_of_container(container, search)
        found += leaks_of_pictures(self.scratch, search, self.pictures.digests.values()) if self.plan.png else []
        found += ["its row of the manifest" for one in self.outcomes if is_leak(manifest.as_json(one), search)]
        if found:
            raise Refused(f"{QUARANTINED} in {', '.join(found[:5])}")

    def _put_in_place(self, writer: ContainerWriter) -> None:
        """PNGs first, the container last: where there is a container, its pictures are whole.

        Two attempts at one series may do this at a time: they write the same, and neither removes what the other wrote.
        """
        remove_pictures(self.folder, put_files(self.scratch, self.folder) if self.pictures.drawn else frozenset())
        writer.publish()
        if self.plan.existing == "overwrite" and not self.plan.detach_seal:
            seal_beside(self.target).unlink(missing_ok=True)  # that of the container that was there
        if self.seal:
            self.seal.publish()


def profile_claim(profile: Profile) -> ProfileClaim:
    """What a container says of the profile that its instances went through."""
    return ProfileClaim("; ".join(methods(profile)), tuple(code for code, _ in codes(profile)))
