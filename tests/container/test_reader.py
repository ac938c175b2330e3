"""A container read: frames at random, headers, processes, and files that are none."""

import multiprocessing
import pickle
from concurrent.futures import ProcessPoolExecutor
from io import BytesIO
from pathlib import Path

import h5py
import numpy as np
import pytest
from pydicom import Dataset, dcmread

from dicomconv.container.chunks import encode_frame
from dicomconv.container.pack import ContainerWriter
from dicomconv.container.reader import Container, open_container
from dicomconv.container.rebuild import header_of
from dicomconv.errors import NotAContainer, UsageError, VerificationFailed
from dicomconv.model import Deidentified
from dicomconv.part10 import split
from dicomconv.pixels.read import ImageAttributes
from dicomconv.pixels.read_format import pixel_format
from tests import make
from tests.container import build


@pytest.fixture
def path(tmp_path: Path) -> Path:
    build.pack(tmp_path / "series.h5", build.series(4), grid=True, folder="P/St/Se")
    return tmp_path / "series.h5"


def test_a_frame_read_alone_equals_the_frame_read_by_h5py(path: Path) -> None:
    stack = open_container(path).stacks[0]
    with h5py.File(path) as file:
        whole = file["stacks/0/pixels"][()]
    assert stack.shape == whole.shape == (4, 4, 5)
    assert [(stack[i] == whole[i]).all() for i in (3, 0, 2, 1, -1)] == [True] * 5
    assert (np.asarray(stack) == whole).all()


@pytest.mark.parametrize("dtype", ["|u1", "|i1", ">u2", ">i2", "<u4", ">f4", "<f8"])
def test_every_type_keeps_its_values_and_its_byte_order(tmp_path: Path, dtype: str) -> None:
    values = np.arange(20).reshape(4, 5).astype(dtype)
    case = build.Case(build.instance("1.2.3", build.head(), values.tobytes()), [values], is_direct=True)
    build.pack(tmp_path / "series.h5", [case])
    stack = open_container(tmp_path / "series.h5").stacks[0]
    with h5py.File(tmp_path / "series.h5") as file:
        assert file["stacks/0/pixels"].dtype == stack.dtype == np.dtype(dtype)
        assert file["stacks/0/pixels"][0].tobytes() == stack[0].tobytes() == values.tobytes()


def test_frames_of_other_shapes_are_in_other_stacks(tmp_path: Path) -> None:
    build.pack(tmp_path / "series.h5", [build.ct_case(1), build.ct_case(2, rows=6), build.ct_case(3)])
    container = open_container(tmp_path / "series.h5")
    assert [stack.shape for stack in container.stacks] == [(2, 4, 5), (1, 6, 5)]
    assert [(one.first_stack, one.first_frame) for one in container.instances] == [(0, 0), (1, 0), (0, 1)]
    assert container.stacks[0].frames["instance"].tolist() == [0, 2]


def test_what_was_said_of_a_stack_is_there_again(path: Path) -> None:
    stack = open_container(path).stacks[0]
    assert stack.format.bits_allocated == 16
    assert stack.format.number_of_frames == 4
    assert stack.format.photometric_interpretation == "MONOCHROME2"
    assert stack.affine_lps is not None
    assert stack.affine_lps.tolist() == build.GRID.affine_lps.tolist()
    assert stack.frames["frame_number"].tolist() == [1, 1, 1, 1]
    assert stack.frames["window_function"].tolist() == [b"LINEAR"] * 4


def test_a_column_of_frames_is_that_of_the_table(path: Path) -> None:
    table = open_container(path).stacks[0].frames
    stack = open_container(path).stacks[0]
    for name in ("position", "instance", *table):
        np.testing.assert_array_equal(stack.column(name), table[name])  # NaN where nothing is known
    assert sorted(stack.frames) == sorted(table)
    with pytest.raises(VerificationFailed, match="frames/no such column"):
        stack.column("no such column")


