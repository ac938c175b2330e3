"""The format as docs/container.md writes it down, read by programs that know nothing of dicomconv."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

from dicomconv.container import schema
from dicomconv.container.reader import open_container
from tests.container import build

DOCS = Path(__file__).parents[2] / "docs" / "container.md"


@pytest.fixture
def cases() -> list[build.Case]:
    encapsulated = build.Case(build.instance("9.9", build.head("9.9"), bytes(range(256)) * 4, encapsulated=True))
    return [*build.series(3), build.ct_case(4, rows=6, excess=b"\0", after=b"tail"), encapsulated]


@pytest.fixture
def path(tmp_path: Path, cases: list[build.Case]) -> Path:
    build.pack(tmp_path / "series.h5", cases, grid=True)
    return tmp_path / "series.h5"


def program(number: int) -> str:
    """A program as the documentation prints it; it may not use dicomconv."""
    text = re.findall(r"```python\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)[number]
    assert "dicomconv" not in text.replace(schema.FORMAT_NAME, "")
    return str(text)


def run(number: int, *arguments: Path) -> str:
    command = [sys.executable, "-I", "-c", program(number), *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_the_reader_in_the_documentation_rebuilds_the_files(
    path: Path, cases: list[build.Case], tmp_path: Path
) -> None:
    (tmp_path / "out").mkdir()
    run(0, path, tmp_path / "out")
    assert [(tmp_path / "out" / f"{i}.dcm").read_bytes() for i in range(len(cases))] == build.files(cases)


def test_the_root_digest_in_the_documentation_is_the_root_digest(path: Path) -> None:
    assert run(1, path).strip() == open_container(path).root_sha256.hex()


def test_the_footer_is_the_one_in_the_documentation(path: Path) -> None:
    run(2, path)
    path.write_bytes(path.read_bytes()[:-9] + b"another 9")
    with pytest.raises(subprocess.CalledProcessError):
        run(2, path)


def test_every_name_of_the_schema_is_in_the_documentation() -> None:
    text = DOCS.read_text(encoding="utf-8")
    names = [*schema.ROOT_ATTRIBUTES, *schema.INSTANCE_TEXTS, *schema.INSTANCE_NUMBERS, *schema.RECIPE_COLUMNS]
    names += [*(schema.FRAME_ROW.names or ()), schema.AFFINE_LPS, schema.DECODER, schema.COLUMN_ORDER]
    assert [name for name in names if f"`{name}`" not in text] == []


def test_nothing_in_a_container_has_a_variable_length(path: Path) -> None:
    found: list[str] = []

    def look(name: str, item: h5py.HLObject) -> None:
        types = [item.attrs.get_id(attribute).dtype for attribute in item.attrs]
        types += [item.dtype] if isinstance(item, h5py.Dataset) else []
        found.extend(name for dtype in types if dtype.kind == "O")

    with h5py.File(path) as file:
        file.visititems(look)
        look("/", file)
    assert found == []


def test_only_the_filters_of_every_hdf5_are_used(path: Path) -> None:
    with h5py.File(path) as file:
        for name in ("stacks/0/pixels", "headers/bytes", "encoded/data"):
            plist = file[name].id.get_create_plist()
            assert {plist.get_filter(i)[0] for i in range(plist.get_nfilters())} <= {1, 2}
            assert file[name].compression == "gzip"


@pytest.mark.skipif(shutil.which("h5dump") is None, reason="h5dump is not installed")
def test_h5dump_reads_the_values(path: Path, cases: list[build.Case]) -> None:
    command = ["h5dump", "-d", "/stacks/0/pixels", "-y", "-w", "0", str(path)]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    data = text.split("DATA {")[1].split("}")[0]
    values = np.array([int(number) for number in re.findall(r"-?\d+", data)])
    assert values.tolist() == np.concatenate([case.frames[0].reshape(-1) for case in cases[:3]]).tolist()


@pytest.mark.skipif(shutil.which("h5dump") is None, reason="h5dump is not installed")
def test_h5dump_reads_the_whole_file(path: Path) -> None:
    done = subprocess.run(["h5dump", str(path)], check=True, capture_output=True, text=True)
    assert "dicomconv-series" in done.stdout
    assert not done.stderr


def test_a_large_column_is_compressed_and_its_digest_the_same_by_the_documentation(tmp_path: Path) -> None:
    values = np.zeros((3000, 2, 3), "u1")
    one = build.Case(build.instance("1.2", build.head(), values.tobytes()), list(values), is_direct=True)
    build.pack(tmp_path / "many.h5", [one])
    with h5py.File(tmp_path / "many.h5") as file:
        assert file["stacks/0/frames/position"].compression == "gzip"
    assert run(1, tmp_path / "many.h5").strip() == open_container(tmp_path / "many.h5").root_sha256.hex()
