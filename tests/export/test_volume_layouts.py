"""NIfTI, NRRD, .seg.nrrd and MetaImage as layouts: values, places, names, what is left out; read by readers of this package."""

import csv
import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dicomconv
from dicomconv.annotations import metaimage, nrrd
from dicomconv.annotations.drawn import Volume
from dicomconv.errors import UsageError
from dicomconv.export.layout import Choices
from dicomconv.export.run import Asked, export
from dicomconv.pipeline.found import find_containers
from tests import make
from tests.container import annotated
from tests.export import volumes


def converted(folder: Path, *series: list[bytes]) -> list[Path]:
    """The containers that series become."""
    for number, files in enumerate(series):
        volumes.folder(folder / f"in/{number}", files)
    dicomconv.convert(folder / "in", folder / "out")
    return find_containers([folder / "out"])


def labelled(folder: Path, *sets: Any) -> Path:
    """A container of three slices of 4 x 5 pixels with an annotation set."""
    folder.mkdir(parents=True, exist_ok=True)
    return annotated.container(folder / "series.h5", *(sets or (annotated.drawn(),)))


def exported(layout: str, paths: list[Path], out: Path, **choices: Any) -> tuple[Any, list[str]]:
    """What became of an export, and the files of it but those that all have."""
    done = export(layout, paths, out, Choices(**choices), Asked())
    return done, sorted(one.name for one in out.iterdir() if one.name not in ("export.json", "volumes.csv"))


def losses(out: Path) -> dict[str, int]:
    """Of how many images each loss is."""
    return {one["says"]: one["images"] for one in json.loads((out / "export.json").read_text())["losses"]}


def nrrd_of(path: Path) -> tuple[dict[str, str], bytes]:
    """The fields of an NRRD file, and its voxels; nothing of the package helps."""
    head, _, body = path.read_bytes().partition(b"\n\n")
    lines = head.decode().split("\n")
    assert lines[0] == "NRRD0004"
    fields = dict(line.split(":=" if ":=" in line else ": ", 1) for line in lines[1:])
    return fields, gzip.decompress(body) if fields["encoding"] == "gzip" else body


def mha_of(path: Path) -> tuple[dict[str, str], bytes]:
    """The fields of a MetaImage file, and its voxels."""
    head, mark, body = path.read_bytes().partition(b"ElementDataFile = LOCAL\n")
    assert mark
    return dict(line.split(" = ") for line in head.decode().splitlines()), body


