"""Annotation sets in a container: what comes back, what never changes, what is refused."""

import hashlib
import os
import pickle
import random
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from dicomconv.annotation import AnnotationSet, FrameKey, Label, Region, Shape, Tag
from dicomconv.container import annotations, schema
from dicomconv.container.annotation_sets import NoSuchLabel
from dicomconv.container.annotations import add_set
from dicomconv.container.columns import READ_ERRORS
from dicomconv.container.digest import set_digest
from dicomconv.container.footer import write_footer
from dicomconv.container.reader import Container, open_container
from dicomconv.container.user_block import set_user_block
from dicomconv.container.verify import verify
from dicomconv.errors import NotAContainer, UsageError, VerificationFailed
from dicomconv.temporary import writer_of
from tests.container import annotated, build
from tests.container.annotated import drawn

KEY = FrameKey(0, 0)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return annotated.container(tmp_path / "series.h5", drawn())


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return annotated.container(tmp_path_factory.mktemp("packed") / "a.h5").read_bytes()


@given(one=annotated.sets())
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_was_stored_comes_back(tmp_path: Path, packed: bytes, one: AnnotationSet) -> None:
    path = tmp_path / "a.h5"
    path.write_bytes(packed)
    add_set(path, one)
    with open_container(path) as container:
        found = container.annotations[one.name]
        assert annotated.plain(found.load()) == annotated.plain(one)
        for label in one.labels:
            expected = np.zeros(found.labelmap.shape, bool)
            for region in one.regions:
                if region.label == label.value:
                    expected[region.key.frame] = region.mask
            assert (found.mask(label.value) == expected).all()
    assert verify(path) == []


def test_the_label_map_has_the_first_label_and_overlaps_the_others(path: Path) -> None:
    found = open_container(path).annotations["reviewer-a"]
    assert found.labelmap[0].tolist() == [[0, 0, 0, 0, 0], [0, 1, 1, 1, 0], [0, 1, 1, 1, 2], [0, 0, 2, 2, 2]]
    [overlap] = found.overlaps
    assert (overlap.key, overlap.label) == (KEY, 2)
    assert (overlap.mask == annotated.mask((2, 2), (2, 3))).all()
    assert (found.mask("tumour")[0] == annotated.box(2, 2, 4, 5)).all()
    assert (found.mask(1, frame=0) == annotated.box(1, 1, 3, 4)).all()
    assert found.labelmap.dtype == np.uint8
    assert found.drawn == (KEY, FrameKey(0, 2))


def test_a_label_map_is_like_an_array(path: Path) -> None:
    labelmap = open_container(path).annotations["reviewer-a"].labelmap
    whole = np.asarray(labelmap)
    assert labelmap.shape == whole.shape == (3, 4, 5)
    assert (labelmap == whole).all()
    assert (labelmap[-1] == whole[-1]).all()
    assert (labelmap[:2, ::-1] == whole[:2, ::-1]).all()
    assert [one.sum() for one in labelmap] == [one.sum() for one in whole]
    assert sorted(np.unique(labelmap)) == [0, 1, 2, 40]
    with pytest.raises(IndexError):
        labelmap[3]


@pytest.mark.parametrize(
    "stored",
    [{"chunks": (3, 4, 5)}, {"chunks": (1, 4, 5)}, {"chunks": (1, 2, 5), "compression": "gzip"}, {"compression": "lzf"}, {}],
    ids=str,
)
def test_a_label_map_that_somebody_stored_in_another_way_is_the_same(path: Path, stored: dict[str, Any]) -> None:
    with open_container(path) as container:
        expected = np.asarray(container.annotations["reviewer-a"].labelmap)
    with h5py.File(path, "r+") as file:
        group = file["annotations/reviewer-a/0"]
        del group["labelmap"]
        group.create_dataset("labelmap", data=expected, **stored)
    labelmap = open_container(path).annotations["reviewer-a"].labelmap
    assert all((labelmap[frame] == expected[frame]).all() for frame in range(-3, 3))