@pytest.mark.parametrize("instance", [-1, 4, 2**31])
def test_a_frame_of_an_instance_that_is_not_there_is_damage(path: Path, instance: int) -> None:
    with h5py.File(path, "r+") as file:
        del file["stacks/0/frames/instance"]
        file["stacks/0/frames/instance"] = np.array([0, 1, instance, 3], "<i8")
    stack = open_container(path).stacks[0]
    for read in (lambda: stack.column("instance"), lambda: stack.frames, lambda: stack.attributes(2)):
        with pytest.raises(VerificationFailed, match="frame columns"):
            read()


def test_headers_are_those_of_a_plain_scan_in_whatever_order_they_are_read(path: Path) -> None:
    alone = []
    for index in range(4):
        with open_container(path) as container:
            alone.append([(one, container.header(index).encoded(one.tag)) for one in container.header(index)])
    with open_container(path) as container:
        for index in (2, 0, 3, 3, 1, 0):
            header = container.header(index)
            assert [(one, header.encoded(one.tag)) for one in header] == alone[index]


def test_hounsfield_units_are_slope_times_stored_plus_intercept(path: Path) -> None:
    stack = open_container(path).stacks[0]
    assert (stack.hounsfield[2] == stack[2] * 2.0 - 1024).all()
    assert np.asarray(stack.hounsfield).shape == (4, 4, 5)


def test_other_units_are_not_called_hounsfield(path: Path) -> None:
    stack = open_container(path).stacks[0]
    stack.frames["rescale_type"][1] = b"OD"
    with pytest.raises(UsageError, match="not in HU"):
        stack.hounsfield  # noqa: B018


def test_headers_are_rows_of_constants_and_columns(path: Path) -> None:
    container = open_container(path)
    assert len(container.headers) == 4
    assert container.headers[1]["ImagePositionPatient"] == (0.0, 0.0, 6.0)
    assert container.headers[1]["InstanceNumber"] == 2
    assert container.headers[-1]["SliceThickness"] == 3.0
    assert container.header(2).text("PatientID") == "P1"
    with pytest.raises(IndexError):
        container.headers[4]


def test_headers_become_a_data_frame(path: Path) -> None:
    pytest.importorskip("pandas")
    frame = open_container(path).headers.to_pandas()
    assert frame["InstanceNumber"].tolist() == [1, 2, 3, 4]
    assert frame["PatientID"].tolist() == ["P1"] * 4


def test_attributes_of_unequal_multiplicity_become_text_and_missing_numbers_nan(tmp_path: Path) -> None:
    heads = [
        build.head("1", ImageType="A\\B", SliceThickness="1.5", InstanceNumber="1\\2"),
        build.head("2", ImageType="A", InstanceNumber="3", PatientName="Müller"),
        build.head("3", PatientName="X" * 2000),
    ]
    build.pack(tmp_path / "a.h5", [build.Case(build.instance(str(i), one, b"")) for i, one in enumerate(heads)])
    columns = open_container(tmp_path / "a.h5").headers.columns
    assert columns["ImageType"] == ["A\\B", "A", ""]
    assert columns["InstanceNumber"] == ["1\\2", "3", ""]
    assert columns["SliceThickness"][0] == 1.5
    assert np.isnan(columns["SliceThickness"][1:]).all()
    assert "PatientName" not in columns  # one of them is longer than 1024 bytes


def _sum(container: Container, index: int) -> int:
    return int(container.stacks[0][index].sum())


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_a_container_is_read_by_other_processes(path: Path, method: str) -> None:
    container = open_container(path)
    expected = [_sum(container, index) for index in range(4)]
    context = multiprocessing.get_context(method)
    with ProcessPoolExecutor(2, mp_context=context) as pool:
        assert list(pool.map(_sum, [container] * 4, range(4))) == expected
    assert _sum(container, 0) == expected[0]


def test_a_forked_child_opens_the_file_for_itself(path: Path) -> None:
    container = open_container(path)
    stack, expected = container.stacks[0], _sum(container, 1)
    context = multiprocessing.get_context("fork")
    queue = context.SimpleQueue()
    child = context.Process(target=lambda: queue.put(int(stack[1].sum())))
    child.start()
    assert queue.get() == expected
    child.join()
    assert child.exitcode == 0
    assert int(stack[1].sum()) == expected


def test_a_pickled_container_holds_its_path_only(path: Path) -> None:
    with open_container(path) as container:
        assert container.stacks[0][0].size
        again = pickle.loads(pickle.dumps(container))
    assert again.path == path
    assert (again.stacks[0][0] == container.stacks[0][0]).all()


