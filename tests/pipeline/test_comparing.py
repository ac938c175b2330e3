"""Two annotation sets of containers compared: by slice and in space, over what both have seen."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from dicomconv import convert
from dicomconv.annotation import AnnotationSet, FrameKey, Label, Region
from dicomconv.container.annotations import add_set
from dicomconv.container.footer import write_footer
from dicomconv.container.reader import open_container
from dicomconv.errors import UsageError, VerificationFailed
from dicomconv.pipeline.comparing import Agreement, Comparison, compare
from tests import make
from tests.cli.command import call
from tests.container import annotated
from tests.outputs import containers, key_file
from tests.test_agreement import brute_boundary, brute_distances

pytest.importorskip("scipy", reason="scipy is not installed")

ROWS, COLUMNS = 6, 7
SPACING = (2.0, 0.5)
LIVER, TUMOUR = annotated.LABELS[:2]
Volume = Any


def made(folder: Path, count: int = 4, *, step: float = 3.0, uneven: bool = False, **attributes: object) -> Path:
    """The container of an oblique series whose pixels are 2 mm by 0.5 mm."""
    tilt = np.radians(20)
    across, down = np.array([np.cos(tilt), np.sin(tilt), 0]), np.array([0, 0, -1.0])
    normal, files = np.cross(across, down), {}
    for number in range(count):
        z = step * number + (1.0 if uneven and number > 1 else 0)
        values = {
            "InstanceNumber": number + 1,
            "PixelSpacing": [f"{one:g}" for one in SPACING],
            "ImageOrientationPatient": [f"{one:.12g}"[:16] for one in (*across, *down)],
            "ImagePositionPatient": [f"{one:.10f}"[:16] for one in normal * z],
        }
        files[f"{number}"] = make.ct_slice(ROWS, COLUMNS, **{**values, **attributes})
    make.write(folder / "in", files)
    convert(folder / "in", folder / "out", key=key_file(folder / "key"), png=False)
    [path] = containers(folder / "out")
    return path


def of_volume(name: str, volumes: dict[Label, Volume], seen: set[int] | None = None) -> AnnotationSet:
    """A set with these (frames, rows, columns) masks."""
    count = len(next(iter(volumes.values())))
    frames = sorted(set(range(count)) if seen is None else seen)
    regions = [Region(FrameKey(0, k), one.value, volumes[one][k]) for k in frames for one in volumes if volumes[one][k].any()]
    keys = frozenset(FrameKey(0, k) for k in frames)
    return annotated.drawn(name, labels=tuple(volumes), regions=tuple(regions), seen=keys, shapes=(), tags=())


def random_volumes(seed: int, count: int = 4) -> list[Volume]:
    chance = np.random.default_rng(seed)
    return [chance.random((count, ROWS, COLUMNS)) < 0.5 for _ in range(2)]


def compared(path: Path, a: AnnotationSet, b: AnnotationSet) -> Comparison:
    add_set(path, a)
    add_set(path, b)
    [one] = compare(path, a.name, b.name).comparisons
    return one


def figures(one: Agreement) -> tuple[float, float, float] | None:
    found = one.distances
    return (found.hausdorff_mm, found.hausdorff95_mm, found.mean_surface_mm) if found else None


def in_mm(path: Path, volume: Volume) -> list[tuple[float, ...]]:
    """The boundary of a volume in mm, from the columns of each slice: position, orientation, spacing."""
    frames, points = open_container(path).stacks[0].frames, []
    pixels = {tuple(int(part) for part in place) for place in np.argwhere(volume)}
    for k, row, column in brute_boundary(pixels):
        across, down = frames["orientation"][k][:3], frames["orientation"][k][3:]
        between_rows, between_columns = frames["pixel_spacing"][k]
        points.append(tuple(frames["position"][k] + across * column * between_columns + down * row * between_rows))
    return points


def test_in_space_distances_are_those_of_the_brute_force(tmp_path: Path) -> None:
    path = made(tmp_path)
    a, b = random_volumes(1)
    found = compared(path, of_volume("a", {LIVER: a}), of_volume("b", {LIVER: b}))
    [volume] = found.volumes
    assert (volume.measured, volume.frame) == ("volume", None)
    assert figures(volume) == pytest.approx(brute_distances(in_mm(path, a), in_mm(path, b)), abs=1e-4)
    assert (volume.overlap.a, volume.overlap.b, volume.overlap.both) == (a.sum(), b.sum(), (a & b).sum())
    assert volume.overlap.dice == pytest.approx(2 * (a & b).sum() / (a.sum() + b.sum()))


def test_on_slices_distances_are_in_their_plane(tmp_path: Path) -> None:
    a, b = random_volumes(2)
    found = compared(made(tmp_path), of_volume("a", {LIVER: a}), of_volume("b", {LIVER: b}))
    assert [one.frame for one in found.slices] == [0, 1, 2, 3]
    for one in found.slices:
        plain = [
            [(r * SPACING[0], c * SPACING[1]) for r, c in brute_boundary({(int(r), int(c)) for r, c in np.argwhere(m)})]
            for m in (a[one.frame], b[one.frame])
        ]
        assert figures(one) == pytest.approx(brute_distances(*plain))
        assert one.measured == "slice"


def test_a_block_one_slice_higher_is_a_step_away(tmp_path: Path) -> None:
    """By hand: 2 x 2 pixels on slices 0, 1 against slices 1, 2, which are 3 mm apart: both 4 of 8, the others 3 mm off."""
    a, b = np.zeros((2, 4, ROWS, COLUMNS), bool)
    a[0:2, 1:3, 1:3], b[1:3, 1:3, 1:3] = True, True
    [volume] = compared(made(tmp_path), of_volume("a", {LIVER: a}), of_volume("b", {LIVER: b})).volumes
    assert (volume.overlap.dice, volume.overlap.iou) == (0.5, pytest.approx(1 / 3))
    assert figures(volume) == pytest.approx((3, 3, 1.5), abs=1e-4)


def test_uneven_slices_are_measured_one_by_one(tmp_path: Path) -> None:
    a, b = random_volumes(3)
    b[2] = False
    found = compared(made(tmp_path, uneven=True), of_volume("a", {LIVER: a}), of_volume("b", {LIVER: b}))
    [volume] = found.volumes
    assert volume.measured == "slices"
    largest = [one.distances.hausdorff_mm for one in found.slices if one.distances]
    assert len(largest) == 3
    assert volume.distances is not None
    assert volume.distances.hausdorff_mm == max(largest)
    assert [(one.overlap.dice, one.measured) for one in found.slices if one.frame == 2] == [(0, "")]


def test_without_a_spacing_there_are_shares_and_no_distances(tmp_path: Path) -> None:
    path = annotated.container(tmp_path / "a.h5", annotated.drawn("a"), annotated.drawn("b"))
    with h5py.File(path) as file:
        assert np.isnan(file["stacks/0/frames/pixel_spacing"][()]).all()
    [found] = compare(path, "a", "b").comparisons
    assert {one.overlap.dice for one in found.slices} == {1}
    assert {one.distances for one in found.slices} == {None}


def test_only_slices_that_both_have_seen_count(tmp_path: Path) -> None:
    a, b = random_volumes(4)
    found = compared(made(tmp_path), of_volume("a", {LIVER: a}, {0, 1, 2}), of_volume("b", {LIVER: b}, {1, 2, 3}))
    assert (found.frames, found.only_a, found.only_b) == (2, 1, 1)
    assert [one.frame for one in found.slices] == [1, 2]
    [volume] = found.volumes
    assert volume.overlap.a == a[1:3].sum()
    assert volume.overlap.both == (a & b)[1:3].sum()


def test_where_a_slice_was_not_seen_there_is_no_boundary(tmp_path: Path) -> None:
    """A block through three slices of which both have seen the middle one: its inside is no boundary."""
    a, b = np.zeros((2, 4, ROWS, COLUMNS), bool)
    a[0:3, 1:5, 1:6], b[0:3, 1:5, 1:6] = True, True
    b[1, 2, 3] = False
    found = compared(made(tmp_path), of_volume("a", {LIVER: a}, {1}), of_volume("b", {LIVER: b}, {1}))
    [volume], [only] = found.volumes, found.slices
    assert figures(volume) == pytest.approx(figures(only), abs=1e-4)


def test_labels_are_the_same_by_name_whatever_their_values(tmp_path: Path) -> None:
    a, _ = random_volumes(5)
    other = Label("liver", 9, (0, 0, 0), annotated.ORGAN, annotated.ORGAN)
    strange = Label("spleen", LIVER.value, (0, 0, 0), annotated.ORGAN, annotated.ORGAN)
    found = compared(made(tmp_path), of_volume("a", {LIVER: a}), of_volume("b", {other: a, strange: ~a}))
    assert {one.label: one.overlap.dice for one in found.volumes} == {"liver": 1, "spleen": 0}
    assert found.volumes[0].distances is not None
    assert figures(found.volumes[0]) == (0, 0, 0)


def test_overlapping_labels_are_compared_whole(tmp_path: Path) -> None:
    a, b = random_volumes(6)
    found = compared(made(tmp_path), of_volume("a", {LIVER: a, TUMOUR: b}), of_volume("b", {TUMOUR: b, LIVER: a}))
    assert {one.overlap.dice for one in (*found.volumes, *found.slices)} == {1}


def test_a_label_that_neither_has_is_no_agreement(tmp_path: Path) -> None:
    a, empty = random_volumes(7)[0], np.zeros((4, ROWS, COLUMNS), bool)
    found = compared(made(tmp_path), of_volume("a", {LIVER: a, TUMOUR: empty}), of_volume("b", {LIVER: a, TUMOUR: empty}))
    [volume] = [one for one in found.volumes if one.label == "tumour"]
    assert (volume.overlap.a, volume.overlap.b, volume.overlap.dice, volume.overlap.iou) == (0, 0, None, None)
    assert volume.distances is None
    assert {one.label for one in found.slices} == {"liver"}


def test_a_set_that_is_nowhere_is_an_error_that_names_those_that_are(tmp_path: Path) -> None:
    path = annotated.container(tmp_path / "a.h5", annotated.drawn("a"))
    with pytest.raises(UsageError, match="no container has both annotation sets, a and b; there are: a"):
        compare(path, "a", "b")


def test_a_set_of_another_container_is_not_compared(tmp_path: Path) -> None:
    path = annotated.container(tmp_path / "a.h5", annotated.drawn("a"), annotated.drawn("b"))
    with h5py.File(path, "r+") as file:
        file["annotations/b"].attrs.modify("root_sha256", np.bytes_(b"0" * 64))
    write_footer(path)
    with pytest.raises(VerificationFailed, match="another container"):
        compare(path, "a", "b")


@pytest.fixture
def both(tmp_path: Path) -> Path:
    path = made(tmp_path)
    a, b = random_volumes(8)
    compared(path, of_volume("a", {LIVER: a, TUMOUR: a & False}), of_volume("b", {LIVER: b}))
    annotated.container(tmp_path / "out" / "other.h5", annotated.drawn("a"))
    return path


def test_the_command_prints_a_table(both: Path) -> None:
    done = call("annotate", "compare", "a", "b", "--in", both.parents[2])
    assert done.exit_code == 0
    first, heading, volume, *rest = done.stdout.splitlines()
    assert first == f"{both}: A a, B b: 4 slices that both have seen, 0 A alone, 0 B alone"
    assert heading.split()[:2] == ["label", "slice"]
    assert volume.split()[:2] == ["liver", "all"]
    assert rest[0].split() == ["tumour", "all", "0", "0", "-", "-", "-", "-", "-"]
    assert [line.split()[:2] for line in rest[1:]] == [["liver", str(number)] for number in range(1, 5)]
    assert "1 containers do not have both sets: other.h5" in done.stderr


def test_json_and_csv_say_the_same(both: Path) -> None:
    [as_json] = json.loads(call("annotate", "compare", "a", "b", "--in", both, "--json").stdout)
    rows = list(csv.DictReader(io.StringIO(call("annotate", "compare", "a", "b", "--in", both, "--csv").stdout)))
    plain = [*as_json["volumes"], *as_json["slices"]]
    assert (as_json["a"], as_json["b"], as_json["frames_compared"]) == ("a", "b", 4)
    assert len(rows) == len(plain) == 6
    for row, one in zip(rows, plain, strict=True):
        assert {name: "" if value is None else str(value) for name, value in one.items()} == {
            name: row[name] for name in one
        }
        assert row["container_uuid"] == as_json["container_uuid"]
    [found] = compare(both, "a", "b").comparisons
    assert [one["dice"] for one in plain] == [one.overlap.dice for one in (*found.volumes, *found.slices)]
    uids = {one.sop_instance_uid for one in open_container(both).instances}
    assert {one["sop_instance_uid"] for one in as_json["slices"]} == uids


def test_mistakes_are_said_in_a_sentence(both: Path) -> None:
    assert call("annotate", "compare", "a", "z", "--in", both).exit_code == 2
    assert call("annotate", "compare", "a", "b", "--in", both, "--json", "--csv").exit_code == 2
    assert call("annotate", "compare", "a", "b").exit_code == 2
    done = call("annotate", "compare", "a", "z", "--in", both)
    assert "there are: a, b" in done.stderr
