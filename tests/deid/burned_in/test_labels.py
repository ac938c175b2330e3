"""Labels of slides, where names are printed, are seen wherever an image says that it shows one."""

from typing import Any

import pytest

from dicomconv.deid.burned_in.risk import LABEL, risk
from dicomconv.part10 import split
from tests import make, slides

SYNTAX = make.EXPLICIT
OF_FRAMES = "WholeSlideMicroscopyImageFrameTypeSequence"


def risk_of(**attributes: Any) -> str:
    """Why an image of a slide may show text."""
    header = split(slides.slide(make.ramp(12, 20, 3, dtype="uint8"), **attributes)).header()
    return risk(header, slides.WHOLE_SLIDE, SYNTAX)


def frame_type(kind: str) -> dict[str, Any]:
    """A functional group that says what a frame shows."""
    return {OF_FRAMES: [{"FrameType": ["ORIGINAL", "PRIMARY", kind, "NONE"]}]}


@pytest.mark.parametrize("kind", ["VOLUME", "THUMBNAIL"])
def test_what_shows_the_specimen_alone_is_no_risk(kind: str) -> None:
    assert risk_of(ImageType=["ORIGINAL", "PRIMARY", kind, "NONE"]) == ""
    assert risk_of(SharedFunctionalGroupsSequence=[frame_type(kind)]) == ""


@pytest.mark.parametrize("kind", ["LABEL", "OVERVIEW"])
def test_a_label_and_an_overview_are_seen_by_the_image_type(kind: str) -> None:
    assert risk_of(ImageType=["DERIVED", "PRIMARY", kind, "NONE"]) == LABEL


@pytest.mark.parametrize("kind", ["LABEL", "OVERVIEW"])
def test_a_label_is_seen_by_the_frame_type_of_all_frames(kind: str) -> None:
    assert risk_of(SharedFunctionalGroupsSequence=[frame_type(kind)]) == LABEL


def test_one_frame_that_shows_the_label_is_enough() -> None:
    groups = [frame_type("VOLUME")] * 3 + [frame_type("LABEL")]
    assert risk_of(PerFrameFunctionalGroupsSequence=groups) == LABEL


def test_the_word_in_another_attribute_makes_no_label_of_it() -> None:
    assert risk_of(PerFrameFunctionalGroupsSequence=[frame_type("VOLUME")] * 4, SeriesDescription="NO LABEL") == ""


@pytest.mark.parametrize("sop_class", [slides.WHOLE_SLIDE, make.SOP_CLASS["VL"]])
def test_an_image_that_says_that_the_label_is_in_it_is_seen_as_such(sop_class: str) -> None:
    said = make.instance(sop_class, make.ramp(4, 5, 3, dtype="uint8"), PhotometricInterpretation="RGB",
                         SpecimenLabelInImage="YES")  # fmt: skip
    assert risk(split(said).header(), sop_class, SYNTAX) == LABEL