def test_facts_of_the_whole_are_there(path: Path) -> None:
    container = open_container(path)
    assert container.container_uuid == "c0ffee"
    assert container.profile == build.PROFILE
    assert container.folder.parts == ("P", "St", "Se")
    assert len(container.root_sha256) == 32
    assert container.instances[3].sop_instance_uid == "1.2.3.4"


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("complete", 0, "not written to its end"),
        ("format", b"something else", "not a dicomconv container"),
        ("format_version", b"2.0", "format version 2.0"),
    ],
)
def test_what_is_no_whole_container_of_this_version_is_refused(
    path: Path, name: str, value: object, sentence: str
) -> None:
    with h5py.File(path, "r+") as file:
        file.attrs[name] = value
    with pytest.raises(NotAContainer, match=sentence):
        open_container(path)


def test_a_newer_minor_version_is_read(path: Path) -> None:
    with h5py.File(path, "r+") as file:
        file.attrs["format_version"] = "1.7"
    assert len(open_container(path)) == 4


def test_files_that_are_no_hdf5_are_refused_with_a_sentence(path: Path, tmp_path: Path) -> None:
    (tmp_path / "text.h5").write_bytes(b"no")
    (tmp_path / "cut.h5").write_bytes(path.read_bytes()[:-100])
    reasons = {"text.h5": "not an HDF5 file", "cut.h5": "cut short", "absent.h5": "no such file"}
    for name, reason in reasons.items():
        with pytest.raises(NotAContainer, match=reason):
            open_container(tmp_path / name)


def real_case(content: bytes) -> build.Case:
    """A DICOM file as pydicom writes it, as if it were de-identified."""
    parts = split(content)
    header = parts.header()
    one = Deidentified(
        header.text("SOPClassUID"), header.text("SOPInstanceUID"), parts.transfer_syntax_uid, parts.dataset_start,
        "PixelData", False, parts.head, parts.pixels, parts.tail,
    )  # fmt: skip
    layout = pixel_format(header, parts.transfer_syntax_uid, "PixelData")
    shape = layout.rows, layout.columns
    values = np.frombuffer(parts.pixels.read(), f"<u{layout.bits_allocated // 8}").reshape(shape)
    return build.Case(one, [values], is_direct=True)


def test_a_modality_lut_is_taken_from_the_header(tmp_path: Path) -> None:
    lut = Dataset()
    lut.LUTDescriptor, lut.ModalityLUTType = [256, 0, 16], "OD"
    lut.add_new("LUTData", "OW", np.arange(0, 2560, 10, dtype="<u2").tobytes())
    case = real_case(make.ct_slice(PixelRepresentation=0, ModalityLUTSequence=[lut]))
    with ContainerWriter(tmp_path / "a.h5", container_uuid="", planned_instances=1, profile=build.PROFILE) as writer:
        header = header_of(case.instance.head, b"", case.instance.dataset_start, build.EXPLICIT)
        layout = pixel_format(header, build.EXPLICIT, "PixelData")
        attributes = ImageAttributes(header, layout).frame(1)
        frames = [(encode_frame(case.frames[0]), layout, attributes, None)]
        writer.add(case.instance, frames, is_direct=True, decoder="")
        writer.finish()
    stack = open_container(tmp_path / "a.h5").stacks[0]
    assert stack.attributes(0).modality_lut is not None
    assert (stack.modality(0) == np.clip(case.frames[0], 0, 255) * 10.0).all()


def test_files_of_pydicom_come_back_and_their_headers_are_read(tmp_path: Path) -> None:
    contents = make.series(3, rows=6, columns=7)
    build.pack(tmp_path / "a.h5", [real_case(content) for content in contents])
    container = open_container(tmp_path / "a.h5")
    assert [b"".join(file.chunks()) for file in container.recover()] == contents
    for index, content in enumerate(contents):
        witness = dcmread(BytesIO(content))
        assert container.headers[index]["SOPInstanceUID"] == witness.SOPInstanceUID
        assert container.header(index).text("Modality") == witness.Modality
        assert container.headers[index]["Rows"] == 6
