"""Containers with annotation sets among the commands that know nothing of them, or little."""

import json
from pathlib import Path

import h5py
import pytest

from dicomconv import convert
from dicomconv.annotation import FrameKey, Region
from dicomconv.container.annotations import add_set
from dicomconv.container.footer import write_footer
from dicomconv.container.reader import open_container
from dicomconv.container.verify import verify
from dicomconv.errors import UsageError
from tests import make
from tests.cli.command import call
from tests.container import annotated
from tests.outputs import containers, key_file, left_over, tree


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A folder with sources, a key, and what convert made of them: one container with a set."""
    make.write(tmp_path / "in", {f"{n}": content for n, content in enumerate(make.series(3))})
    convert(tmp_path / "in", tmp_path / "out", key=key_file(tmp_path / "key"))
    [path] = containers(tmp_path / "out")
    with open_container(path) as container:
        _, rows, columns = container.stacks[0].shape
    mask = annotated.mask((1, 2), (1, 3), rows=rows, columns=columns)
    add_set(path, annotated.drawn(regions=(Region(FrameKey(0, 1), 2, mask),)))
    return tmp_path


def again(desk: Path, **choices: object) -> object:
    return convert(desk / "in", desk / "out", key=desk / "key", **choices)


def the_set(desk: Path) -> list[object]:
    [path] = containers(desk / "out")
    assert verify(path) == []
    with open_container(path) as container:
        return annotated.plain(container.annotations["reviewer-a"].load())


@pytest.mark.parametrize("choices", [{}, {"window": "lung"}, {"compression": "small"}])
def test_the_same_series_done_again_keeps_its_annotations(desk: Path, choices: dict[str, str]) -> None:
    before = the_set(desk)
    [path] = containers(desk / "out")
    pictures = {one.name: one.read_bytes() for one in (desk / "out").rglob("*.png")}
    again(desk, existing="overwrite", **choices)
    assert the_set(desk) == before
    assert left_over(desk / "out") == []
    changed = {one.name for one in (desk / "out").rglob("*.png") if pictures[one.name] != one.read_bytes()}
    assert bool(changed) == ("window" in choices)
    assert path.exists()


def test_a_repeat_with_annotations_is_the_same_bytes(desk: Path) -> None:
    [path] = containers(desk / "out")
    before = path.read_bytes()
    again(desk, existing="overwrite")
    assert path.read_bytes() == before


@pytest.mark.parametrize("change", ["a slice more", "another profile"])
def test_another_series_does_not_take_the_place_of_one_with_annotations(desk: Path, change: str) -> None:
    before, [path] = tree(desk / "out", {"report.json", "manifest.jsonl"}), containers(desk / "out")
    choices = {"option": ["retain-device-identity"]} if change == "another profile" else {}
    if change == "a slice more":
        make.write(desk / "in", {"more": make.series(4)[3]})
    report = again(desk, existing="overwrite", **choices)
    reasons = {outcome.reason for outcome in report.outcomes}  # type: ignore[attr-defined]
    [reason] = reasons
    assert "has annotations (reviewer-a), and the series would be another one now" in reason
    assert "--existing skip" in reason
    assert tree(desk / "out", {"report.json", "manifest.jsonl"}) == before
    assert left_over(desk / "out") == []
    assert str(path) not in reason


def test_damaged_annotations_are_not_thrown_away(desk: Path) -> None:
    [path] = containers(desk / "out")
    with h5py.File(path, "r+") as file:
        file["annotations/reviewer-a/0/labelmap"][1, 0, 0] = 1
    write_footer(path)
    before = path.read_bytes()
    report = again(desk, existing="overwrite")
    assert {outcome.status for outcome in report.outcomes} == {"failed"}  # type: ignore[attr-defined]
    assert path.read_bytes() == before


def test_a_container_that_cannot_be_read_is_replaced(desk: Path) -> None:
    [path] = containers(desk / "out")
    path.write_bytes(b"damaged")
    again(desk, existing="overwrite")
    assert verify(path) == []


def test_an_annotators_name_that_is_the_patients_is_found_when_sets_are_carried_over(tmp_path: Path) -> None:
    make.write(tmp_path / "in", {"a": make.ct_slice(PatientName="QUIRREL^OSWALD")})
    convert(tmp_path / "in", tmp_path / "out", key=key_file(tmp_path / "key"))
    [path] = containers(tmp_path / "out")
    one = annotated.drawn("Quirrel Oswald", regions=(), shapes=(), tags=(), seen=frozenset())
    add_set(path, one)
    before = path.read_bytes()
    report = convert(tmp_path / "in", tmp_path / "out", key=tmp_path / "key", existing="overwrite")
    assert {outcome.status for outcome in report.outcomes} == {"refused"}
    assert path.read_bytes() == before


def test_info_tells_of_sets(desk: Path) -> None:
    [path] = containers(desk / "out")
    [facts] = json.loads(call("info", path, "--json").stdout)
    assert facts["annotations"] == [
        {
            "set": "reviewer-a", "annotator": "R1", "origin": "coco", "algorithm": "MANUAL",
            "labels": ["liver", "tumour", "Gefäß"], "frames_seen": 3, "frames_drawn": 1,
            "pixels": {"liver": 0, "tumour": 2, "Gefäß": 0}, "shapes": {"polygon": 1}, "tags": 2, "source_files": 1,
        }
    ]  # fmt: skip
    text = call("info", path).stdout
    assert "annotations: set reviewer-a; annotator R1; origin coco" in text
    assert "pixels 0 liver, 2 tumour, 0 Gefäß" in text


def test_verify_and_recover_take_containers_with_sets(desk: Path) -> None:
    done = call("verify", desk / "out")
    assert done.exit_code == 0, done.stderr
    assert call("recover", desk / "out", "-o", desk / "back", "--no-annotations").exit_code == 0
    assert len(list((desk / "back").rglob("*.dcm"))) == 3
    assert call("audit", desk / "out").exit_code == 0


def test_verify_names_the_damaged_set(desk: Path) -> None:
    [path] = containers(desk / "out")
    with h5py.File(path, "r+") as file:
        file["annotations/reviewer-a/0/labelmap"][1, 0, 0] = 1
    write_footer(path)
    done = call("verify", path)
    assert (done.exit_code, "annotations/reviewer-a/0/labelmap frame 1: not what was stored" in done.stderr) == (5, True)


def test_audit_finds_a_patient_in_an_annotation(desk: Path) -> None:
    [path] = containers(desk / "out")
    add_set(path, annotated.drawn("b", annotator="DOE^JANE", regions=(), shapes=(), tags=()))
    done = call("audit", desk / "out", "--against", desk / "in")
    assert "Traceback" not in done.output
    assert done.exit_code == 5


def test_seals_come_and_go_and_sets_stay(tmp_path: Path) -> None:
    pytest.importorskip("cryptography")
    make.write(tmp_path / "in", {"a": make.ct_slice()})
    for holder in ("a", "b"):
        assert call("keygen", "--seal", tmp_path / holder, "--no-passphrase").exit_code == 0
    key_file(tmp_path / "key")
    words = ("convert", tmp_path / "in", "-o", tmp_path / "out", "--key", tmp_path / "key", "-q")
    assert call(*words, "--seal-to", tmp_path / "a.pub").exit_code == 0
    [path] = containers(tmp_path / "out")
    block = path.read_bytes()[: 1 << 9]
    add_set(path, annotated.drawn(regions=(), shapes=(), tags=(), seen=frozenset({FrameKey(0, 0)})))
    assert path.read_bytes()[: 1 << 9] == block
    before = the_set(tmp_path)
    identity = ("--identity", tmp_path / "a.pem")
    assert call("recover", path, "-o", tmp_path / "back", "--original", *identity).exit_code == 0
    assert call("rewrap", path, *identity, "--add", tmp_path / "b.pub").exit_code == 0
    assert the_set(tmp_path) == before
    assert call(*words, "--seal-to", tmp_path / "a.pub", "--existing", "overwrite").exit_code == 0
    assert the_set(tmp_path) == before
    assert call("strip", path).exit_code == 0
    assert the_set(tmp_path) == before


def test_a_run_goes_on_past_containers_that_were_annotated(desk: Path) -> None:
    [path] = containers(desk / "out")
    before = path.read_bytes()
    make.write(desk / "in", {"other": make.ct_slice(SeriesInstanceUID="1.2.3", SOPInstanceUID="1.2.3.4")})
    report = again(desk)
    assert {outcome.status for outcome in report.outcomes} == {"converted"}  # type: ignore[attr-defined]
    assert len(containers(desk / "out")) == 2
    assert path.read_bytes() == before


def test_a_slice_that_comes_later_to_an_annotated_series_fails_and_says_why(desk: Path) -> None:
    [path] = containers(desk / "out")
    before = path.read_bytes()
    make.write(desk / "in", {"more": make.series(4)[3]})
    report = again(desk)
    [reason] = {outcome.reason for outcome in report.outcomes}  # type: ignore[attr-defined]
    assert "has annotations (reviewer-a)" in reason
    assert path.read_bytes() == before


def test_a_container_that_was_changed_in_another_way_is_none_of_ours(desk: Path) -> None:
    [path] = containers(desk / "out")
    with h5py.File(path, "r+") as file:
        file.attrs.modify("root_sha256", file.attrs["root_sha256"][::-1])
    with pytest.raises(UsageError, match="already"):
        again(desk)
