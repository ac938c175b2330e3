"""A detector that sees text wherever a picture is white, and reads what it is told."""

import numpy as np

from dicomconv.deid.burned_in.detector import Line
from dicomconv.model import Box

WHITE, FILLED = 250, 0.6


class WhiteIsText:
    """Finds one line around all white pixels. `pictures`: how many it was shown."""

    name = "stub 1"

    def __init__(self, text: str = "DOE JANE", score: float = 1.0) -> None:
        self.text, self.score, self.pictures = text, score, 0

    def lines(self, picture: np.ndarray, enlarged: float = 1.0) -> list[Line]:
        self.pictures += 1
        grey = picture.max(axis=2) if picture.ndim == 3 else picture
        rows, columns = np.nonzero(grey >= WHITE)
        if not rows.size or rows.size < FILLED * np.ptp(rows) * np.ptp(columns):
            return []  # scattered, as the brightest grains of stretched speckle are
        box = Box(int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1, self.name)
        return [Line(box, self.text, self.score)]


class Blind:
    """Finds nothing."""

    def lines(self, picture: np.ndarray, enlarged: float = 1.0) -> list[Line]:
        return []


class SeesGhosts:
    """Finds text wherever it looks."""

    def lines(self, picture: np.ndarray, enlarged: float = 1.0) -> list[Line]:
        return [Line(Box(3, 3, 20, 8, "ghost"), "BOO BOO", 1.0)]