def test_the_regions_of_a_frame_come_in_any_order(path: Path) -> None:
    found = open_container(path).annotations["reviewer-a"]
    frames = [FrameKey(0, frame) for frame in range(3)]
    expected = {key: [region for region in found.regions() if region.key == key] for key in frames}
    for key in (*reversed(frames), *frames):
        for one, other in zip(found.regions_on(key), expected[key], strict=True):
            assert (one.key, one.label) == (other.key, other.label)
            assert (one.mask == other.mask).all()
    assert [len(expected[key]) for key in frames] == [2, 0, 1]


def test_frames_without_a_label_take_no_room(path: Path) -> None:
    with h5py.File(path) as file:
        assert file["annotations/reviewer-a/0/labelmap"].id.get_num_chunks() == 2
        assert file["annotations/reviewer-a/0/seen"][()].tolist() == [1, 1, 1]


def test_large_labels_take_two_bytes(tmp_path: Path) -> None:
    label = Label("far", 300, (0, 0, 0), annotated.ORGAN, annotated.ORGAN)
    one = drawn(labels=(label,), regions=(Region(KEY, 300, annotated.mask((0, 0))),), shapes=(), tags=())
    path = annotated.container(tmp_path / "a.h5", one)
    assert open_container(path).annotations["reviewer-a"].labelmap.dtype == np.uint16
    assert verify(path) == []


def test_a_set_of_nothing_but_frames_that_were_seen_is_kept(tmp_path: Path) -> None:
    path = annotated.container(tmp_path / "a.h5", drawn(labels=(), regions=(), shapes=(), tags=()))
    found = open_container(path).annotations["reviewer-a"]
    assert (len(found.seen), found.drawn, not np.asarray(found.labelmap).any()) == (3, (), True)
    assert verify(path) == []


def test_what_was_drawn_on_was_seen(tmp_path: Path) -> None:
    path = annotated.container(tmp_path / "a.h5", drawn(seen=frozenset()))
    assert len(open_container(path).annotations["reviewer-a"].seen) == 3


def test_several_stacks_have_a_label_map_each(tmp_path: Path) -> None:
    path = tmp_path / "a.h5"
    build.pack(path, [build.ct_case(1), build.ct_case(2, rows=6), build.ct_case(3)])
    mask = annotated.mask((5, 0), rows=6)
    add_set(path, drawn(regions=(Region(FrameKey(1, 0), 1, mask),), shapes=(), tags=(), seen=frozenset()))
    found = open_container(path).annotations["reviewer-a"]
    assert [one.shape for one in found.labelmaps] == [(2, 4, 5), (1, 6, 5)]
    assert (found.mask("liver", 1)[0] == mask).all()
    with pytest.raises(ValueError, match="2 stacks"):
        found.labelmap  # noqa: B018
    assert verify(path) == []


def test_colour_frames_by_plane_have_label_maps_of_rows_and_columns(tmp_path: Path) -> None:
    path, values = tmp_path / "a.h5", np.zeros((3, 4, 5), "u1")
    one = build.Case(build.instance("1.2", build.head(), values.tobytes()), [values], is_direct=True)
    with open_container(_packed_by_plane(path, one)) as container:
        rows, columns = container.stacks[0].format.rows, container.stacks[0].format.columns
    add_set(path, drawn(regions=(), shapes=(), tags=(), seen=frozenset({KEY})))
    assert open_container(path).annotations["reviewer-a"].labelmap.shape == (1, rows, columns)
    assert verify(path) == []


def _packed_by_plane(path: Path, one: build.Case) -> Path:
    build.pack(path, [one])
    return path


def test_sets_are_in_the_order_in_which_they_came(path: Path) -> None:
    for name in ("z", "b", "consensus"):
        add_set(path, drawn(name))
    container = open_container(path)
    assert list(container.annotations) == ["reviewer-a", "z", "b", "consensus"]
    assert len(container.annotations) == 4
    assert "nobody" not in container.annotations
    with pytest.raises(KeyError):
        container.annotations["nobody"]


def test_a_container_without_sets_has_none(tmp_path: Path) -> None:
    assert dict(open_container(annotated.container(tmp_path / "a.h5")).annotations) == {}


