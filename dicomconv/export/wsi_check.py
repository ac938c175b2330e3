"""Reads exported slides with OpenSlide and wsidicom, which have to find the same levels."""

import csv
from pathlib import Path


def check(folder: Path) -> str:
    """Every slide opens in both; each level of slides.csv is there, and nothing else beside the pyramid but a thumbnail."""
    import openslide
    from wsidicom import WsiDicom
    from wsidicom.config import Settings

    with (folder / "slides.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows, "there are no slides"
    slides = sorted({(folder / row["file"]).parent for row in rows})
    for slide in slides:
        sizes = {(int(row["columns"]), int(row["rows"])) for row in rows if (folder / row["file"]).parent == slide}
        with openslide.OpenSlide(str(min(slide.glob("*.dcm")))) as theirs:
            assert set(theirs.level_dimensions) <= sizes, "OpenSlide finds a level that is not in slides.csv"
            assert not set(theirs.associated_images) - {"thumbnail"}, "OpenSlide finds a label or an overview"
            levels = set(theirs.level_dimensions)
        with WsiDicom.open(slide, settings=Settings(strict_uid_check=True)) as opened:
            found = {(level.size.width, level.size.height) for level in opened.levels}
        assert found == levels, "OpenSlide and wsidicom find different levels"
    return f"{len(slides)} slides, {len(rows)} files (OpenSlide, wsidicom)"
