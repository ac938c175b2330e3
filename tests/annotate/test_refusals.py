"""What does not fit is told row by row, and nothing comes in."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from dicomconv import open_container
from dicomconv.errors import UsageError
from dicomconv.pipeline.annotate import together
from dicomconv.pipeline.annotate.bring import Choices, import_annotations
from tests import make
from tests.annotate import files
from tests.annotate.test_png_masks import brought, in_grey
from tests.cli.command import call
from tests.outputs import containers, left_over, tree
from tests.trip import COLUMNS, OBLIQUE, ROWS, Desk, along_normal, desk, oblique_ct, order, pixels


@pytest.fixture
def one(tmp_path: Path, key: Path) -> Desk:
    return desk(tmp_path, key, oblique_ct())


def name_of(one: Desk, frame: int = 0) -> str:
    return dict(order(one))[frame].name


def coco(folder: Path, name: str, *annotations: dict[str, Any]) -> Path:
    """COCO of one picture; an annotation may be anything."""
    content = {
        "images": [{"id": 1, "file_name": name, "width": COLUMNS, "height": ROWS}],
        "categories": [{"id": 1, "name": "liver"}, {"id": 9, "name": "Spleen"}],
        "annotations": [{"id": n, "image_id": 1, "category_id": 1, **one} for n, one in enumerate(annotations, 1)],
    }
    (folder / "c.json").write_text(json.dumps(content))
    return folder / "c.json"


def outline(*points: float) -> dict[str, Any]:
    return {"segmentation": [list(points)]}


GOOD = outline(1, 1, 9, 1, 9, 9)
BAD: dict[str, tuple[dict[str, Any], str]] = {
    "unknown label": ({**GOOD, "category_id": 9}, "no label 'Spleen'; there are liver (1), ring (2)"),
    "outside": (outline(1, 1, COLUMNS + 2, 1, 9, 9), "outside"),
    "left of it": (outline(-3, 1, 9, 1, 9, 9), "outside"),
    "too few points": (outline(1, 1, 9, 9), "3 points"),
    "points that are one": (outline(1, 1, 1, 1, 9, 9), "3 points"),
    "between the centres": (outline(1.1, 1.1, 1.3, 1.1, 1.3, 1.3), "no stored pixel"),
    "box without a width": ({"bbox": [1, 1, 0, 5]}, "width"),
    "a mask of another size": ({"segmentation": {"size": [ROWS, 3], "counts": [0, 3 * ROWS]}}, "size"),
}


@pytest.mark.parametrize(("bad", "reason"), BAD.values(), ids=BAD)
def test_one_bad_row_keeps_everything_out(tmp_path: Path, one: Desk, bad: dict[str, Any], reason: str) -> None:
    before = tree(one.out)
    done = brought(one, coco(tmp_path, name_of(one), GOOD, bad, GOOD))
    [problem] = done.problems
    assert problem.file == "c.json"
    assert "annotation 2" in problem.place
    assert reason in problem.reason
    assert (done.sets, tree(one.out)) == ((), before)


def test_every_bad_row_is_told(tmp_path: Path, one: Desk) -> None:
    bad = [row for row, _ in BAD.values()]
    assert brought(one, coco(tmp_path, name_of(one), *bad)).problem_count == len(bad)
    assert brought(one, coco(tmp_path, "nowhere.png", GOOD, GOOD)).problem_count == 2


def test_many_problems_are_counted_and_not_all_kept(tmp_path: Path, one: Desk) -> None:
    done = brought(one, coco(tmp_path, name_of(one), *[outline(1, 1, 99, 1, 9, 9)] * 1200))
    assert (done.problem_count, len(done.problems)) == (1200, 1000)


def test_the_command_tells_rows_and_exits_with_1(tmp_path: Path, one: Desk) -> None:
    words = ["annotate", "import", coco(tmp_path, name_of(one), {**GOOD, "category_id": 9}), "--into", one.out]
    result = call(*words, "--labels", one.labels)
    assert result.exit_code == 1
    assert "c.json: annotation 1" in result.output
    assert "nothing was imported" in result.output
    result = call(*words, "--labels", one.labels, "--json")
    told = json.loads(result.output)
    assert (result.exit_code, told["sets"], told["error_count"], told["errors"][0]["file"]) == (1, [], 1, "c.json")


def test_the_command_tells_what_came_in(tmp_path: Path, one: Desk) -> None:
    words = ["annotate", "import", coco(tmp_path, name_of(one), GOOD), "--into", one.out, "--labels", one.labels]
    result = call(*words, "--annotator", "reviewer-A", "--json")
    [told] = json.loads(result.output)["sets"]
    assert (result.exit_code, told["set"], told["regions"], told["shapes"]) == (0, "c-reviewer-a", 1, 1)
    again = call(*words, "--annotator", "reviewer-A")
    assert again.exit_code == 2
    assert "there already" in again.output
    assert call("verify", one.out).exit_code == 0


def test_the_same_name_is_refused_and_other_files_get_another(tmp_path: Path, one: Desk) -> None:
    brought(one, coco(tmp_path, name_of(one), GOOD))
    with pytest.raises(UsageError, match="never changed"):
        brought(one, coco(tmp_path, name_of(one, 1), GOOD))
    for number in (1, 2):
        done = brought(one, coco(tmp_path, name_of(one, number), GOOD), name="")
        assert [added.name for added in done.sets] == [("c", "c-2")[number - 1]]


@pytest.mark.parametrize("annotator", ["Jane Doe", "jane@example.org", "x" * 33, "ä", "a.b"])
def test_an_annotator_who_may_be_named_is_refused(tmp_path: Path, one: Desk, annotator: str) -> None:
    words = ["annotate", "import", coco(tmp_path, name_of(one), GOOD), "--into", one.out, "--labels", one.labels]
    result = call(*words, "--annotator", annotator)
    assert (result.exit_code, annotator in result.output) == (2, False)


def test_without_labels_it_is_said_how_they_are_written_and_later_sets_have_those_before(tmp_path: Path, one: Desk) -> None:
    (tmp_path / "tool").mkdir()
    words = ["annotate", "import", coco(tmp_path / "tool", name_of(one), GOOD), "--into", one.out]
    result = call(*words)
    assert result.exit_code == 2
    assert "[[label]]" in result.output
    assert call(*words, "--labels", one.labels).exit_code == 0
    assert call(*words, "--set", "again").exit_code == 0
    assert one.container.annotations["again"].labels == one.container.annotations["c"].labels


@pytest.mark.parametrize("place", ["tool", "out"])
def test_labels_toml_is_found_beside_the_files_and_in_out(tmp_path: Path, one: Desk, place: str) -> None:
    (tmp_path / "tool").mkdir()
    file = coco(tmp_path / "tool", name_of(one), GOOD)
    one.labels.rename(tmp_path / place / "labels.toml")
    assert call("annotate", "import", file, "--into", one.out).exit_code == 0
    assert [label.name for label in one.container.annotations["c"].labels] == ["liver", "ring"]


@pytest.mark.parametrize("name", ["a/b", "..", " a", "a\nb", "x" * 65])
def test_a_name_that_no_set_may_have_is_a_usage_error(tmp_path: Path, one: Desk, name: str) -> None:
    with pytest.raises(UsageError, match="name of an annotation set"):
        brought(one, coco(tmp_path, name_of(one), GOOD), name=name)


@pytest.mark.parametrize("content", [b"", b"{}", b"hello", b"\x00\x01", b"<a/>", b"[]"])
def test_a_file_of_no_format_is_a_usage_error(tmp_path: Path, one: Desk, content: bytes) -> None:
    (tmp_path / "odd").write_bytes(content)
    result = call("annotate", "import", tmp_path / "odd", "--into", one.out, "--labels", one.labels)
    assert result.exit_code == 2
    assert "--format" in result.output


@pytest.mark.parametrize("words", [["missing.json"], ["missing.json", "--format", "coco"]])
def test_a_file_that_is_not_there_is_a_usage_error(tmp_path: Path, one: Desk, words: list[str]) -> None:
    assert call("annotate", "import", *words, "--into", one.out, "--labels", one.labels).exit_code == 2


def test_masks_with_values_of_no_label(tmp_path: Path, one: Desk) -> None:
    (tmp_path / "masks").mkdir()
    for name in (name_of(one, 0), "other.png"):
        Image.fromarray(np.full((ROWS, COLUMNS), 255, np.uint8)).save(tmp_path / "masks" / name)
    (tmp_path / "masks/spleen").mkdir()
    shutil.copy(tmp_path / "masks/other.png", tmp_path / "masks/spleen" / name_of(one, 1))
    (tmp_path / "masks/broken.png").write_bytes(b"\x89PNG\r\n\x1a\n0000")
    done = brought(one, tmp_path / "masks")
    told = {problem.place: problem.reason for problem in done.problems}
    assert "no label '255'" in told[name_of(one, 0)]
    assert "other.png" in told["other.png"]
    assert "not named after a label" in told[f"spleen/{name_of(one, 1)}"]
    assert "cannot be decoded" in told["broken.png"]
    assert done.problem_count == 4


def two_series(folder: Path, key: Path) -> Desk:
    other = [make.ct_slice(ROWS, COLUMNS, SeriesInstanceUID=make.uid("other"))]
    return desk(folder, key, [*oblique_ct(), *other])


def masks_for_all(one: Desk, folder: Path) -> Path:
    folder.mkdir()
    for path in one.out.rglob("*.png"):
        Image.fromarray(np.eye(ROWS, COLUMNS, dtype=np.uint8)).save(folder / path.name)
    return folder


def test_several_containers_get_their_sets_together(tmp_path: Path, key: Path) -> None:
    one = two_series(tmp_path, key)
    done = brought(one, masks_for_all(one, tmp_path / "masks"))
    assert sorted(added.regions for added in done.sets) == [1, 5]
    assert left_over(one.out) == []


def test_if_one_container_cannot_be_written_none_is_changed(
    tmp_path: Path, key: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dicomconv.pipeline.annotate import bring

    one, add_set, calls = two_series(tmp_path, key), bring.add_set, list[Path]()

    def full(path: Path, *args: Any) -> None:
        calls.append(path)
        if len(calls) == 2:
            raise UsageError("no room")
        add_set(path, *args)

    monkeypatch.setattr(bring, "add_set", full)
    before = tree(one.out)
    with pytest.raises(UsageError, match="no room"):
        brought(one, masks_for_all(one, tmp_path / "masks"))
    assert (len(calls), tree(one.out) == before, left_over(one.out)) == (2, True, [])


def test_the_same_without_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = [tmp_path / "a", tmp_path / "b"]
    for path in paths:
        path.write_text("before")

    def no_links(*_: Any) -> None:
        raise OSError

    monkeypatch.setattr(together.os, "link", no_links)

    def change() -> None:
        with together.all_or_none(paths):
            (tmp_path / "new").write_text("after")
            (tmp_path / "new").replace(paths[0])
            raise UsageError("no room")

    with pytest.raises(UsageError):
        change()
    assert [path.read_text() for path in sorted(tmp_path.iterdir())] == ["before", "before"]


def test_a_volume_on_another_grid_is_refused_and_taken_by_the_nearest_voxels_if_allowed(tmp_path: Path, one: Desk) -> None:
    nibabel = pytest.importorskip("nibabel")
    path = files.nifti(one, tmp_path)
    image = nibabel.load(path)
    doubled = np.repeat(np.repeat(np.asarray(image.dataobj), 2, axis=0), 2, axis=1)
    affine = image.affine @ np.diag([0.5, 0.5, 1, 1])
    affine[:3, 3] -= image.affine[:3, :2] @ [0.25, 0.25]
    nibabel.save(nibabel.Nifti1Image(doubled, affine), tmp_path / "fine.nii")
    nibabel.save(image.slicer[:, :, 1:], tmp_path / "cropped.nii")
    moved = image.affine.copy()
    moved[0, 3] += 0.01
    nibabel.save(nibabel.Nifti1Image(np.asarray(image.dataobj), moved), tmp_path / "moved.nii")
    exact = brought(one, path, name="exact")
    assert exact.problems == ()
    for name in ("fine", "cropped", "moved"):
        [problem] = brought(one, tmp_path / f"{name}.nii").problems
        assert f"{COLUMNS} x {ROWS} x 5" in problem.reason
        assert brought(one, tmp_path / f"{name}.nii", name=name, allow_resampled=True).problems == ()
    for name in ("fine", "moved"):
        assert all(np.array_equal(mask, one.masks("exact")[label]) for label, mask in one.masks(name).items())


def test_a_volume_that_fits_two_series_is_ambiguous(tmp_path: Path, one: Desk) -> None:
    pytest.importorskip("nibabel")
    path = files.nifti(one, tmp_path)
    shutil.copy(one.path, one.out / "copy.h5")
    [problem] = import_annotations(path, one.out, Choices("a", labels=one.labels)).problems
    assert "2 stacks" in problem.reason
    assert import_annotations(path, one.out / "copy.h5", Choices("a", labels=one.labels)).problems == ()


def test_of_two_series_on_one_grid_the_name_of_the_file_tells_which(tmp_path: Path, key: Path) -> None:
    pytest.importorskip("nibabel")
    first = desk(tmp_path / "first", key, oblique_ct())
    path = files.nifti(first, tmp_path)
    other = [make.instance("CT", pixels(40 + number), InstanceNumber=number + 1, ImageOrientationPatient=OBLIQUE,
                           ImagePositionPatient=along_normal(OBLIQUE, number), PixelSpacing=["0.7", "1.1"],
                           SeriesInstanceUID=make.uid("other")) for number in range(5)]  # fmt: skip
    both = desk(tmp_path / "both", key, [*oblique_ct(), *other])
    assert "2 stacks" in brought(both, path).problems[0].reason
    wanted = containers(both.out)[1]
    named = path.rename(path.with_name(f"{wanted.stem}_liver.nii.gz"))
    assert [added.container for added in brought(both, named).sets] == [wanted]


def test_what_is_imported_is_read_by_the_store(tmp_path: Path, one: Desk) -> None:
    (tmp_path / "masks").mkdir()
    brought(one, in_grey(one, tmp_path / "masks"), algorithm="semiautomatic")
    [path] = containers(one.out)
    with open_container(path) as container:
        assert container.annotations["a"].algorithm == "SEMIAUTOMATIC"
        assert container.annotations["a"].load().name == "a"
