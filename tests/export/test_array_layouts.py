"""medmnist, medmnist-3d and medsegbench: their arrays, read with numpy and the package's own nothing."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from dicomconv.errors import UsageError
from dicomconv.export.label_table import read_label_table
from dicomconv.export.layout import Choices
from dicomconv.export.npz_stream import npz
from dicomconv.export.rows import rows_of
from dicomconv.export.run import Asked, export
from dicomconv.export.splits import parse_ratio
from dicomconv.render import parse_window
from tests import make
from tests.export import made, radiographs

RATIO = parse_ratio("2/1/1")
RGB = "1.2.840.10008.5.1.4.1.1.77.1.4"


@pytest.fixture(scope="module")
def containers(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return made.annotated(tmp_path_factory.mktemp("annotated"), patients=4)


def labels(path: Path, containers: list[Path], words: list[str], *, key: str = "series_instance_uid") -> Asked:
    """A label for each container, and a split."""
    lines = [f"{next(iter(rows_of([one]))).series_instance_uid},{word}" for one, word in zip(containers, words, strict=True)]
    path.write_text("\n".join([f"{key},finding", *lines]) + "\n", encoding="utf-8")
    return Asked(read_label_table(path), RATIO)


def written(layout: str, containers: list[Path], out: Path, asked: Asked, **choices: Any) -> dict[str, Any]:
    export(layout, containers, out, Choices(**choices), asked)
    ledger: dict[str, Any] = json.loads((out / "export.json").read_text())
    return ledger


@given(st.lists(st.integers(0, 255), max_size=20), st.sampled_from(["uint8", "int64"]))
def test_a_streamed_npz_is_what_numpy_reads(tmp_path_factory: pytest.TempPathFactory, values: list[int], dtype: str) -> None:
    path = tmp_path_factory.mktemp("npz") / "a.npz"
    whole = np.array(values, dtype).reshape(-1, 1)
    with npz(path) as file:
        file.add("a", whole.shape, dtype, iter(whole))
        file.add("b", (0, 3), dtype, iter(()))
    with np.load(path) as found:
        assert np.array_equal(found["a"], whole)
        assert found["a"].dtype == whole.dtype
        assert found["b"].shape == (0, 3)


def test_a_streamed_npz_has_no_clock(tmp_path: Path) -> None:
    with npz(tmp_path / "a.npz") as file:
        file.add("a", (2, 2), "uint8", iter(np.zeros((2, 2), np.uint8)))
    with zipfile.ZipFile(tmp_path / "a.npz") as archive:
        assert [one.date_time for one in archive.infolist()] == [(1980, 1, 1, 0, 0, 0)]


def test_a_streamed_npz_refuses_other_items_than_it_announces(tmp_path: Path) -> None:
    for shape in ((1, 2), (3, 2), (2, 3)):
        with pytest.raises(ValueError), npz(tmp_path / "a.npz") as file:
            file.add("a", shape, "uint8", iter(np.zeros((2, 2), np.uint8)))


@pytest.mark.parametrize(("size", "name"), [(0, "dicommnist.npz"), (28, "dicommnist.npz"), (64, "dicommnist_64.npz")])
def test_medmnist_has_pictures_and_class_numbers_by_split(containers: list[Path], tmp_path: Path, size: int, name: str) -> None:
    asked = labels(tmp_path / "labels.csv", containers, ["normal", "tumour", "normal", "abscess"])
    ledger = written("medmnist", containers, tmp_path / "out", asked, size=size)
    side = size or 28
    with np.load(tmp_path / "out" / name) as arrays:
        assert sorted(arrays) == sorted(f"{part}_{kind}" for part in ("train", "val", "test") for kind in ("images", "labels"))
        counts = {part: len(arrays[f"{part}_images"]) for part in ("train", "val", "test")}
        assert counts == {"train": 6, "val": 3, "test": 3}
        assert all(arrays[f"{part}_images"].shape[1:] == (side, side) for part in counts)
        assert {arrays[f"{part}_images"].dtype for part in counts} == {np.dtype(np.uint8)}
        numbers = np.concatenate([arrays[f"{part}_labels"] for part in counts])
    assert numbers.shape == (12, 1)
    assert ledger["facts"]["classes"] == {"finding": {"0": "abscess", "1": "normal", "2": "tumour"}}
    assert np.bincount(numbers[:, 0]).tolist() == [3, 6, 3]
    assert [path.name for path in (tmp_path / "out").iterdir() if path.name.startswith(".")] == []


def test_the_label_of_a_picture_is_that_of_its_row(containers: list[Path], tmp_path: Path) -> None:
    words = ["10", "9", "9", "-1"]
    asked = labels(tmp_path / "labels.csv", containers, words)
    ledger = written("medmnist", containers, tmp_path / "out", asked)
    assert ledger["facts"]["classes"]["finding"] == {"0": "-1", "1": "9", "2": "10"}
    said = {next(iter(rows_of([one]))).series_instance_uid: word for one, word in zip(containers, words, strict=True)}
    lines = (tmp_path / "out/images.csv").read_text().splitlines()
    cells = [dict(zip(lines[0].split(","), line.split(","), strict=True)) for line in lines[1:]]
    with np.load(tmp_path / "out/dicommnist.npz") as arrays:
        for one in cells:
            array, _, index = one["file"].removesuffix("]").partition("[")
            number = arrays[array.replace("images", "labels")][int(index), 0]
            assert ledger["facts"]["classes"]["finding"][str(number)] == said[one["series_instance_uid"]]


def test_a_row_without_a_label_is_left_out(containers: list[Path], tmp_path: Path) -> None:
    asked = labels(tmp_path / "labels.csv", containers[:3], ["a", "b", "a"])
    ledger = written("medmnist", containers, tmp_path / "out", asked)
    assert ledger["counts"]["images"] == 9
    assert ledger["left_out"] == ["3 images: no label"]


@pytest.fixture(scope="module")
def coloured(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Eighteen patients of three grey slices, of which the second has a supplemental palette (PS3.3 C.7.6.19)."""
    red = np.array([65535, 0, 0, 0], np.uint16).tobytes()
    palette = {f"{one}PaletteColorLookupTable{part}": value for one in ("Red", "Green", "Blue")
               for part, value in (("Descriptor", [4, 200, 16]), ("Data", red))}  # fmt: skip
    files = {}
    for number in range(54):
        said = {"PatientID": f"P{number // 3}", "StudyInstanceUID": make.uid(f"study {number // 3}"), "WindowWidth": "200",
                "SeriesInstanceUID": make.uid(f"series {number // 3}"), "InstanceNumber": number, "WindowCenter": "100",
                "RescaleIntercept": "0", "ImagePositionPatient": ["0", "0", str(number)]}  # fmt: skip
        grey = np.full((made.ROWS, made.COLUMNS), 3 * number, np.uint16)
        colours = palette | {"PixelPresentation": "COLOR"} if number % 3 == 1 else {}
        files[f"{number}.dcm"] = make.instance("CT", grey, **said, **colours)
    return [made.annotate(path) for path in made.converted(tmp_path_factory.mktemp("coloured"), files)]