def test_the_same_sets_give_the_same_bytes(tmp_path: Path) -> None:
    one, other = (annotated.container(tmp_path / f"{n}.h5", drawn(), drawn("b")) for n in (1, 2))
    assert one.read_bytes() == other.read_bytes()


def test_the_order_of_regions_is_of_no_matter(tmp_path: Path) -> None:
    one, other = drawn(), drawn(regions=tuple(reversed(drawn().regions)))
    paths = [annotated.container(tmp_path / f"{n}.h5", found) for n, found in enumerate((one, other))]
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_a_set_that_is_there_never_changes(path: Path) -> None:
    def content() -> dict[str, object]:
        found: dict[str, object] = {}
        with h5py.File(path) as file:
            group = file["annotations/reviewer-a"]
            group.visititems(lambda name, one: found.update({name: one[()].tobytes()} if hasattr(one, "shape") else {}))
            return found | {name: str(value) for name, value in group.attrs.items()}

    before = content()
    add_set(path, drawn("b"))
    assert content() == before
    with pytest.raises(UsageError, match="reviewer-a already"):
        add_set(path, drawn())


@pytest.mark.parametrize("length", [512, 2048])
def test_a_seal_in_front_stays_as_it_is(tmp_path: Path, length: int) -> None:
    plain, sealed = (annotated.container(tmp_path / f"{n}.h5") for n in "ab")
    set_user_block(sealed, [b"S" * length])
    for path in (plain, sealed):
        add_set(path, drawn())
    assert sealed.read_bytes() == b"S" * length + plain.read_bytes()
    assert verify(sealed) == []


def test_the_root_digest_and_the_files_stay(tmp_path: Path) -> None:
    path = annotated.container(tmp_path / "a.h5")
    root = open_container(path).root_sha256
    add_set(path, drawn())
    container = open_container(path)
    assert container.root_sha256 == root
    assert [b"".join(one.chunks()) for one in container.recover()] == build.files(build.series(3))


def test_rights_and_links_stay(tmp_path: Path) -> None:
    path = annotated.container(tmp_path / "a.h5")
    path.chmod(0o640)
    (tmp_path / "link.h5").symlink_to(path)
    add_set(tmp_path / "link.h5", drawn())
    assert (tmp_path / "link.h5").is_symlink()
    assert path.stat().st_mode & 0o777 == 0o640
    assert list(open_container(path).annotations) == ["reviewer-a"]


def test_regions_may_come_one_by_one(tmp_path: Path) -> None:
    one, other = (annotated.container(tmp_path / f"{n}.h5") for n in "ab")
    add_set(one, drawn())
    add_set(other, drawn(regions=()), iter(drawn().regions))
    assert one.read_bytes() == other.read_bytes()
    with pytest.raises(UsageError, match="in the order of their frames"):
        add_set(one, drawn("b", regions=()), reversed(drawn().regions))
    assert verify(one) == []
    assert list(open_container(one).annotations) == ["reviewer-a"]


def test_a_frame_at_a_time_is_in_memory(tmp_path: Path) -> None:
    path, alive, most = annotated.container(tmp_path / "a.h5"), [0], [0]

    class Counted(np.ndarray[Any, Any]):
        def __del__(self) -> None:
            alive[0] -= 1

    def regions() -> Iterator[Region]:
        for frame in range(3):
            alive[0] += 1
            most[0] = max(most[0], alive[0])
            yield Region(FrameKey(0, frame), 1, annotated.mask((frame, 0)).view(Counted))

    add_set(path, drawn(regions=()), regions())
    assert most[0] <= 2
    assert len(open_container(path).annotations["reviewer-a"].drawn) == 3


