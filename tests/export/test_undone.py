"""An export that fails leaves nothing: no folder, no split that binds later ones, no numbers."""

import json
from pathlib import Path
from typing import Any

import pytest

from dicomconv.errors import UsageError
from dicomconv.export import run
from dicomconv.export.check import check_ready
from dicomconv.export.label_table import read_label_table
from dicomconv.export.layout import Choices
from dicomconv.export.run import Asked, export
from dicomconv.export.splits import parse_ratio, read_split, tree_of
from dicomconv.pipeline.found import find_containers
from tests.export import made, radiographs
from tests.make import ct_slice, instance, ramp, uid

SPLIT = parse_ratio("1/1/1")


@pytest.fixture
def containers(tmp_path: Path) -> list[Path]:
    return find_containers([radiographs.converted(tmp_path, radiographs.case())])


def kept(containers: list[Path]) -> dict[str, bytes]:
    """What lies beside the containers."""
    folder = tree_of(containers[0])
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError, UsageError("told")])
@pytest.mark.parametrize("is_first", [True, False])
def test_split_and_numbers_are_as_they_were(
    containers: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Any, is_first: bool
) -> None:
    if not is_first:
        export("chexpert", containers[:1], tmp_path / "first", Choices(), Asked(ratio=SPLIT))
    before = kept(containers)
    assert ({"splits.json", "export-numbers.json"} <= set(before)) != is_first

    def fails(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(run, "_write_ledger", fails)
    with pytest.raises((KeyboardInterrupt, UsageError)):
        export("chexpert", containers, tmp_path / "deep/export", Choices(), Asked(ratio=SPLIT))
    assert kept(containers) == before
    assert not (tmp_path / "deep").exists()


def test_a_split_that_is_kept_is_not_written_again(
    containers: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export("png", containers, tmp_path / "one", Choices(), Asked(ratio=SPLIT))
    monkeypatch.setattr(run, "write_split", lambda *_: pytest.fail("written again"))
    export("png", containers, tmp_path / "two", Choices(), Asked(ratio=SPLIT))
    assert read_split(tree_of(containers[0]))


@pytest.mark.parametrize("text", ["1e999/1/1", "1e99999999/1/1", "1/2/3/4", "-1/2", "0/0", "nan/1", "1/", "१/1", "1_0/1", ""])
def test_what_is_no_ratio_is_told(text: str) -> None:
    with pytest.raises(UsageError, match="70/10/20"):
        parse_ratio(text)


def test_a_line_with_more_cells_than_the_heading_is_refused(tmp_path: Path) -> None:
    table = tmp_path / "labels.csv"
    table.write_text("patient_id,finding\nA,one,\nB,two, three\n")
    with pytest.raises(UsageError, match="line 3 has more cells") as told:
        read_label_table(table)
    assert "three" not in str(told.value)
    table.write_text("patient_id,finding\nA,one,, \n")
    assert read_label_table(table).lines[0][1:] == (("A",), ("one",))


def test_one_container_spelt_in_several_ways_is_one(containers: list[Path], tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "out")
    again = [containers[0], containers[0].parent / ".." / containers[0].parent.name / containers[0].name, tmp_path / "link"]
    assert [path.resolve() for path in find_containers(again)] == [path.resolve() for path in containers]


def test_only_grey_pictures_lose_bits_to_a_window(tmp_path: Path) -> None:
    photograph = instance("VL", ramp(8, 9, 3, dtype="uint8"), PhotometricInterpretation="RGB", BurnedInAnnotation="NO",
                          StudyInstanceUID=uid("photograph"), SeriesInstanceUID=uid("photographs"), PatientID="C")  # fmt: skip
    paths = made.converted(tmp_path, {"ct.dcm": ct_slice(8, 9), "photograph.dcm": photograph})
    for layout, choices in (("png", Choices()), ("png", Choices(jobs=2)), ("stylegan", Choices(size=8))):
        folder = tmp_path / f"{layout} {choices.jobs}"
        export(layout, paths, folder, choices, Asked())
        losses = json.loads((folder / "export.json").read_text())["losses"]
        assert [one["images"] for one in losses if "a window turned" in one["says"]] == [1]


def test_a_check_that_cannot_be_done_is_told_before_anything_is_written() -> None:
    with pytest.raises(UsageError, match="png has no loader of its own"):
        check_ready("png")
    check_ready("png-masks")  # Pillow