@pytest.mark.parametrize("layout", ["medmnist", "medsegbench", "stylegan"])
@pytest.mark.parametrize("jobs", [1, 2])
def test_grey_frames_that_a_palette_colours_are_pictures_in_colour(
    coloured: list[Path], tmp_path: Path, layout: str, jobs: int
) -> None:
    """Each picture is that of its own frame, whichever process wrote it."""
    size = {"medmnist": 28, "medsegbench": 128, "stylegan": 64}[layout]
    ledger = written(layout, coloured, tmp_path / layout, Asked(ratio=RATIO), jobs=jobs, size=size)
    assert (ledger["counts"]["images"], ledger["left_out"]) == (54, [])
    export("png", coloured, tmp_path / "png", Choices(size=size, window=parse_window("file")), Asked())
    expected = []
    for line in radiographs.lines(tmp_path / "png/images.csv"):
        pixels = np.asarray(Image.open(tmp_path / "png" / line["file"]).convert("RGB"))
        expected.append((line["sop_instance_uid"], pixels.tobytes()))
    assert sorted(pictures_of(layout, tmp_path / layout)) == sorted(expected)


def pictures_of(layout: str, folder: Path) -> list[tuple[str, bytes]]:
    """SOP Instance UIDs and pixels of an export."""
    lines = radiographs.lines(folder / "images.csv")
    if layout == "stylegan":
        found = []
        for line in lines:
            archive, _, name = line["file"].partition(".zip/")
            with zipfile.ZipFile(folder / f"{archive}.zip") as pack:
                found.append((line["sop_instance_uid"], np.asarray(Image.open(io.BytesIO(pack.read(name)))).tobytes()))
        return found
    [path] = folder.glob("*.npz")
    with np.load(path) as arrays:
        places = [(line["sop_instance_uid"], *line["file"].rstrip("]").split("[")) for line in lines]
        return [(uid, arrays[name][int(index)].tobytes()) for uid, name, index in places]


def test_pictures_in_colour_make_all_of_three_channels(tmp_path: Path) -> None:
    pixels = np.zeros((2, 6, 8, 3), np.uint8)
    pixels[0, ..., 0], pixels[1, ..., 1] = 250, 250
    photos = {
        f"p{number}.dcm": make.instance("VL", pixels[number], PhotometricInterpretation="RGB", PatientID=f"C{number}",
                                        StudyInstanceUID=make.uid(f"c{number}"), SeriesInstanceUID=make.uid(f"cs{number}"),
                                        BurnedInAnnotation="NO")
        for number in range(2)
    }  # fmt: skip
    paths = made.converted(tmp_path, photos | made.patient(5))
    export("medmnist", paths, tmp_path / "arrays", Choices(), Asked(ratio=parse_ratio("1/1/1")))
    with np.load(tmp_path / "arrays/dicommnist.npz") as arrays:
        images = np.concatenate([arrays[f"{part}_images"] for part in ("train", "val", "test")])
        assert arrays["train_labels"].shape[1:] == (0,)
    assert images.shape == (5, 28, 28, 3)
    centres = sorted(images[:, 14, 14].tolist())
    assert [250, 0, 0] in centres
    assert [0, 250, 0] in centres
    assert sum(r == g == b for r, g, b in centres) == 3


