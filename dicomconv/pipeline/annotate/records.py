"""Which frame a picture shows, and what of an annotation file cannot be brought there."""

from dataclasses import dataclass, field

from dicomconv.annotation import FrameKey
from dicomconv.errors import DicomconvError
from dicomconv.pixels.square import IDENTITY, Matrix, square_of

Size = tuple[int, int]  # columns and rows of a picture
NAME_SHOWN = 80  # characters of a text out of an annotation file


@dataclass(frozen=True, slots=True)
class Problem:
    """A row of an annotation file that is not taken: file, place in it (empty: all of it), and why, in a sentence."""

    file: str
    place: str
    reason: str

    def __str__(self) -> str:
        return f"{self.file}: {self.place}: {self.reason}" if self.place else f"{self.file}: {self.reason}"


class Misfit(DicomconvError):
    """Something that was drawn and belongs nowhere; the sentence says why."""

    def __init__(self, reason: str):
        super().__init__(reason)
        self.reason = reason

    def __str__(self) -> str:
        return self.reason


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame of one of several containers. `container`: its number among them."""

    container: int
    key: FrameKey
    rows: int
    columns: int

    @property
    def size(self) -> Size:
        """Columns and rows of the stored pixels."""
        return self.columns, self.rows


@dataclass(frozen=True, slots=True)
class Found:
    """A frame as a picture shows it. `size` of the picture that was drawn on; `to_stored`: its `png_to_stored`."""

    frame: Frame
    size: Size
    to_stored: Matrix = field(default=IDENTITY)

    @property
    def is_stored(self) -> bool:
        """Whether the pixels of the picture are the stored ones."""
        return self.to_stored == IDENTITY and self.size == self.frame.size


def size_of(to_stored: Matrix, columns: int, rows: int) -> Size | None:
    """The size of the picture that has this transform; None if it is none of ours."""
    if to_stored == IDENTITY:
        return columns, rows
    across, down = to_stored[0], to_stored[4]
    if not (across > 0 and down > 0):
        return None
    side = round(max(columns / across, rows / down))
    expected = square_of(rows, columns, side).png_to_stored if side > 0 else IDENTITY
    is_ours = all(abs(a - b) <= 1e-6 * max(1, abs(b)) for a, b in zip(to_stored, expected, strict=True))
    return (side, side) if is_ours else None


def scaled(found: Found, size: Size) -> Found:
    """The same frame under a picture that was scaled to another size."""
    across, down = found.size[0] / size[0], found.size[1] / size[1]
    a, _, c, _, e, f, *_ = found.to_stored
    shift = a * (across / 2 - 0.5) + c, e * (down / 2 - 0.5) + f  # centres of pixels are at whole numbers
    return Found(found.frame, size, (a * across, 0, shift[0], 0, e * down, shift[1], 0, 0, 1))


def quoted(text: str) -> str:
    """A name out of an annotation file as a sentence may have it: one line, not too long."""
    plain = "".join(one if one.isprintable() else "?" for one in text)
    return f"'{plain[:NAME_SHOWN]}…'" if len(plain) > NAME_SHOWN else f"'{plain}'"
