"""Two passes per patient, and the search before anything gets its name: what is still there keeps an instance back."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from dicomconv import convert, deidentify
from dicomconv.cli import main
from dicomconv.deid.text.scrub import Scrubber
from dicomconv.pipeline.residual import leaks_of_pictures
from tests import make
from tests.outputs import by_name, left_over, tree

NAME = "ZQXJONES^ANNABETH"


def written(out: Path) -> bytes:
    """Every byte under a folder, and every name."""
    return b"\n".join(name.encode() + b"\n" + content for name, content in tree(out, ()).items())


def palette(hidden: bytes, **attributes: Any) -> bytes:
    """A colour slice whose table holds bytes that no rule can tell from colours."""
    table = (hidden + bytes(512))[:512]
    lut = {f"{colour}PaletteColorLookupTableDescriptor": [256, 0, 16] for colour in ("Red", "Green", "Blue")}
    data = {f"{colour}PaletteColorLookupTableData": table for colour in ("Red", "Green", "Blue")}
    kind = {"PhotometricInterpretation": "PALETTE COLOR", "ConversionType": "", "BurnedInAnnotation": "NO"}
    pixels = make.ramp(4, 5, dtype="uint8")
    return make.instance("US", pixels, **{**lut, **data, **kind, "PatientName": NAME, **attributes})


def test_what_one_file_says_of_the_patient_is_taken_out_of_the_texts_of_another(tmp_path: Path, key: Path) -> None:
    files = {
        "one": make.ct_slice(OperatorsName="Qvxsmythe^Bertrand", InstanceNumber=1),
        "two": make.ct_slice(ManufacturerModelName="Scanner of Bertrand Qvxsmythe", InstanceNumber=2),
    }
    deidentify(make.write(tmp_path / "in", files), tmp_path / "out", key=key)
    assert b"Scanner of" in written(tmp_path / "out")
    assert b"qvxsmythe" not in written(tmp_path / "out").lower()


def test_what_identifies_another_patient_of_the_run_is_left_alone(tmp_path: Path, key: Path) -> None:
    files = {
        "one": make.ct_slice(PatientName="Scanmaster^Ann"),
        "two": make.ct_slice(PatientID="OTHER-1", StudyInstanceUID=make.uid("other"), SOPInstanceUID=make.uid("o"),
                             ManufacturerModelName="Scanmaster"),
    }  # fmt: skip
    deidentify(make.write(tmp_path / "in", files), tmp_path / "out", key=key)
    assert b"Scanmaster" in written(tmp_path / "out")


@pytest.mark.parametrize("work", [convert, deidentify])
def test_an_instance_that_still_names_the_patient_is_kept_back_and_the_others_are_done(
    tmp_path: Path, key: Path, work: Any
) -> None:
    files = {"bad": palette(b"\0\0zqxjones\0\0"), "good": palette(b"", InstanceNumber=2)}
    report = work(make.write(tmp_path / "in", files), tmp_path / "out", key=key, burned_in="keep")
    outcomes = by_name(report)
    assert outcomes["bad"][0] == "refused"
    assert "RedPaletteColorLookupTableData" in outcomes["bad"][1]
    assert outcomes["good"][0] == "converted"
    assert b"zqxjones" not in written(tmp_path / "out").lower()
    assert left_over(tmp_path / "out") == []


@pytest.mark.parametrize(("strict", "code"), [([], 3), (["--strict"], 6)])
def test_the_exit_code_tells_of_what_was_kept_back(tmp_path: Path, key: Path, strict: list[str], code: int) -> None:
    files = {"bad": palette(b"\0\0ZQXJONES\0\0"), "good": palette(b"", InstanceNumber=2)}
    source = make.write(tmp_path / "in", files)
    command = ["convert", str(source), "-o", str(tmp_path / "out"), "--key", str(key), "--burned-in", "keep", *strict]
    result = CliRunner().invoke(main, command)
    assert (result.exit_code, "ZQXJONES" in result.output) == (code, False)


def test_a_profile_file_that_removes_the_attribute_lets_the_instance_go(tmp_path: Path, key: Path) -> None:
    (tmp_path / "own.toml").write_text("".join(
        '[attributes]\n' if not n else f'{c}PaletteColorLookupTableData = "remove"\n'
        for n, c in enumerate(["", "Red", "Green", "Blue"])
    ))  # fmt: skip
    source = make.write(tmp_path / "in", {"bad": palette(b"\0\0zqxjones\0\0")})
    report = deidentify(source, tmp_path / "out", key=key, burned_in="keep", profile=tmp_path / "own.toml")
    assert by_name(report)["bad"][0] == "converted"


def test_a_scrubber_that_misses_is_caught(tmp_path: Path, key: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The search stands on its own: what the scrubber lets through does not get out."""
    monkeypatch.setattr(Scrubber, "echo", lambda self, text: text)
    source = make.write(tmp_path / "in", {"a": make.ct_slice(PatientName=NAME, ManufacturerModelName="of zqxjones")})
    report = convert(source, tmp_path / "out", key=key)
    assert by_name(report)["a"][0] == "refused"
    assert tree(tmp_path / "out").keys() == {"manifest.jsonl"}


def test_a_date_of_another_day_in_a_date_attribute_is_no_leak(tmp_path: Path, key: Path) -> None:
    """A shifted date may be an original one of the same patient."""
    days = np.datetime64("2020-01-01") - np.arange(0, 4000)
    dates = [str(day).replace("-", "") for day in days]
    files = {str(n): make.ct_slice(InstanceNumber=n, StudyDate=dates[7 * n]) for n in range(1, 540)}
    report = deidentify(make.write(tmp_path / "in", files), tmp_path / "out", key=key, preset="research")
    assert {status for status, _ in by_name(report).values()} == {"converted"}


def test_text_in_a_png_chunk_is_found(tmp_path: Path) -> None:
    from PIL import Image, PngImagePlugin

    from dicomconv.deid.text.collect import Identifiers
    from dicomconv.deid.text.search import ResidualSearch

    search = ResidualSearch(Identifiers(names=frozenset({NAME})))
    said = PngImagePlugin.PngInfo()
    Image.new("L", (3, 4)).save(tmp_path / "clean.png")
    assert leaks_of_pictures(tmp_path, search) == []
    said.add_text("Comment", "Annabeth Zqxjones")
    Image.new("L", (3, 4)).save(tmp_path / "told.png", pnginfo=said)
    assert leaks_of_pictures(tmp_path, search) == ["*.png"]


def test_a_later_run_says_that_earlier_output_was_made_with_less_context(tmp_path: Path, key: Path) -> None:
    first = make.write(tmp_path / "first", {"a": make.ct_slice()})
    more = make.write(tmp_path / "more", {"b": make.ct_slice(SeriesInstanceUID=make.uid("next"))})
    warnings = [convert(source, tmp_path / "out", key=key).warnings for source in (first, more)]
    assert [any("earlier runs" in one for one in said) for said in warnings] == [False, True]