BAD: list[tuple[dict[str, Any], str]] = [
    ({"labels": (annotated.LABELS[0], annotated.LABELS[0])}, "same name or value"),
    ({"labels": (Label("none", 0, (0, 0, 0), annotated.ORGAN, annotated.ORGAN),)}, "1 to 65535"),
    ({"labels": (Label("a\x1b[2J", 1, (0, 0, 0), annotated.ORGAN, annotated.ORGAN),)}, "printable"),
    ({"labels": (Label("", 1, (0, 0, 0), annotated.ORGAN, annotated.ORGAN),)}, "printable"),
    ({"annotator": "A\nB"}, "printable"),
    ({"algorithm": "BY_HAND"}, "algorithm"),
    ({"seen": frozenset({FrameKey(0, 3)})}, "no frame 3 of stack 0"),
    ({"seen": frozenset({FrameKey(1, 0)})}, "no frame 0 of stack 1"),
    ({"seen": frozenset({FrameKey(0, -1)})}, "no frame -1"),
    ({"tags": (Tag(None, 9),)}, "no label 9"),
    ({"regions": (Region(KEY, 9, annotated.mask()),)}, "no label 9"),
    ({"regions": (Region(KEY, 1, np.zeros((5, 4), bool)),)}, "not as large"),
    ({"regions": (Region(KEY, 1, np.zeros((4, 5), "u1")),)}, "not of truth values"),  # type: ignore[arg-type]
    ({"regions": (Region(FrameKey(0, 7), 1, annotated.mask()),)}, "no frame 7"),
    ({"shapes": (Shape(KEY, 1, "polygon", (np.array([[np.nan, 1]]),)),)}, "finite"),
    ({"shapes": (Shape(KEY, 1, "circle", ()),)}, "kinds"),  # type: ignore[arg-type]
]


@pytest.mark.parametrize(("changes", "fault"), BAD)
def test_a_set_that_is_none_of_this_container_leaves_it_as_it_was(
    path: Path, changes: dict[str, Any], fault: str
) -> None:
    before = path.read_bytes()
    with pytest.raises(UsageError, match=fault):
        add_set(path, drawn("b", **changes))
    assert path.read_bytes() == before
    assert [one.name for one in path.parent.iterdir()] == ["series.h5"]


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a\\b", " a", "a\n", "x" * 65, "é" * 33, "e\u0301"])
def test_names_that_are_none_are_refused(path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="no name of an annotation set"):
        add_set(path, drawn(name))


@pytest.mark.parametrize("name", ["a", "Leser Ä 2", "x" * 64, "set.1", "0", "標註"])
def test_other_names_are_not(path: Path, name: str) -> None:
    add_set(path, drawn(name))
    assert list(open_container(path).annotations) == ["reviewer-a", name]
    assert verify(path) == []


