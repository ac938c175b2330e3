"""`--burned-in redact`: which instances are looked at, what becomes of them, and what they and their rows say."""

import json
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from PIL import Image

from dicomconv import convert, deidentify
from dicomconv.container.reader import open_container
from dicomconv.errors import UsageError
from dicomconv.pipeline import cleaning, library
from tests import make
from tests.cli.command import call
from tests.deid.burned_in.stub import WhiteIsText
from tests.outputs import containers, rows, tree

WHITE = np.s_[2:6, 8:30]


class Watching(WhiteIsText):
    """The stub, told apart by how often it was asked."""

    asked = 0

    def __init__(self, threads: int = 1) -> None:
        super().__init__()

    def lines(self, picture: Any, enlarged: float = 1.0) -> Any:
        Watching.asked += 1
        return super().lines(picture, enlarged)


@pytest.fixture(autouse=True)
def detector(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test here needs the extra `ocr`: white bars are text."""
    monkeypatch.setattr(cleaning, "TextDetector", Watching)
    monkeypatch.setattr(library, "check_installed", lambda: None)
    Watching.asked = 0


def picture(*, text: bool = True, dtype: str = "uint8", number: int = 0) -> np.ndarray:
    """Noise with a white bar, or without."""
    pixels = np.random.default_rng(number).integers(10, 120, (40, 50)).astype(dtype)
    if text:
        pixels[WHITE] = 255
    return pixels


def ultrasound(**fields: Any) -> bytes:
    return make.instance("US", picture(**fields), PatientName="DOE^JANE")


def outputs(folder: Path) -> list[pydicom.Dataset]:
    """The de-identified files of a folder, by Instance Number."""
    found = [pydicom.dcmread(path) for path in sorted(folder.rglob("*.dcm"))]
    return sorted(found, key=lambda one: int(one.get("InstanceNumber") or 0))


def redacted(tmp_path: Path, files: dict[str, bytes], key: Path, **choices: Any) -> list[pydicom.Dataset]:
    make.write(tmp_path / "in", files)
    deidentify(tmp_path / "in", tmp_path / "plain", key=key, burned_in="redact", **choices)
    return outputs(tmp_path / "plain")


def test_an_ultrasound_comes_out_without_its_text_and_says_so(tmp_path: Path, key: Path) -> None:
    [one] = redacted(tmp_path, {"a": ultrasound()}, key)
    before = picture()
    assert (one.pixel_array[WHITE] == before.min()).all()
    outside = np.ones(before.shape, bool)
    outside[:10, :36] = False
    assert np.array_equal(one.pixel_array[outside], before[outside])
    codes = [item.CodeValue for item in one.DeidentificationMethodCodeSequence]
    assert (one.BurnedInAnnotation, "113101" in codes) == ("NO", True)
    assert "with clean-pixel-data" in one.DeidentificationMethod


def test_the_row_holds_the_boxes_and_what_found_them(tmp_path: Path, key: Path) -> None:
    make.write(tmp_path / "in", {"a": ultrasound()})
    convert(tmp_path / "in", tmp_path / "out", key=key, burned_in="redact")
    [row] = rows(tmp_path / "out")
    assert [box["by"] for box in row["boxes"]] == ["stub 1"]
    assert row["changes"]["blanked"] == 1
    assert "burned_in" not in row


def test_container_and_pictures_hold_no_text_either(tmp_path: Path, key: Path) -> None:
    make.write(tmp_path / "in", {"a": ultrasound()})
    convert(tmp_path / "in", tmp_path / "out", key=key, burned_in="redact", window="full")
    with open_container(containers(tmp_path / "out")[0]) as container:
        assert int(container.stacks[0][0].max()) < 255
    [png] = list(tmp_path.rglob("*.png"))
    assert int(np.asarray(Image.open(png)).max()) < 255


def test_an_instance_without_text_keeps_its_pixels_and_says_that_it_was_looked_at(tmp_path: Path, key: Path) -> None:
    [one] = redacted(tmp_path, {"a": ultrasound(text=False)}, key)
    assert np.array_equal(one.pixel_array, picture(text=False))
    assert one.BurnedInAnnotation == "NO"


def slices(count: int, *which: int) -> dict[str, bytes]:
    """A CT series of 16 bits with text in some slices."""
    return {
        f"{number:03}": make.instance(
            "CT", picture(text=number in which, dtype="uint16", number=number), InstanceNumber=number + 1,
            ImagePositionPatient=["0", "0", str(number)],
        )
        for number in range(count)
    }  # fmt: skip


def test_of_slices_a_sample_is_looked_at_and_nothing_else_changes(tmp_path: Path, key: Path) -> None:
    found = redacted(tmp_path, slices(30), key)
    assert sum("BurnedInAnnotation" in one for one in found) == cleaning.SAMPLED
    assert Watching.asked < 4 * cleaning.SAMPLED + 1
    before = [picture(text=False, dtype="uint16", number=number) for number in range(30)]
    assert all(any(np.array_equal(one.pixel_array, other) for other in before) for one in found)


def test_text_in_the_sample_makes_every_slice_be_looked_at(tmp_path: Path, key: Path) -> None:
    found = redacted(tmp_path, slices(12, *range(12)), key)
    assert [int(one.pixel_array.max()) < 255 for one in found] == [True] * 12
    assert {one.BurnedInAnnotation for one in found} == {"NO"}


def test_boxes_of_a_manifest_make_the_same_bytes_again(tmp_path: Path, key: Path) -> None:
    make.write(tmp_path / "in", {"a": ultrasound()})
    convert(tmp_path / "in", tmp_path / "out", key=key, burned_in="redact")
    Watching.asked = 0
    convert(tmp_path / "in", tmp_path / "again", key=key, burned_in="redact", boxes=tmp_path / "out" / "manifest.jsonl")
    assert Watching.asked == 0
    first, second = tree(tmp_path / "out"), tree(tmp_path / "again")
    assert {name: data for name, data in first.items() if "manifest" not in name} == {
        name: data for name, data in second.items() if "manifest" not in name
    }


def test_reviewed_boxes_are_blanked_and_nothing_else(tmp_path: Path, key: Path) -> None:
    make.write(tmp_path / "in", {"a": ultrasound()})
    [uid] = {one.SOPInstanceUID for one in redacted(tmp_path, {"a": ultrasound()}, key)}
    (tmp_path / "boxes").write_text(json.dumps({"sop_instance_uid": uid, "boxes": [[0, 20, 5, 25]]}), encoding="utf-8")
    deidentify(tmp_path / "in", tmp_path / "again", key=key, burned_in="redact", boxes=tmp_path / "boxes")
    [one] = outputs(tmp_path / "again")
    expected = picture()
    expected[20:25, :5] = expected.min()
    assert np.array_equal(one.pixel_array, expected)


def test_rules_of_ones_own_are_followed(tmp_path: Path, key: Path) -> None:
    rules = '[[rule]]\nname = "left edge"\nmodality = "US"\nblank = [[0, 0, 3, 0]]\n'
    (tmp_path / "rules.toml").write_text(rules, encoding="utf-8")
    [one] = redacted(tmp_path, {"a": ultrasound(text=False)}, key, region_rules=tmp_path / "rules.toml")
    assert (one.pixel_array[:, :3] == picture(text=False).min()).all()
    assert np.array_equal(one.pixel_array[:, 3:], picture(text=False)[:, 3:])


def test_what_cannot_be_read_is_refused_where_text_may_be(tmp_path: Path, key: Path) -> None:
    one = pydicom.dcmread(BytesIO(ultrasound()))
    one.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.4.100"
    one.PixelData = pydicom.encaps.encapsulate([bytes(64)])
    one["PixelData"].VR, one["PixelData"].is_undefined_length = "OB", True
    one.save_as(tmp_path / "video.dcm", enforce_file_format=True)
    [outcome] = deidentify(tmp_path / "video.dcm", tmp_path / "plain", key=key, burned_in="redact").outcomes
    assert (outcome.status, "cannot be looked for" in outcome.reason) == ("refused", True)


def test_the_refusal_names_the_command_that_would_clean(tmp_path: Path, key: Path) -> None:
    make.write(tmp_path / "in", {"a": ultrasound()})
    [outcome] = deidentify(tmp_path / "in", tmp_path / "plain", key=key).outcomes
    assert "--burned-in redact" in outcome.reason


@pytest.mark.parametrize("choices", [{"boxes": "x"}, {"region_rules": "x"}, {"boxes": "x", "burned_in": "keep"},
                                     {"boxes": "x", "burned_in": "redact"}])  # fmt: skip
def test_boxes_and_rules_need_redact_and_boxes_a_key(tmp_path: Path, choices: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        convert(make.write(tmp_path / "in", {"a": ultrasound()}), tmp_path / "out", **choices)


def test_sealed_originals_of_redacted_instances_come_back(tmp_path: Path, key: Path) -> None:
    original = make.write(tmp_path / "in", {"a": ultrasound()})
    call("keygen", "--seal", tmp_path / "custodian", "--no-passphrase")
    convert(original, tmp_path / "out", key=key, burned_in="redact", seal_to=[tmp_path / "custodian.pub"])
    identity = ("--identity", tmp_path / "custodian.pem")
    assert call("recover", "--original", *identity, "-o", tmp_path / "back", tmp_path / "out").exit_code == 0
    assert tree(tmp_path / "back") == tree(original)


def test_an_audit_believes_what_was_cleaned_and_not_what_was_kept(tmp_path: Path, key: Path) -> None:
    make.write(tmp_path / "in", {"a": ultrasound()})
    for way in ("redact", "keep"):
        deidentify(tmp_path / "in", tmp_path / way, key=key, burned_in=way)  # type: ignore[arg-type]
    told = {way: call("audit", tmp_path / way, "--json").stdout for way in ("redact", "keep")}
    assert ("burned in" in told["redact"], "burned in" in told["keep"]) == (False, True)


@pytest.mark.parametrize("fields", [{"ImageType": ["ORIGINAL", "PRIMARY", "LABEL"]}, {}])
def test_labels_and_slides_that_say_they_show_text_are_refused(tmp_path: Path, key: Path, fields: dict[str, Any]) -> None:
    slide = make.instance("1.2.840.10008.5.1.4.1.1.77.1.6", picture(), BurnedInAnnotation="YES", **fields)
    make.write(tmp_path / "in", {"a": slide})
    [outcome] = deidentify(tmp_path / "in", tmp_path / "plain", key=key, burned_in="redact").outcomes
    assert (outcome.status, "cannot be cleaned" in outcome.reason, Watching.asked) == ("refused", True, 0)
