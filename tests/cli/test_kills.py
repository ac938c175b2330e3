"""A run that is killed with all its processes, at whatever moment: no half file has a name, and going on gives the same.

The long version: `python -m tests.benchmarks.kills --times 50`.
"""

import os
import random
import shutil
from pathlib import Path

import pytest

from tests.benchmarks.kills import Bench, Different, torn

pytestmark = pytest.mark.skipif(not hasattr(os, "killpg"), reason="no process groups here")


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """A small source and what an undisturbed run makes of it."""
    return Bench(tmp_path_factory.mktemp("kills"), series=4, slices=12)


@pytest.mark.parametrize(("seed", "tear"), [(1, False), (2, False), (3, False), (4, True), (5, True), (6, True)])
def test_a_run_that_was_killed_goes_on_to_the_bytes_of_one_that_was_not(
    bench: Bench, tmp_path: Path, seed: int, tear: bool
) -> None:
    bench.attempt(tmp_path / "out", random.Random(seed), tear=tear)


@pytest.mark.parametrize("change", ["half a file", "a leftover", "a file more", "a row twice", "a row less"])
def test_the_comparison_notices_what_it_is_there_for(bench: Bench, tmp_path: Path, change: str) -> None:
    out = tmp_path / "out"
    shutil.copytree(bench.folder / "straight", out)
    container, manifest = next(out.rglob("*.h5")), out / "manifest.jsonl"
    rows = manifest.read_bytes().splitlines(keepends=True)
    if change == "half a file":
        os.truncate(container, 1000)
        with pytest.raises(Different, match="final name"):
            bench.check_names(out)
    elif change == "a leftover":
        container.with_name(f".{container.stem}.tmp-1-00000000").write_bytes(b"x")
    elif change == "a file more":
        container.with_name("more").write_bytes(b"x")
    else:
        manifest.write_bytes(b"".join(rows + rows[:1] if change == "a row twice" else rows[:-1]))
    with pytest.raises(Different):
        bench.check(out)


def test_a_power_cut_tears_nothing_that_has_its_name(bench: Bench, tmp_path: Path) -> None:
    out = tmp_path / "out"
    shutil.copytree(bench.folder / "straight", out)
    (out / "a.h5.tmp-1-00000000-1").write_bytes(bytes(1000))
    torn(out, random.Random(3))
    bench.check_names(out)
    assert not (out / "a.h5.tmp-1-00000000-1").exists() or (out / "a.h5.tmp-1-00000000-1").stat().st_size < 1000