@pytest.mark.parametrize("step", ["write_set", "write_footer", "verify", "put_in_place", "reserve"])
def test_whatever_breaks_the_container_is_as_it_was(path: Path, step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = path.read_bytes()

    def break_down(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(annotations, step, break_down)
    with pytest.raises(UsageError, match="no space left on device"):
        add_set(path, drawn("b"))
    assert path.read_bytes() == before
    assert [one.name for one in path.parent.iterdir()] == ["series.h5"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.parametrize("step", ["write_footer", "verify", "put_in_place"])
def test_a_process_that_is_killed_leaves_the_container_and_what_runs_remove(path: Path, step: str) -> None:
    before, child = path.read_bytes(), os.fork()
    if child == 0:
        setattr(annotations, step, lambda *_: os.kill(os.getpid(), signal.SIGKILL))
        add_set(path, drawn("b"))
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    assert path.read_bytes() == before
    [left] = [one for one in path.parent.iterdir() if one != path]
    assert writer_of(left.name)
    add_set(path, drawn("b"))
    assert verify(path) == []


def test_what_is_no_container_is_said_to_be_none(tmp_path: Path) -> None:
    (tmp_path / "a.h5").write_bytes(b"text")
    for path in (tmp_path / "a.h5", tmp_path / "missing.h5", tmp_path / "no" / "folder.h5"):
        with pytest.raises(NotAContainer):
            add_set(path, drawn())


def test_a_damaged_container_takes_no_set(path: Path) -> None:
    damaged = bytearray(path.read_bytes())
    damaged[len(damaged) // 3] ^= 1
    path.write_bytes(damaged)
    with pytest.raises((VerificationFailed, NotAContainer)):
        add_set(path, drawn("b"))
    assert path.read_bytes() == damaged
    assert [one.name for one in path.parent.iterdir()] == ["series.h5"]


def test_damage_that_only_the_footer_shows_is_not_covered_up(path: Path) -> None:
    whole, chance = path.read_bytes(), random.Random(3)
    for _ in range(300):
        damaged = bytearray(whole)
        damaged[chance.randrange(len(whole) // 2)] ^= 1 << chance.randrange(8)
        path.write_bytes(damaged)
        with suppress(NotAContainer):
            write_footer(path)
            if not verify(path):
                break
    else:
        pytest.fail("no place that no value depends on")
    path.write_bytes(damaged)
    with pytest.raises(VerificationFailed, match="not what was written"):
        add_set(path, drawn("b"))
    assert path.read_bytes() == damaged


def test_what_another_program_wrote_meanwhile_is_not_lost(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, before = annotations.verify, path.read_bytes()

    def slow(temporary: Path) -> list[str]:
        path.write_bytes(b"S" * 512 + before)
        return real(temporary)

    monkeypatch.setattr(annotations, "verify", slow)
    with pytest.raises(UsageError, match="changed by another program"):
        add_set(path, drawn("b"))
    assert path.read_bytes().startswith(b"SSS")


@pytest.mark.skipif(os.name == "nt", reason="no locks of folders")
def test_sets_that_come_at_a_time_are_all_kept(path: Path) -> None:
    threads = [threading.Thread(target=add_set, args=(path, drawn(f"set {n}"))) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(open_container(path).annotations) == ["reviewer-a", "set 0", "set 1", "set 2", "set 3"]
    assert verify(path) == []


def test_a_container_of_the_first_format_takes_sets(tmp_path: Path) -> None:
    golden = Path(__file__).parents[1] / "golden/container-v1/series1.h5"
    path = Path(shutil.copy(golden, tmp_path / "a.h5"))
    add_set(path, drawn(regions=(), shapes=(), tags=(), seen=frozenset({KEY})))
    assert verify(path) == []
    assert list(open_container(path).annotations) == ["reviewer-a"]


def test_a_set_can_be_pickled(path: Path) -> None:
    found = pickle.loads(pickle.dumps(open_container(path).annotations["reviewer-a"]))
    assert annotated.plain(found.load()) == annotated.plain(drawn())


def test_a_label_that_is_not_there_is_an_error(path: Path) -> None:
    with pytest.raises(KeyError, match="spleen"):
        open_container(path).annotations["reviewer-a"].mask("spleen")


def test_nothing_in_a_set_has_a_variable_length_or_another_filter(path: Path) -> None:
    kinds, filters, times = set[str](), set[int](), set[bool]()

    def look(_: str, item: Any) -> None:
        kinds.update(item.attrs.get_id(name).dtype.kind for name in item.attrs)
        if isinstance(item, h5py.Dataset):
            plist = item.id.get_create_plist()
            kinds.add(item.dtype.kind)
            filters.update(plist.get_filter(i)[0] for i in range(plist.get_nfilters()))
            times.add(bool(plist.get_obj_track_times()))

    with h5py.File(path) as file:
        file["annotations"].visititems(look)
    assert "O" not in kinds
    assert filters <= {1, 2}
    assert times == {False}
    if program := shutil.which("h5dump"):
        done = subprocess.run([program, str(path)], capture_output=True, check=False)
        assert (done.returncode, done.stderr) == (0, b"")


def changed(path: Path, place: str, index: object, value: object) -> list[str]:
    """Another value, written by somebody who knows of the footer; what verify says."""
    with h5py.File(path, "r+") as file:
        file[place][index] = value
    write_footer(path)
    return verify(path)


def test_a_changed_frame_of_a_label_map_is_named(path: Path) -> None:
    faults = changed(path, "annotations/reviewer-a/0/labelmap", (2, 0, 0), 1)
    assert faults == ["annotations/reviewer-a/0/labelmap frame 2: not what was stored"]


def test_a_frame_that_was_added_to_a_label_map_is_named(path: Path) -> None:
    faults = changed(path, "annotations/reviewer-a/0/labelmap", (1, 0, 0), 1)
    assert faults == ["annotations/reviewer-a/0/labelmap frame 1: not what was stored"]


@pytest.mark.parametrize(
    ("name", "index", "value"),
    [
        ("0/seen", 0, 0),
        ("0/overlaps/bits", 0, 7),
        ("shapes/object", 0, 9),
        ("points", (0, 0), 9.5),
        ("tags/label", 0, 1),
        ("0/sha256", (1, 0), 1),
    ],
)
def test_a_changed_column_breaks_the_digest_of_its_set(path: Path, name: str, index: object, value: object) -> None:
    add_set(path, drawn("b"))
    assert "annotations/b: its tables or attributes are not what was stored" in changed(
        path, f"annotations/b/{name}", index, value
    )


def refitted(path: Path, place: str, index: object, value: object) -> list[str]:
    """As `changed`, by somebody who knows of all digests."""
    with h5py.File(path, "r+") as file:
        group = file["annotations/reviewer-a"]
        group[place][index] = value
        for frame, values in enumerate(group["0/labelmap"][()]):
            digest = hashlib.sha256(values.tobytes()).digest() if values.any() else bytes(32)
            group["0/sha256"][frame] = np.frombuffer(digest, "u1")
        group.attrs.modify("sha256", np.bytes_(set_digest(group).hex()))
    write_footer(path)
    return verify(path)


@pytest.mark.parametrize(
    ("place", "index", "value", "fault"),
    [
        ("0/labelmap", (0, 0, 0), 3, "0/labelmap frame 0: not what was stored"),
        ("0/overlaps/label", 0, 3, "0/overlaps frame 0: of a label or pixels that are not there"),
        ("0/overlaps/frame", 0, 9, "0/overlaps frame 9: of a label or pixels that are not there"),
        ("0/overlaps/box", (0, 1), 4, "0/overlaps frame 0: of a label or pixels that are not there"),
        ("shapes/label", 0, 3, "shapes row 0: of a label or a frame that is not there"),
        ("tags/label", 0, 3, "tags row 0: of a label or a frame that is not there"),
        ("0/seen", 2, 0, "0/seen frame 2: drawn on, and not seen"),
        ("tags/stack", 1, 1, "tags row 1: of a label or a frame that is not there"),
    ],
)
def test_what_makes_no_sense_is_named_though_all_digests_fit(
    path: Path, place: str, index: object, value: object, fault: str
) -> None:
    assert refitted(path, "0/labelmap", (0, 0, 0), 1) == []
    assert refitted(path, place, index, value) == [f"annotations/reviewer-a/{fault}"]


@pytest.mark.parametrize("name", ["annotator", "labels", "number", "origin"])
def test_a_changed_attribute_breaks_the_digest_of_its_set(path: Path, name: str) -> None:
    with h5py.File(path, "r+") as file:
        attributes = file["annotations/reviewer-a"].attrs
        value = attributes[name]
        attributes.modify(name, np.bytes_(b"X" + value[1:]) if isinstance(value, bytes) else value + 1)
    write_footer(path)
    assert verify(path)[0].startswith("annotations/reviewer-a: its tables or attributes are not what was stored")


def test_a_shape_on_a_frame_that_is_not_there_is_named(path: Path) -> None:
    assert refitted(path, "shapes/frame", 0, 3) == [
        "annotations/reviewer-a/shapes row 0: of a label or a frame that is not there",
        "annotations/reviewer-a/0/seen frame 3: drawn on, and not seen",
    ]


def test_a_set_of_another_container_is_told(path: Path, tmp_path: Path) -> None:
    build.pack(tmp_path / "other.h5", [build.ct_case(number) for number in (4, 5, 6)])
    with h5py.File(path) as source, h5py.File(tmp_path / "other.h5", "r+") as file:
        source.copy("annotations", file)
    write_footer(tmp_path / "other.h5")
    expected = "annotations/reviewer-a: this set was drawn on another container, or on another state of this one"
    assert verify(tmp_path / "other.h5") == [expected]


@pytest.mark.parametrize("name", ["0/labelmap", "0/seen", "shapes/kind", "points", "rings", "tags", "0"])
def test_what_is_missing_is_named(path: Path, name: str) -> None:
    with h5py.File(path, "r+") as file:
        del file[f"annotations/reviewer-a/{name}"]
    write_footer(path)
    assert re.match(rf"annotations/reviewer-a/{name}.*: missing", verify(path)[0])


def test_a_label_map_that_does_not_fit_its_stack_is_named(path: Path) -> None:
    with h5py.File(path, "r+") as file:
        del file["annotations/reviewer-a/0/labelmap"]
        file["annotations/reviewer-a/0/labelmap"] = np.zeros((3, 5, 4), "u1")
    write_footer(path)
    assert verify(path) == ["annotations/reviewer-a/0/labelmap: of shape (3, 5, 4)"]


def test_a_later_major_version_is_not_judged_and_a_minor_one_is(path: Path) -> None:
    with h5py.File(path, "r+") as file:
        file["annotations/reviewer-a"].attrs.modify("annotation_version", np.bytes_(b"2.0"))
    write_footer(path)
    assert verify(path) == ["annotations/reviewer-a: of annotation version 2.0; this release reads 1.0"]


def test_a_set_of_a_later_major_version_is_not_read(path: Path) -> None:
    add_set(path, drawn("b"))
    with h5py.File(path, "r+") as file:
        file["annotations/b"].attrs.modify("annotation_version", np.bytes_(b"2.0"))
        file["annotations/reviewer-a"].attrs.modify("annotation_version", np.bytes_(b"1.9"))
    container = open_container(path)
    assert list(container.annotations) == ["reviewer-a", "b"]
    assert container.annotations["reviewer-a"].load()
    with pytest.raises(NotAContainer, match=r"set b is of version 2.0; this release reads 1.0"):
        container.annotations["b"]


def forged(file: h5py.File, chance: random.Random) -> None:
    """One thing in a set made into another, with a digest that fits, as somebody could who means harm."""
    group, places = file["annotations/reviewer-a"], list[str]()
    group.visititems(lambda name, one: places.append(name) if isinstance(one, h5py.Dataset) else None)
    place, kind = chance.choice(places), chance.choice(["value", "shape", "gone", "huge", "text"])
    dataset = group[place]
    if kind == "value" and dataset.size:
        flat = dataset[()].reshape(-1)
        flat[chance.randrange(flat.size)] = chance.choice([0, 1, 255, 2**31 - 1]) % (256 ** min(flat.itemsize, 4))
        dataset[...] = flat.reshape(dataset.shape)
    elif kind != "value":
        dtype, shape = dataset.dtype, dataset.shape
        del group[place]
        if kind == "shape":
            group[place] = np.ones([max(0, n + chance.choice([-1, 0, 1])) for n in shape], dtype)
        elif kind == "huge":
            group.create_dataset(place, (2**40, *shape[1:]), dtype, chunks=(1, *[max(1, n) for n in shape[1:]]))
        elif kind == "text":
            group[place] = np.array([b"x"] * (shape[0] if shape else 1))
    if chance.random() < 0.3:
        name = chance.choice(list(group.attrs))
        group.attrs[name] = chance.choice([np.bytes_(b"[{}]"), np.bytes_(b"\xff"), -1, np.zeros(3)])
    group.attrs.create("sha256", np.bytes_(set_digest_or(file)))


def set_digest_or(file: h5py.File) -> bytes:
    try:
        return set_digest(file["annotations/reviewer-a"]).hex().encode()
    except READ_ERRORS:
        return b""


@pytest.mark.parametrize("seed", range(3))
def test_forged_sets_raise_nothing_but_errors_of_ours(path: Path, seed: int) -> None:
    whole, chance = path.read_bytes(), random.Random(seed)
    for _ in range(15):
        path.write_bytes(whole)
        with h5py.File(path, "r+") as file:
            forged(file, chance)
        write_footer(path)
        assert isinstance(verify(path), list)
        with Container(path) as container:
            for read in (
                lambda one: one.load(),
                lambda one: (one.overlaps, one.mask("tumour"), one.mask(1, frame=0)),
                lambda one: (one.labelmap[0], np.asarray(one.labelmap)),
                lambda one: (one.number, one.is_of_this_container, one.drawn, one.seen, one.shapes, one.tags),
            ):
                with suppress(VerificationFailed, NotAContainer, NoSuchLabel, IndexError):
                    read(container.annotations["reviewer-a"])


def test_something_else_among_the_sets_is_named(path: Path) -> None:
    with h5py.File(path, "r+") as file:
        file["annotations"].create_group("mine")
        file["annotations/also"] = 7
    write_footer(path)
    assert verify(path) == ["annotations/also: no annotation set", "annotations/mine: no annotation set"]


NAMED = re.compile(
    r"bytes \d+ to \d+ are not what was written: .*"
    r"(annotations/reviewer-a/|stack \d+ frame|headers/|instances/|recipe/|stacks/|index/|the structure of|damaged)"
    r"|the footer is damaged"
)


def test_every_flipped_bit_is_found_and_named_with_a_set_in_the_file(path: Path) -> None:
    whole, chance = path.read_bytes(), random.Random(6)
    for _ in range(40):
        damaged = bytearray(whole)
        damaged[chance.randrange(len(whole))] ^= 1 << chance.randrange(8)
        path.write_bytes(damaged)
        try:
            assert NAMED.match(verify(path)[0])
        except NotAContainer:
            pytest.fail("damage that verify does not name")


def test_a_flipped_bit_without_the_footer_gives_the_same_set_an_error_or_a_fault(path: Path) -> None:
    whole, chance, expected = path.read_bytes(), random.Random(7), annotated.plain(drawn())
    with h5py.File(path) as file:
        first = file["annotations/reviewer-a/0/labelmap"].id.get_chunk_info(0).byte_offset
    for _ in range(40):
        damaged = bytearray(whole)
        damaged[chance.randrange(first, len(whole))] ^= 1 << chance.randrange(8)
        path.write_bytes(damaged)
        try:
            write_footer(path)
            with Container(path) as container:
                is_same = annotated.plain(container.annotations["reviewer-a"].load()) == expected
        except (*READ_ERRORS, NotAContainer):
            continue
        assert is_same or verify(path)


def test_the_digests_in_the_documentation_are_those_of_a_set(path: Path) -> None:
    text = (Path(__file__).parents[2] / "docs/container.md").read_text(encoding="utf-8")
    program = re.findall(r"```python\n(.*?)```", text, re.DOTALL)[3]
    command = [sys.executable, "-I", "-c", program, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    with h5py.File(path) as file:
        assert done.stdout == f"reviewer-a {file['annotations/reviewer-a'].attrs['sha256'].decode()}\n"
        pieces = list(file["annotations/reviewer-a/0"])
    assert {"labelmap", "overlaps", "seen", "sha256"} == set(pieces)
    for place in ("annotations/reviewer-a/points", "annotations/reviewer-a/0/labelmap"):
        with h5py.File(path, "r+") as file:
            file[place][0] = 1
        assert subprocess.run(command, capture_output=True, check=False).returncode == 1


def test_every_name_of_a_set_is_in_the_documentation() -> None:
    text = (Path(__file__).parents[2] / "docs/container.md").read_text(encoding="utf-8")
    names = [*schema.SET_TEXTS, schema.SET_NUMBER, schema.LABELMAP, schema.SEEN, schema.RINGS, schema.POINTS]
    names += [f"{schema.OVERLAPS}/{name}" for name in (*schema.OVERLAP_COLUMNS, schema.OVERLAP_BITS)]
    names += [f"{schema.SHAPES}/{name}" for name in (*schema.SHAPE_COLUMNS, schema.RING_START)]
    names += [f"{schema.TAGS}/{name}" for name in schema.TAG_COLUMNS]
    assert [name for name in names if f"`{name}`" not in text] == []