def test_medmnist_3d_keeps_the_shape_of_the_body(tmp_path: Path) -> None:
    """A ball of 40 mm in slices 4 mm apart is a ball in the cube."""
    rows, columns, count = 64, 80, 16
    z, y, x = np.meshgrid(np.arange(count) * 4.0 - 30, np.arange(rows) - 31.5, np.arange(columns) - 39.5, indexing="ij")
    ball = (z**2 + y**2 + x**2 < 20**2) * np.uint16(1000)
    files = {
        f"{number}.dcm": make.instance(
            "CT", ball[number], InstanceNumber=count - number, PixelSpacing=["1", "1"], WindowCenter="500", WindowWidth="1000",
            RescaleIntercept="0", ImagePositionPatient=["0", "0", f"{4 * number}"], SliceThickness="4",
        )
        for number in range(count)
    }  # fmt: skip
    paths = made.converted(tmp_path, files)
    written("medmnist-3d", paths, tmp_path / "arrays", Asked(ratio=parse_ratio("1/0/0")))
    with np.load(tmp_path / "arrays/dicommnist3d.npz") as arrays:
        assert arrays["val_images"].shape == (0, 28, 28, 28)
        [cube] = arrays["train_images"]
    inside = np.argwhere(cube > 127)
    extent = inside.max(axis=0) - inside.min(axis=0) + 1
    assert np.abs(extent - 40 / 80 * 28).max() <= 1
    assert np.abs(inside.mean(axis=0) - 13.5).max() < 1


def test_medmnist_3d_leaves_out_what_is_no_volume(tmp_path: Path) -> None:
    uids = {"SeriesInstanceUID": make.uid("s9"), "StudyInstanceUID": make.uid("st9")}
    files = {"single.dcm": make.ct_slice(PatientID="P9", ImagePositionPatient=None, **uids)}
    paths = made.converted(tmp_path, made.patient(0, count=4) | files)
    ledger = written("medmnist-3d", paths, tmp_path / "arrays", Asked(ratio=parse_ratio("1/1/0")))
    assert ledger["counts"]["images"] == 4
    assert [one.partition(":")[0] for one in ledger["left_out"]] == ["1 image"]


def test_medsegbench_has_masks_beside_pictures(containers: list[Path], tmp_path: Path) -> None:
    ledger = written("medsegbench", containers, tmp_path / "out", Asked(ratio=RATIO), name="made")
    with np.load(tmp_path / "out/made_128.npz") as arrays:
        assert sorted(arrays) == sorted(f"{part}_{kind}" for part in ("train", "val", "test") for kind in ("images", "label"))
        images, found = arrays["train_images"], arrays["train_label"]
    assert images.shape == found.shape == (6, 128, 128)
    assert found.dtype == np.uint8
    assert ledger["facts"]["labels"] == {"1": "liver", "2": "tumour", "3": "Gefäß"}
    masks = made.masks()
    stored = np.where(masks[0, 1], 1, masks[0, 2] * 2)
    scale = 128 / 30
    rows = np.floor((np.arange(128) + 0.5 - (128 - 85) // 2) * 20 / 85).astype(int)
    columns = np.floor((np.arange(128) + 0.5) / scale).astype(int)
    expected = np.where((rows >= 0) & (rows < 20), 1, 0)[:, None] * stored[np.clip(rows, 0, 19)][:, np.clip(columns, 0, 29)]
    assert np.array_equal(found[0], expected)


@pytest.mark.parametrize(("layout", "choices"), [
    ("medmnist", {"size": 100}), ("medmnist-3d", {"size": 128}), ("medsegbench", {"size": 28}), ("medmnist", {"name": "a b"}),
    ("medmnist-3d", {"name": "../a"}), ("medsegbench", {"name": "ä"}),
])  # fmt: skip
def test_what_the_packages_do_not_know_is_refused(containers: list[Path], tmp_path: Path, layout: str, choices: Any) -> None:
    with pytest.raises(UsageError, match=r"--size|--name"):
        written(layout, containers, tmp_path / "out", Asked(ratio=RATIO), **choices)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("layout", ["medmnist", "medmnist-3d", "medsegbench"])
def test_a_split_is_asked_for(tmp_path: Path, layout: str) -> None:
    paths = made.annotated(tmp_path)
    with pytest.raises(UsageError, match="--split"):
        written(layout, paths, tmp_path / "export", Asked())


def test_the_same_again_gives_the_same_bytes(containers: list[Path], tmp_path: Path) -> None:
    for layout, name in (("medmnist", "dicommnist.npz"), ("medsegbench", "dicomseg_128.npz")):
        for place in ("a", "b"):
            written(layout, containers, tmp_path / layout / place, Asked(ratio=RATIO))
        assert (tmp_path / layout / "a" / name).read_bytes() == (tmp_path / layout / "b" / name).read_bytes()
