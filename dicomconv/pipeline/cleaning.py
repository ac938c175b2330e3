"""Which instances of a series are looked at for text in their pixels, and how closely.

Kinds at risk and 8-bit colour: each, all frames. Of the rest a sample of slices; if one of them shows text, each of them.
"""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from dicomconv.declared import as_declared
from dicomconv.deid.burned_in.clean import PixelCleaner
from dicomconv.deid.burned_in.detector import TextDetector
from dicomconv.deid.burned_in.find import text_boxes
from dicomconv.deid.burned_in.risk import LABEL, WHOLE_SLIDE, is_searched_always, risk
from dicomconv.deid.burned_in.treat import AS_IT_IS, BurnedIn
from dicomconv.errors import DicomconvError, Refused
from dicomconv.header import Header
from dicomconv.part10 import Parts, split
from dicomconv.pipeline.gather import SeriesJob
from dicomconv.pixels.read import ImageAttributes
from dicomconv.pixels.read_format import pixel_format
from dicomconv.source import SourceFile
from dicomconv.standard import keyword_of
from dicomconv.workers import heartbeat

SAMPLED = 5  # slices of a series of a kind that seldom shows text
CLEANING = (
    "`--burned-in redact` finds and blanks it; `--burned-in keep` converts it as it is, marked as uncleaned; "
    "`--exclude` leaves its kind out"
)
NO_CLEANING = "it cannot be cleaned; `--burned-in keep` converts it as it is, marked as uncleaned"


@dataclass(slots=True)
class Cleaning:
    """What is done about burned-in text in the series of one job."""

    job: SeriesJob
    _survey: "_Survey | None" = field(default=None, init=False)

    def of(self, file: SourceFile, parts: Parts, header: Header, sop_class_uid: str) -> BurnedIn:
        """What is done about text in the pixels of an instance. Refused if nothing may be."""
        if parts.pixel_element is None:
            return AS_IT_IS
        choice, shown = self.job.plan.burned_in, risk(header, sop_class_uid, parts.transfer_syntax_uid)
        if choice == "redact":
            return self._redaction(file, header, sop_class_uid, shown)
        if shown and choice == "refuse":
            raise Refused(f"text may be burned in: {shown}; {NO_CLEANING if shown == LABEL else CLEANING}")
        return BurnedIn(kept=shown)

    def _redaction(self, file: SourceFile, header: Header, sop_class_uid: str, shown: str) -> BurnedIn:
        if shown and (shown == LABEL or sop_class_uid == WHOLE_SLIDE):  # of which nobody reads every tile
            raise Refused(f"text may be burned in: {shown}; {NO_CLEANING}")
        if shown or is_searched_always(header, sop_class_uid) or self._is_reviewed(file):
            return BurnedIn(cleaner=self.survey.cleaner, risk=shown)
        if sop_class_uid != WHOLE_SLIDE and self.survey.is_looked_at(file.row):
            return BurnedIn(cleaner=self.survey.cleaner, sampled=not self.survey.shows_text)
        return AS_IT_IS

    def _is_reviewed(self, file: SourceFile) -> bool:
        return self.job.uid_of(file) in self.job.plan.boxes

    @property
    def survey(self) -> "_Survey":
        """What a sample of the series shows; made when it is first asked for."""
        if self._survey is None:
            self._survey = _Survey(self.job)
        return self._survey


class _Survey:
    """Looks at a sample of the slices of a series that are of a kind that seldom shows text."""

    def __init__(self, job: SeriesJob) -> None:
        self._left_out, plan = job.care.left_out, job.plan
        self._detector = TextDetector(plan.threads)
        self.cleaner = PixelCleaner(plan.region_rules, self._detector, plan.boxes)
        count = min(SAMPLED, len(job.files))
        indices = np.linspace(0, len(job.files) - 1, count).round().astype(int).tolist()
        self._rows = {job.files[index].row: job.files[index] for index in indices}

    def is_looked_at(self, row: int) -> bool:
        """Whether this instance is in the sample, or the sample shows text."""
        return row in self._rows or self.shows_text

    @cached_property
    def shows_text(self) -> bool:
        """Whether there is text in the sample."""
        return any(self._has_text(file) for row, file in self._rows.items() if row not in self._left_out)

    def _has_text(self, file: SourceFile) -> bool:
        before = heartbeat.at(file.row)
        try:
            parts = as_declared(split(file.path))
            header, pixel = parts.header(), parts.pixel_element
            uid = header.text("SOPClassUID") or parts.meta.sop_class_uid
            if pixel is None or risk(header, uid, parts.transfer_syntax_uid) or is_searched_always(header, uid):
                return False
            format = pixel_format(header, parts.transfer_syntax_uid, keyword_of(pixel.tag))
            return bool(text_boxes(parts.pixels, ImageAttributes(header, format), self._detector, sampled=True))
        except (DicomconvError, OSError, EOFError):
            return False  # what is wrong with it is said when its turn comes
        finally:
            heartbeat.at(before)
