"""Containers as NIfTI: what is in it, where it lies, and what SimpleITK and dcm2niix make of the same DICOM files."""

import shutil
import subprocess
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from numpy.typing import NDArray

import dicomconv
from dicomconv.annotations.drawn import Volume
from dicomconv.annotations.nifti import read
from dicomconv.container.annotations import add_set
from dicomconv.errors import UsageError
from dicomconv.export.nifti import Exported, export_nifti
from dicomconv.pipeline.found import find_containers
from tests import make
from tests.container import annotated
from tests.export import volumes

nib = pytest.importorskip("nibabel")
LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])


def converted(folder: Path, files: list[bytes]) -> Path:
    """The only container that a series becomes."""
    dicomconv.convert(volumes.folder(folder / "in", files), folder / "out")
    [path] = find_containers([folder / "out"])
    return path


def exported(path: Path, out: Path, **choices: Any) -> Exported:
    return export_nifti(path, out, **choices)


def image_of(path: Path, out: Path, **choices: Any) -> Any:
    done = exported(path, out, **choices)
    assert not done.refused
    return nib.load(done.written[0])


@pytest.fixture(scope="module", params=list(volumes.SERIES))
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Any]:
    """A container, its DICOM files, and its NIfTI."""
    folder = tmp_path_factory.mktemp("series")
    path = converted(folder, volumes.SERIES[request.param]())
    dicomconv.recover(path, folder / "back")
    return path, folder / "back", image_of(path, folder / "nifti")


def at_same_places(theirs: Any, ours: Any) -> tuple[NDArray[Any], NDArray[Any]]:
    """The values of both with the axes turned alike; the affines are compared."""
    theirs, ours = nib.as_closest_canonical(theirs), nib.as_closest_canonical(ours)
    np.testing.assert_allclose(theirs.affine, ours.affine, rtol=1e-5, atol=1e-5)
    return np.asanyarray(theirs.dataobj), np.asanyarray(ours.dataobj)


def test_every_voxel_is_the_containers_at_the_containers_place(case: tuple[Path, Path, Any]) -> None:
    path, _, image = case
    with dicomconv.open_container(path) as container:
        [stack] = container.stacks
        places = stack.frames["position"] @ volumes.normal(tuple(stack.frames["orientation"][0]))
        order = np.argsort(places)
        wanted = np.stack([stack.modality(index) for index in order])
        affine = stack.affine_lps
        first = stack.frames["position"][order[0]]
    values = np.asanyarray(image.dataobj).transpose(2, 1, 0)
    np.testing.assert_allclose(values, wanted, rtol=1e-7, atol=0)
    for found in (image.get_sform(), image.get_qform()):
        np.testing.assert_allclose(found[:3, 3], first * [-1, -1, 1], rtol=1e-6, atol=1e-5)
        if affine is not None:
            np.testing.assert_allclose(found, LPS_TO_RAS @ affine, rtol=1e-5, atol=1e-5)
    assert (int(image.header["sform_code"]), int(image.header["qform_code"])) == (1, 1)
    assert image.header.get_xyzt_units()[0] == "mm"