def truth(path: Path) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Modality values (slices, rows, columns) in the order of places, and the affine, of the only stack."""
    with dicomconv.open_container(path) as container:
        [stack] = container.stacks
        order = np.argsort(stack.frames["position"] @ volumes.normal(tuple(stack.frames["orientation"][0])))
        assert stack.affine_lps is not None
        return np.stack([stack.modality(int(index)) for index in order]), stack.affine_lps


@pytest.mark.parametrize("compress", [False, True])
def test_nrrd_has_values_and_places_of_an_oblique_series(tmp_path: Path, *, compress: bool) -> None:
    [path] = converted(tmp_path, volumes.slices())
    _, [name] = exported("nrrd", [path], tmp_path / "nrrd", compress=compress)
    fields, voxels = nrrd_of(tmp_path / "nrrd" / name)
    values, affine = truth(path)
    assert (fields["type"], fields["space"], fields["sizes"]) == ("short", "left-posterior-superior", "12 9 5")
    np.testing.assert_array_equal(np.frombuffer(voxels, "<i2").reshape(5, 9, 12), values)
    found = [eval(one) for one in fields["space directions"].split()]
    np.testing.assert_allclose(np.transpose(found), affine[:3, :3], atol=1e-12)
    np.testing.assert_allclose(eval(fields["space origin"]), affine[:3, 3], atol=1e-12)


@pytest.mark.parametrize("compress", [False, True])
def test_metaimage_has_values_and_places_of_an_oblique_series(tmp_path: Path, *, compress: bool) -> None:
    import zlib

    [path] = converted(tmp_path, volumes.slices())
    _, [name] = exported("mha", [path], tmp_path / "mha", compress=compress)
    fields, voxels = mha_of(tmp_path / "mha" / name)
    values, affine = truth(path)
    assert int(fields.get("CompressedDataSize", len(voxels))) == len(voxels)
    found = np.frombuffer(zlib.decompress(voxels) if compress else voxels, "<i2").reshape(5, 9, 12)
    np.testing.assert_array_equal(found, values)
    axes = np.array(fields["TransformMatrix"].split(), float).reshape(3, 3).T * np.array(fields["ElementSpacing"].split(), float)
    np.testing.assert_allclose(axes, affine[:3, :3], atol=1e-12)
    np.testing.assert_allclose(np.array(fields["Offset"].split(), float), affine[:3, 3], atol=1e-12)


def test_forms_without_a_slope_have_floats_where_16_bits_would_lose_something_and_say_so(tmp_path: Path) -> None:
    [path] = converted(tmp_path, volumes.SERIES["backward CT"]())
    for layout in ("nrrd", "mha", "nifti"):
        exported(layout, [path], tmp_path / layout)
        assert any("32-bit floats" in one for one in losses(tmp_path / layout)) == (layout != "nifti")
    [name] = list((tmp_path / "nrrd").glob("*.nrrd"))
    fields, voxels = nrrd_of(name)
    assert fields["type"] == "float"
    np.testing.assert_array_equal(np.frombuffer(voxels, "<f4"), truth(path)[0].ravel())


def test_what_is_no_volume_is_left_out_with_its_count_and_is_in_no_table(tmp_path: Path) -> None:
    ct, gap = volumes.slices(), volumes.slices(SeriesInstanceUID="1.2.3.4", count=6)
    paths = converted(tmp_path, ct, gap[:1] + gap[2:])
    done, names = exported("nifti", paths, tmp_path / "nifti")
    assert len(names) == 1
    assert len(done.left_out) == 1
    assert done.left_out[0].startswith("5 images: its slices are not evenly spaced")
    assert done.counts["images"] == 5
    with (tmp_path / "nifti/volumes.csv").open() as file:
        [row] = csv.DictReader(file)
    assert (row["file"], row["columns"], row["rows"], row["slices"]) == (names[0], "12", "9", "5")
    assert [row["column_spacing_mm"], row["row_spacing_mm"]] == ["1.3", "0.7"]


def test_nothing_but_what_is_no_volume_leaves_nothing(tmp_path: Path) -> None:
    gap = volumes.slices(count=6)
    paths = converted(tmp_path, gap[:1] + gap[2:])
    with pytest.raises(UsageError, match="nothing here has a place in mha: 5 images: its slices are not evenly spaced"):
        exported("mha", paths, tmp_path / "mha")
    assert not (tmp_path / "mha").exists()


def test_overlapping_labels_are_in_layers_and_come_back_whole(tmp_path: Path) -> None:
    path = labelled(tmp_path)
    for compress in (False, True):
        out = tmp_path / f"seg{compress}"
        done, [name] = exported("seg.nrrd", [path], out, annotations="reviewer-a", compress=compress)
        assert (name, done.left_out) == ("series_reviewer-a.seg.nrrd", ())
        fields, voxels = nrrd_of(out / name)
        assert (fields["sizes"], fields["kinds"]) == ("2 5 4 3", "list domain domain domain")
        layers = np.frombuffer(voxels, "u1").reshape(3, 4, 5, 2)
        with dicomconv.open_container(path) as container:
            drawn = container.annotations["reviewer-a"]
            for number, label in enumerate(drawn.labels):
                layer = int(fields[f"Segment{number}_Layer"])
                assert int(fields[f"Segment{number}_LabelValue"]) == label.value
                np.testing.assert_array_equal(layers[..., layer] == label.value, drawn.mask(label.value))
        assert fields["Segment0_Extent"] == "1 3 1 2 0 0"
        assert fields["Segment1_Tags"].endswith(
            "~SCT^123037004^Anatomical Structure~SCT^108369006^Neoplasm~SCT^7771000^Left~"
            "Anatomic codes - DICOM master list~^^~^^|"
        )


def test_this_packages_own_reader_takes_segmentations_and_label_maps(tmp_path: Path) -> None:
    pytest.importorskip("nrrd")
    path = labelled(tmp_path)
    _, names = exported("nrrd", [path], tmp_path / "nrrd", annotations="reviewer-a")
    assert names == ["series.nrrd", "series_reviewer-a.seg.nrrd"]
    [found] = nrrd.read(tmp_path / "nrrd" / names[1])
    assert isinstance(found, Volume)
    assert [found.names[key] for key in sorted(found.names)][:2] == ["liver", "Gefäß".encode("ascii", "ignore").decode()]
    _, names = exported("mha", [path], tmp_path / "mha", annotations="reviewer-a", compress=True)
    assert names == ["series.mha", "series_reviewer-a.mha"]
    [found] = metaimage.read(tmp_path / "mha" / names[1])
    assert isinstance(found, Volume)
    with dicomconv.open_container(path) as container:
        np.testing.assert_array_equal(found.values, np.asarray(container.annotations["reviewer-a"].labelmap))
        np.testing.assert_allclose(found.affine_lps, container.stacks[0].affine_lps, atol=1e-9)
    assert losses(tmp_path / "mha")[
        "labels overlap on a slice: the one with the smallest value in the annotation set is written there"
    ] == 1  # fmt: skip


def test_slices_that_nobody_looked_at_are_told(tmp_path: Path) -> None:
    seen = frozenset({annotated.FrameKey(0, 0), annotated.FrameKey(0, 2)})
    path = labelled(tmp_path, annotated.drawn(seen=seen, shapes=(), tags=()))
    exported("mha", [path], tmp_path / "mha", annotations="reviewer-a")
    assert losses(tmp_path / "mha")["slices that the annotator did not have before them count as background"] == 1


def test_a_set_that_is_not_there_is_said_and_the_volume_is_written(tmp_path: Path) -> None:
    done, names = exported("mha", [labelled(tmp_path)], tmp_path / "mha", annotations="nobody")
    assert (names, done.left_out) == (["series.mha"], ("3 images: there is no annotation set nobody of it",))


def test_a_segmentation_needs_a_set(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--annotations"):
        exported("seg.nrrd", [labelled(tmp_path)], tmp_path / "seg")
    with pytest.raises(UsageError, match=r"has a place in seg.nrrd: .* no annotation set nobody"):
        exported("seg.nrrd", [tmp_path / "series.h5"], tmp_path / "seg", annotations="nobody")


def test_names_of_labels_break_no_header(tmp_path: Path) -> None:
    code = annotated.Code("1", "99X", "a~b^c|d\\e:=f")
    bad = annotated.Label("x\\nSegment0_Layer:=9", 1, (0, 0, 0), code, code)
    path = labelled(tmp_path, annotated.drawn(labels=(bad,), regions=(), shapes=(), tags=()))
    _, [name] = exported("seg.nrrd", [path], tmp_path / "seg", annotations="reviewer-a")
    fields, _ = nrrd_of(tmp_path / "seg" / name)
    assert (fields["Segment0_Name"], fields["Segment0_Layer"]) == ("x nSegment0_Layer:=9", "0")
    assert "99X^1^a b c d e:=f~" in fields["Segment0_Tags"]


def test_the_same_containers_give_the_same_bytes_however_many_work_on_them(tmp_path: Path) -> None:
    paths = converted(tmp_path, volumes.slices(), volumes.slices("MR", dtype="uint16", SeriesInstanceUID="1.2.3.5"))
    for layout in ("nifti", "nrrd", "mha"):
        contents = []
        for jobs in (1, 2):
            out = tmp_path / f"{layout}{jobs}"
            exported(layout, paths, out, jobs=jobs, compress=True)
            contents.append({one.name: one.read_bytes() for one in out.iterdir()})
        assert len(contents[0]) == 4
        assert contents[0] == contents[1]


def test_a_series_of_several_shapes_has_a_file_for_each(tmp_path: Path) -> None:
    uid = {"SeriesInstanceUID": "1.2.3.9", "StudyInstanceUID": "1.2.3"}
    large = [
        make.instance("CT", volumes.pixels(n, 20, 30), **volumes.plane(n, volumes.OBLIQUE, SOPInstanceUID=f"1.2.3.9.{n}"), **uid)
        for n in range(3)
    ]
    [path] = converted(tmp_path, [*volumes.slices(**uid), *large])
    done, names = exported("mha", [path], tmp_path / "mha")
    assert [name[-6:] for name in names] == ["_0.mha", "_1.mha"]
    assert done.counts["images"] == 8
    assert sorted(mha_of(tmp_path / "mha" / name)[0]["DimSize"] for name in names) == ["12 9 5", "30 20 3"]


def test_frames_of_a_multi_frame_object_stand_in_the_order_of_their_places(tmp_path: Path) -> None:
    [path] = converted(tmp_path, volumes.multiframe())
    _, [name] = exported("nrrd", [path], tmp_path / "nrrd")
    fields, voxels = nrrd_of(tmp_path / "nrrd" / name)
    found = np.frombuffer(voxels, "<i2").reshape(5, 9, 12)
    assert found[:, 0, 0].tolist() == [0, 200, 400, 600, 800]
    first = [float(part) for part in volumes.plane(0, volumes.OBLIQUE)["ImagePositionPatient"]]
    np.testing.assert_allclose(eval(fields["space origin"]), first, atol=1e-9)


def test_two_series_of_one_name_do_not_overwrite_each_other(tmp_path: Path) -> None:
    paths = [labelled(tmp_path / "a"), labelled(tmp_path / "b")]  # of the same images, too
    with pytest.raises(UsageError, match="hold the same images"):
        exported("mha", paths, tmp_path / "mha")
    assert not (tmp_path / "mha").exists()


def test_colours_are_no_volume(tmp_path: Path) -> None:
    pixels = make.ramp(4, 5, 3, dtype="uint8")
    [path] = converted(tmp_path, [make.instance("VL", pixels, PhotometricInterpretation="RGB")])
    with pytest.raises(UsageError, match="1 image: its pixels are colours"):
        exported("nifti", [path], tmp_path / "nifti")
