"""The search for what is left finds it in every encoding, and nothing that is not there."""

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from tests.benchmarks.deid.artefacts import pieces
from tests.benchmarks.deid.plants.private import un_sequence
from tests.benchmarks.deid.records import Secret
from tests.benchmarks.deid.residue import Residue

SECRET = Secret("Ostervang", "family name", 1, "ISO_IR 100")


# --- the search for what is left


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "utf-16-le"])
@pytest.mark.parametrize("spelling", ["Ostervang", "OSTERVANG", "ostervang^annelore", "x_oSTERVANGx"])
def test_a_name_is_found_in_every_encoding_and_spelling(encoding, spelling):
    assert [one.text for one in Residue([SECRET]).find(b"\0\1" + spelling.encode(encoding) + b"\0")] == ["Ostervang"]


def test_a_name_in_another_script_is_found_as_iso_2022():
    secret = Secret("勅使河原", "name", 1, "\\ISO 2022 IR 87")
    assert list(Residue([secret]).find("勅使河原^龍之介".encode("iso2022_jp")))


def test_a_number_inside_of_a_longer_one_is_not_found():
    residue = Residue([Secret("1234567", "patient id", 1, "")])
    assert list(residue.find(b"#001 (1234567)"))
    assert not list(residue.find(b"2.25.912345678"))


@given(st.binary(max_size=60), st.binary(max_size=60))
def test_a_name_is_found_wherever_it_stands(before, after):
    assert list(Residue([SECRET]).find(before + b"Ostervang" + after))


def test_clean_bytes_have_no_leak():
    assert not list(Residue([SECRET]).find(b"Osterva ng Annelore 0123456789" * 9))


def leaks_in(folder):
    return {leak.place for leak in Residue([SECRET]).leaks(pieces(folder, ()))}


def test_a_name_is_found_in_an_attribute_a_compressed_value_and_a_name_of_a_container(tmp_path):
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file.attrs["who"] = "Ostervang"
        values = np.frombuffer(b"Ostervang" * 99, np.uint8)
        file.create_dataset("values", data=values, compression="gzip")
        file.create_dataset("Ostervang", data=1)
    assert {"/@who", "values", "name of Ostervang"} <= leaks_in(tmp_path)


def test_a_name_is_found_in_text_chunks_of_a_picture(tmp_path):
    info = PngImagePlugin.PngInfo()
    info.add_text("who", "Ostervang " * 99, zip=True)
    Image.new("L", (4, 5)).save(tmp_path / "x.png", pnginfo=info)
    assert leaks_in(tmp_path) == {"chunk zTXt, inflated"}


def test_a_name_is_found_in_a_table_and_in_the_name_of_a_folder(tmp_path):
    (tmp_path / "OSTERVANG_1").mkdir()
    (tmp_path / "OSTERVANG_1" / "x.csv").write_text("a,Ostervang\n", encoding="utf-8")
    assert leaks_in(tmp_path) == {"its name", "its text"}


def test_a_name_is_found_in_a_private_sequence_that_hides_in_bytes():
    assert list(Residue([SECRET]).find(un_sequence("Ostervang", undefined=True)))
