"""A histogram as lines of a terminal: figures, bars of block letters, an axis, tissues."""

from dicomconv.manifest import counted
from dicomconv.pipeline.look.hist import Histogram
from dicomconv.pipeline.look.hist_picture import statistics
from dicomconv.pipeline.look.scales import Scale, height, merged, plain, ticks
from dicomconv.pipeline.look.tissues import TISSUES

LINES = 8
BLOCKS = " ▁▂▃▄▅▆▇█"
PLAIN_BLOCKS = "    ####"  # of terminals that know no others
INDENT = "  "


def lines_of(one: Histogram, scale: Scale, width: int, *, has_blocks: bool) -> list[str]:
    """What a terminal of this width shows of a histogram."""
    blocks = BLOCKS if has_blocks else PLAIN_BLOCKS
    title = f"{one.name}: {one.modality or 'unknown modality'}, {counted(one.images, 'image')}, {one.counted:,} pixels"
    title += f", {one.padding:,} of padding left out" if one.padding else ""
    title += f", {one.not_finite:,} not finite" if one.not_finite else ""
    figures = ", ".join(f"{name} {value}" for name, value in statistics(one))
    counts = merged(one.counts, max(20, width - len(INDENT) - 1))
    return [title, INDENT + figures, *_bars(counts, scale, blocks), *_axis(one, len(counts)), *_tissues(one)]


def _bars(counts: list[int], scale: Scale, blocks: str) -> list[str]:
    """The bars from the top line to the lowest."""
    highest, levels = max(counts), len(blocks) - 1
    heights = [height(count, highest, scale) * LINES * levels for count in counts]
    lines = []
    for line in reversed(range(LINES)):
        eighths = [min(levels, max(0, round(one) - line * levels)) for one in heights]
        shown = "".join(blocks[max(number, 1) if line == 0 and one else number]
                        for number, one in zip(eighths, heights, strict=True))  # fmt: skip
        lines.append((INDENT + shown).rstrip())
    return [line for line in lines if line]


def _axis(one: Histogram, columns: int) -> list[str]:
    """Round values below the bars, each beginning where it lies, as many as there is room for."""
    marks, numbers = ["─"] * columns, ""
    wide = len(one.counts) / -(-len(one.counts) // columns)
    for value in ticks(one.edges[0], one.edges[-1], max(2, columns // 10)):
        part = (value - one.edges[0]) / (one.edges[-1] - one.edges[0])
        column, text = min(columns - 1, int(part * wide)), plain(value)
        if column >= len(numbers) + bool(numbers) and column + len(text) <= columns:
            marks[column] = "┬"
            numbers = numbers.ljust(column) + text
    return [INDENT + "".join(marks), f"{INDENT}{numbers}"]


def _tissues(one: Histogram) -> list[str]:
    if not one.tissues:
        return []
    told = [f"{t.name} ({t.told}) {one.tissues[t.name] / one.counted:.1%}" for t in TISSUES]
    return [INDENT + ", ".join(told[:3]), INDENT + ", ".join(told[3:])]
