"""Files that are put in place: never over something that is to stay, and all of them or none."""

import os
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dicomconv.errors import Malformed
from dicomconv.pipeline.placing import Placed, Placing, put_exclusively
from dicomconv.pipeline.plan import Existing
from tests import make

NAMES = st.sampled_from(["a", "b", "c/a", "c/d/b", "e", "e/f"])
TREES = st.dictionaries(NAMES, st.binary(max_size=2)).filter(lambda tree: not {"e", "e/f"} <= set(tree))


class Stopped(Exception):
    """Something that goes wrong."""


def seen(folder: Path) -> dict[str, bytes | None]:
    """Everything below a folder: the bytes of files, None for folders."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }


def no_links(*_: object, **__: object) -> None:
    """What a disk without hard links says."""
    raise PermissionError(1, "Operation not permitted")


def scratch_of(run: Path, name: str = "1") -> Path:
    """A folder of one container in that of a run."""
    (run / name).mkdir(parents=True, exist_ok=True)
    return run / name


def place(back: Path, scratch: Path, existing: Existing, name: str, content: bytes) -> Placed:
    """Put one file in place, as a container with one original does."""
    temporary = scratch / f"new {name.replace('/', ' ')}"
    temporary.write_bytes(content)
    with Placing(back, scratch, existing) as placing:
        return placing.place(temporary, back / name)


def place_and_stop(placing: Placing, scratch: Path, targets: list[Path]) -> None:
    """Put files in place, and then something goes wrong."""
    with placing:
        for number, target in enumerate(targets):
            placing.place(scratch / str(number), target)
        raise Stopped


@pytest.mark.parametrize("has_links", [True, False])
@pytest.mark.parametrize("what", ["file", "folder", "link that leads nowhere"])
def test_whatever_has_a_name_keeps_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str, has_links: bool
) -> None:
    if not has_links:
        monkeypatch.setattr(os, "link", no_links)
    target, temporary = tmp_path / "target", tmp_path / "temporary"
    temporary.write_bytes(b"new")
    if what == "file":
        target.write_bytes(b"old")
    elif what == "folder":
        target.mkdir()
    else:
        target.symlink_to("nothing")
    before = target.lstat()
    with pytest.raises(FileExistsError):
        put_exclusively(temporary, target)
    assert (target.lstat().st_ino, target.lstat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_disk_without_links_takes_files_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "link", no_links)
    scratch = scratch_of(tmp_path / "run")
    assert place(tmp_path / "back", scratch, "error", "a/b", b"new") == "placed"
    assert (tmp_path / "back" / "a" / "b").read_bytes() == b"new"


@given(TREES, TREES, st.sampled_from(["error", "skip", "overwrite"]))
@settings(deadline=None)
def test_what_ends_badly_leaves_everything_as_it_was(
    before: dict[str, bytes], after: dict[str, bytes], existing: Existing
) -> None:
    with TemporaryDirectory() as folder:
        back, scratch = make.write(Path(folder) / "back", before), scratch_of(Path(folder) / "run")
        was = seen(back)
        for number, content in enumerate(after.values()):
            (scratch / str(number)).write_bytes(content)
        with pytest.raises((Stopped, OSError)):
            place_and_stop(Placing(back, scratch, existing), scratch, [back / name for name in after])
        assert seen(back) == was


@given(TREES, TREES, st.sampled_from(["error", "skip", "overwrite"]))
@settings(deadline=None)
def test_what_ends_well_has_changed_nothing_but_what_may_be_overwritten(
    before: dict[str, bytes], after: dict[str, bytes], existing: Existing
) -> None:
    after = {name: content for name, content in after.items() if not {"e", "e/f"} <= {name, *before}}
    with TemporaryDirectory() as folder:
        back, scratch = make.write(Path(folder) / "back", before), scratch_of(Path(folder) / "run")
        found = {name: place(back, scratch, existing, name, content) for name, content in after.items()}
        now = {name: content for name, content in seen(back).items() if content is not None}
    assert now == ({**before, **after} if existing == "overwrite" else {**after, **before})
    for name, placed in found.items():
        is_equal = existing == "skip" and before.get(name) == after[name]
        is_free = name not in before or existing == "overwrite"
        assert placed == ("placed" if is_free else "there" if is_equal else "taken")


@pytest.mark.parametrize("existing", ["error", "skip", "overwrite"])
def test_no_container_takes_the_place_of_another_of_the_same_run(tmp_path: Path, existing: Existing) -> None:
    back, run = tmp_path / "back", tmp_path / "run"
    assert place(back, scratch_of(run, "1"), existing, "a", b"one") == "placed"
    assert place(back, scratch_of(run, "2"), existing, "a", b"two") == "taken"
    assert (back / "a").read_bytes() == b"one"


def test_a_later_run_may_overwrite_what_an_earlier_one_wrote(tmp_path: Path) -> None:
    back = tmp_path / "back"
    place(back, scratch_of(tmp_path / "run"), "overwrite", "a", b"one")
    assert place(back, scratch_of(tmp_path / "another run"), "overwrite", "a", b"two") == "placed"
    assert (back / "a").read_bytes() == b"two"


@pytest.mark.parametrize("existing", ["error", "skip", "overwrite"])
def test_a_folder_is_never_replaced(tmp_path: Path, existing: Existing) -> None:
    back = make.write(tmp_path / "back", {"a/b": b"old"})
    assert place(back, scratch_of(tmp_path / "run"), existing, "a", b"new") == "taken"
    assert (back / "a" / "b").read_bytes() == b"old"


def test_a_link_in_the_folder_leads_nothing_out_of_it(tmp_path: Path) -> None:
    back, outside = make.write(tmp_path / "back", {"a": b""}), make.write(tmp_path / "outside", {"a": b""})
    (back / "link").symlink_to(outside)
    with pytest.raises(Malformed):
        place(back, scratch_of(tmp_path / "run"), "overwrite", "link/deep/a", b"new")
    assert seen(outside) == {"a": b""}
