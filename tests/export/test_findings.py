"""What a table of labels says of findings: nothing that it does not say."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomconv.errors import UsageError
from dicomconv.export.findings import cell, check_columns, findings_of, of_study
from dicomconv.export.mimic import FINDINGS, dicom_id
from dicomconv.export.rows import Row, Subject

ROW = Row(
    Path("a.h5"), 0, 0, "se_0001", Subject("P"), "1.2", "1.3", "1.4", "1.5", 1, "CR", "PA", 4, 5
)  # fmt: skip
SAID = st.dictionaries(st.sampled_from(FINDINGS), st.sampled_from([1.0, 0.0, -1.0]))


def spelled(name: str, how: int) -> str:
    return (name, name.upper(), name.lower().replace(" ", "_"), f"  {name} ".replace(" ", "  "))[how]


@given(SAID, st.integers(0, 3))
def test_findings_are_read_however_their_columns_are_spelled(said: dict[str, float], how: int) -> None:
    row = replace(ROW, labels=tuple((spelled(name, how), cell(value)) for name, value in said.items()))
    assert findings_of(row, FINDINGS) == said


@given(st.sets(st.sampled_from(FINDINGS), min_size=1))
def test_a_column_may_name_several(names: set[str]) -> None:
    row = replace(ROW, labels=(("Finding Labels", "|".join(sorted(names))),))
    assert findings_of(row, FINDINGS) == dict.fromkeys(names, 1.0)


@given(st.lists(SAID, min_size=1, max_size=4))
def test_a_study_has_what_its_images_have_or_is_refused(found: list[dict[str, float]]) -> None:
    values = {name: {one[name] for one in found if name in one} for one in found for name in one}
    if any(len(some) > 1 for some in values.values()):
        with pytest.raises(UsageError, match="images of one study differ"):
            of_study(found)
    else:
        assert of_study(found) == {name: some.pop() for name, some in values.items()}


@pytest.mark.parametrize("said", ["2", "maybe", "1.5", "-0.5"])
def test_what_is_no_value_of_a_finding_is_refused_and_not_quoted(said: str) -> None:
    with pytest.raises(UsageError, match="column Edema takes 1, 0, -1") as refused:
        findings_of(replace(ROW, labels=(("edema", said),)), FINDINGS)
    assert said == "2" or said not in str(refused.value)


def test_some_column_has_to_be_of_the_layout() -> None:
    check_columns((), FINDINGS, "chexpert")
    check_columns(("site", "EDEMA"), FINDINGS, "chexpert")
    with pytest.raises(UsageError, match="no column that chexpert takes"):
        check_columns(("site",), FINDINGS, "chexpert")


def test_ids_are_of_the_instance_and_of_its_later_frames() -> None:
    ids = {dicom_id(replace(ROW, sop_instance_uid=uid, frame_number=n)) for uid in ("1.4", "1.5") for n in (1, 2, 3)}
    assert len(ids) == 6
    assert all(len(one) == 44 for one in ids)
