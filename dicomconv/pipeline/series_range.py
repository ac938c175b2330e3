"""The range of modality values of a series, from the extremes that were noted at packing."""

from dicomconv.container.reader import Container
from dicomconv.render import is_colour


def range_of_series(container: Container) -> tuple[float, float] | None:
    """The least and greatest modality value of all grey frames."""
    lows, highs = list[float](), list[float]()
    for index, stack in enumerate(container.stacks):
        if not is_colour(stack.format):
            table = container.frame_table(index)
            lows += [float(value) for value in table["minimum"] if value == value]
            highs += [float(value) for value in table["maximum"] if value == value]
    return (min(lows), max(highs)) if lows else None
