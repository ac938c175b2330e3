"""Region rules are for the machines they name, and a rule that cannot be is named."""

import numpy as np
import pytest

from dicomconv.deid.burned_in.rules import RegionRule, our_rules, read_rules
from dicomconv.errors import UsageError
from dicomconv.model import Box
from tests.pixels.pixel_files import format_of, image_file

MULTI_FRAME = "1.2.840.10008.5.1.4.1.1.3.1"


def image(**attributes):
    """The header and the format of an image of 60 rows and 80 columns."""
    parts = image_file(np.zeros((60, 80), "u1"), **attributes)
    return parts.header(), format_of(parts)


@pytest.mark.parametrize(("rule", "holds"), [
    ({}, True), ({"manufacturer": "philips"}, True), ({"manufacturer": "GE"}, False), ({"model": "cx50"}, True),
    ({"rows": 60}, True), ({"rows": 61}, False), ({"columns": 80, "rows": 60}, True), ({"modality": "US"}, True),
    ({"sop_class": MULTI_FRAME}, True), ({"sop_class": "ultrasound-multi-frame-image"}, True),
    ({"sop_class": "ct-image"}, False), ({"image_type": "secondary"}, True), ({"series_description": "dose"}, False),
])  # fmt: skip
def test_a_rule_holds_if_all_it_says_does(rule, holds):
    header, format = image(
        Manufacturer="Philips Medical", ManufacturerModelName="CX50", Modality="US", ImageType=["DERIVED", "SECONDARY"]
    )
    assert RegionRule("x", **rule).holds(header, MULTI_FRAME, format) is holds


@pytest.mark.parametrize(("corners", "box"), [
    ((0, 0, 0, 20), Box(0, 0, 80, 20, "rule x")), ((0, -10, 0, 0), Box(0, 50, 80, 60, "rule x")),
    ((-30, 5, -10, 9), Box(50, 5, 70, 9, "rule x")), ((0, 0, 500, 500), Box(0, 0, 80, 60, "rule x")),
])  # fmt: skip
def test_corners_count_from_either_side(corners, box):
    assert list(RegionRule("x", blank=(corners,)).boxes(image()[1])) == [box]


def test_a_box_beyond_the_image_is_none():
    assert list(RegionRule("x", blank=((90, 0, 100, 5),)).boxes(image()[1])) == []


def test_our_rules_can_be_read_and_have_names_of_their_own():
    names = [rule.name for rule in our_rules().rules]
    assert len(set(names)) == len(names) > 30
    assert all(rule.blank or rule.ultrasound_regions for rule in our_rules().rules)
    assert all(rule.modality or rule.manufacturer for rule in our_rules().rules)


@pytest.mark.parametrize(("rule", "said"), [
    ({"name": "x", "modell": "y"}, "nothing is called modell"), ({}, "needs a name"),
    ({"name": "x", "rows": "60"}, "rows is a whole number"), ({"name": "x", "blank": [[0, 0, 1]]}, "blank is a list"),
    ({"name": "x", "blank": [0, 0, 1, 1]}, "blank is a list"), ({"name": "x", "ultrasound_regions": 1}, "true or false"),
])  # fmt: skip
def test_a_rule_that_cannot_be_is_named(rule, said):
    with pytest.raises(UsageError, match=said):
        list(read_rules({"rule": [{"name": "first"}, rule]}))