def test_simpleitk_reads_the_same_volume_from_dicom(case: tuple[Path, Path, Any], tmp_path: Path) -> None:
    sitk = pytest.importorskip("SimpleITK")
    _, back, image = case
    files = sorted(str(path) for path in back.rglob("*.dcm"))
    if len(files) > 1:
        reader = sitk.ImageSeriesReader()
        reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(Path(files[0]).parent)))
        theirs = reader.Execute()
    else:
        theirs = _by_place(sitk, sitk.ReadImage(files[0]))
    ours = sitk.ReadImage(image.get_filename())
    assert ours.GetSize() == theirs.GetSize()
    affines = [_affine_of(one) for one in (ours, theirs)]
    np.testing.assert_allclose(affines[0], affines[1], rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(sitk.GetArrayFromImage(ours), sitk.GetArrayFromImage(theirs), rtol=1e-7)


def _affine_of(image: Any) -> NDArray[np.float64]:
    affine = np.eye(4)
    affine[:3, :3] = np.array(image.GetDirection()).reshape(3, 3) * image.GetSpacing()
    affine[:3, 3] = image.GetOrigin()
    return affine


def _by_place(sitk: Any, image: Any) -> Any:
    """A multi-frame image whose frames stand in their order: ITK takes them as they come, and the first one's place."""
    order = np.argsort(volumes.SHUFFLE)
    values = sitk.GetArrayFromImage(image)[order]
    turned = sitk.GetImageFromArray(values)
    direction = np.column_stack([*np.reshape(volumes.OBLIQUE, (2, 3)), volumes.normal(volumes.OBLIQUE)])
    turned.SetDirection(direction.ravel().tolist())
    turned.SetSpacing((volumes.SPACING[1], volumes.SPACING[0], volumes.STEP))
    turned.SetOrigin([float(part) for part in volumes.plane(0, volumes.OBLIQUE)["ImagePositionPatient"]])
    return turned


def test_dcm2niix_makes_the_same_volume_of_dicom(case: tuple[Path, Path, Any], tmp_path: Path) -> None:
    program = _dcm2niix()
    done = subprocess.run(
        [program, "-b", "n", "-z", "n", "-f", "theirs", "-o", str(tmp_path), str(case[1])],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    [path] = tmp_path.glob("theirs*.nii") or [done.stdout]
    theirs, ours = at_same_places(nib.load(path), case[2])
    np.testing.assert_allclose(theirs, ours, rtol=1e-6, atol=1e-4)


def _dcm2niix() -> str:
    found = shutil.which("dcm2niix")
    if found is None:
        found = pytest.importorskip("dcm2niix").bin_path
    return str(found)


def labelled(folder: Path, name: str = "reviewer-a") -> Path:
    """A container of three slices of 4 x 5 pixels with an annotation set."""
    folder.mkdir(parents=True, exist_ok=True)
    return annotated.container(folder / "series.h5", annotated.drawn(name))


def test_the_label_map_of_a_set_is_read_back_as_it_was(tmp_path: Path) -> None:
    path = labelled(tmp_path)
    for compress in (False, True):
        done = exported(path, tmp_path / f"out{compress}", annotations="reviewer-a", compress=compress)
        [found] = read(done.written[1])
        assert isinstance(found, Volume)
        with dicomconv.open_container(path) as container:
            np.testing.assert_array_equal(found.values, np.asarray(container.annotations["reviewer-a"].labelmap))
            np.testing.assert_allclose(found.affine_lps, container.stacks[0].affine_lps, rtol=1e-6)
        assert found.values.dtype == np.uint8
        assert found.names == {(0, label.value): label.name for label in annotated.LABELS}
        assert len(done.notes) == 1  # two labels overlap on one frame


def test_other_programs_read_a_label_map_that_names_its_labels(tmp_path: Path) -> None:
    sitk = pytest.importorskip("SimpleITK")
    path = exported(labelled(tmp_path), tmp_path / "out", annotations="reviewer-a").written[1]
    image = nib.load(path)
    assert image.header.get_intent()[0] == "label"
    np.testing.assert_array_equal(
        sitk.GetArrayFromImage(sitk.ReadImage(path)), np.asanyarray(image.dataobj).transpose(2, 1, 0)
    )
    table = ElementTree.fromstring(image.header.extensions[0].get_content().rstrip(b"\0"))
    assert [(int(one.get("Key", "0")), one.text) for one in table.iter("Label")] == [
        (label.value, label.name) for label in annotated.LABELS
    ]


def test_labels_above_255_take_16_bits(tmp_path: Path) -> None:
    large = annotated.Label("large", 300, (0, 0, 0), annotated.ORGAN, annotated.ORGAN)
    region = annotated.Region(annotated.FrameKey(0, 1), 300, annotated.mask((1, 2)))
    path = labelled(tmp_path)
    add_set(path, annotated.drawn("b", labels=(large,), regions=(region,), shapes=(), tags=()))
    image = nib.load(exported(path, tmp_path / "out", annotations="b").written[1])
    assert image.get_data_dtype() == np.uint16
    assert np.argwhere(np.asanyarray(image.dataobj) == 300).tolist() == [[2, 1, 1]]


def test_a_set_that_is_not_there_is_said_and_the_volume_is_written(tmp_path: Path) -> None:
    done = exported(labelled(tmp_path), tmp_path / "out", annotations="reviewer-b")
    assert len(done.written) == 1
    assert done.refused == [f"{tmp_path / 'series.h5'}: there is no annotation set reviewer-b in it"]


def test_the_same_container_gives_the_same_bytes(tmp_path: Path) -> None:
    path = converted(tmp_path, volumes.slices())
    for compress in (False, True):
        contents = [exported(path, tmp_path / out, compress=compress).written[0].read_bytes() for out in ("a", "b")]
        assert contents[0] == contents[1]
        assert (contents[0][:2] == b"\x1f\x8b") == compress
        shutil.rmtree(tmp_path / "a")
        shutil.rmtree(tmp_path / "b")


@pytest.mark.parametrize(
    ("name", "dtype"),
    [("oblique CT", "int16"), ("backward CT", "int16"), ("CT of odd slope", "float32"), ("flipped MR", "int16")],
)
def test_values_take_16_bits_where_that_loses_nothing(tmp_path: Path, name: str, dtype: str) -> None:
    image = image_of(converted(tmp_path, volumes.SERIES[name]()), tmp_path / "out")
    assert image.get_data_dtype() == np.dtype(dtype)


def test_slopes_that_differ_from_slice_to_slice_make_floats(tmp_path: Path) -> None:
    files = [
        make.instance("CT", volumes.pixels(number), **volumes.plane(number, volumes.OBLIQUE, RescaleSlope=str(number + 0.5)))
        for number in range(3)
    ]  # fmt: skip
    image = image_of(converted(tmp_path, files), tmp_path / "out")
    assert image.get_data_dtype() == np.float32
    assert np.asanyarray(image.dataobj)[0, 0].tolist() == [-1024, 1.5 * 200 - 1024, 2.5 * 400 - 1024]


def test_large_whole_numbers_stay_exact(tmp_path: Path) -> None:
    content = np.array([[0, 1, (1 << 24) + 1], [2, 3, 4]], np.uint32)
    files = [make.instance("MR", content, **volumes.plane(0, volumes.OBLIQUE))]
    image = image_of(converted(tmp_path, files), tmp_path / "out")
    assert np.asanyarray(image.dataobj).T[0].tolist() == content.tolist()


def _without(number: int) -> list[bytes]:
    numbers = [one for one in range(5) if one != number]
    return [make.instance("CT", volumes.pixels(one), **volumes.plane(one, volumes.OBLIQUE)) for one in numbers]


def _tilted() -> list[bytes]:
    places = [[f"{0}", f"{2.0 * number}", f"{5.0 * number}"] for number in range(3)]
    return [
        make.instance("CT", volumes.pixels(number), InstanceNumber=number + 1, ImagePositionPatient=place)
        for number, place in enumerate(places)
    ]


def _phases() -> list[bytes]:
    return [
        make.instance("CT", volumes.pixels(number), **volumes.plane(number % 2, volumes.OBLIQUE, InstanceNumber=number))
        for number in range(4)
    ]


REFUSED = {
    "not evenly spaced": lambda: _without(2),
    "gantry tilt": _tilted,
    "lie at one place": _phases,
    "say where they lie": lambda: make.series(3, ImagePositionPatient=None),
    "colours": lambda: [make.instance("VL", make.ramp(4, 5, 3, dtype="uint8"), PhotometricInterpretation="RGB")],
}


@pytest.mark.parametrize("words", REFUSED)
def test_what_has_no_grid_is_left_out_with_its_reason_and_the_others_go_on(tmp_path: Path, words: str) -> None:
    bad, good = converted(tmp_path / "bad", REFUSED[words]()), labelled(tmp_path / "good")
    done = export_nifti([bad, good], tmp_path / "out")
    assert len(done.written) == 1
    [reason] = done.refused
    assert words in reason
    assert list((tmp_path / "out").iterdir()) == done.written


def test_a_damaged_container_does_not_keep_others_from_being_written(tmp_path: Path) -> None:
    path = labelled(tmp_path / "a")
    (tmp_path / "b.h5").write_bytes(path.read_bytes()[:5000])
    done = export_nifti([tmp_path / "b.h5", path], tmp_path / "out")
    assert (len(done.written), len(done.refused)) == (1, 1)


def test_what_is_there_already_is_left_alone_unless_it_may_be_overwritten(tmp_path: Path) -> None:
    path = labelled(tmp_path)
    [written] = exported(path, tmp_path / "out").written
    content = written.read_bytes()
    written.write_bytes(b"drawn on by hand")
    assert "there already" in exported(path, tmp_path / "out").refused[0]
    assert exported(path, tmp_path / "out", existing="skip").there == [written]
    assert written.read_bytes() == b"drawn on by hand"
    exported(path, tmp_path / "out", existing="overwrite")
    assert written.read_bytes() == content


def test_two_containers_of_one_name_do_not_overwrite_each_other(tmp_path: Path) -> None:
    paths = [labelled(tmp_path / "a"), labelled(tmp_path / "b")]
    done = export_nifti(paths, tmp_path / "out", existing="overwrite")
    assert (len(done.written), len(done.refused)) == (1, 1)


def test_a_folder_that_cannot_be_written_to_is_said(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(UsageError, match="cannot be written to"):
        exported(labelled(tmp_path), tmp_path / "out")
