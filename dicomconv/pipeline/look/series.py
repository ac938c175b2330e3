"""A series as it is looked at: its images in order, read one by one. Nothing in here names a patient."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, ParamSpec, Protocol, TypeVar

from numpy.typing import NDArray

from dicomconv.errors import DicomconvError
from dicomconv.header import Header
from dicomconv.model import Status
from dicomconv.pixels.attributes import FrameAttributes, PixelFormat
from dicomconv.standard import defined_terms

P = ParamSpec("P")
T = TypeVar("T")

WHOLE_SLIDE = "1.2.840.10008.5.1.4.1.1.77.1.6"
UNITS = {
    **{term: term for term in ("HU", "OD", "PCT", "HU_MOD", "Z_EFF", "ED", "EDW", "MGML")},  # PS3.3 C.11.1.1.2
    **{term: term for term in ("CNTS", "CM2", "CM2ML", "PCNT", "CPS", "MGMINML", "UMOLMINML", "MLMING", "MLG")},
    **{term: term for term in ("1CM", "UMOLML", "PROPCNTS", "PROPCPS", "MLMINML", "MLML", "GML", "STDDEV")},
    "BQML": "Bq/ml",  # PS3.3 C.8.9.1.1.3
}


@dataclass(frozen=True, slots=True)
class Fault:
    """Why there is nothing to see of an image: a word for its tile, and what is said of its file."""

    word: str
    status: Status
    reason: str


NO_PICTURE = Fault("no picture", "skipped", "left out: it has no picture (a report, a plan …)")
TILES = Fault("tiles", "skipped", "left out: it is a whole slide in tiles")
COLOUR = Fault("colour", "skipped", "left out: it is in colour, which has no modality values")


def undecodable(reason: str) -> Fault:
    """The fault of an image that cannot be read or decoded."""
    return Fault("not decodable", "failed", reason)


@dataclass(frozen=True, slots=True)
class Place:
    """One image of a series: `file` counts its files from 0, `label` is its number in the names of PNGs: 12, or 12_3."""

    file: int
    frame_number: int
    label: str
    fault: Fault | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """One frame and what it means. `aspect`: how many times higher than wide a pixel is; `unit`: of modality values."""

    raw: NDArray[Any] = field(repr=False)
    format: PixelFormat
    attributes: FrameAttributes
    aspect: float
    unit: str


class Series(Protocol):
    """A series of containers or of DICOM files. `sizes`: rows and columns of its images."""

    @property
    def name(self) -> str:
        """What it is called: its pseudonym, or a number."""

    @property
    def modality(self) -> str:
        """Its modality, empty if that is none of the standard's."""

    @property
    def places(self) -> tuple[Place, ...]:
        """Its images in slice order, those without a picture included."""

    @property
    def sizes(self) -> frozenset[tuple[int, int]]:
        """Rows and columns of its images."""

    def pictures(self, indices: Sequence[int]) -> Iterator[Picture | Fault]:
        """The images at these places, ascending, each read when it is asked for."""


def places_of(file: int, number: int, frame_count: int, fault: Fault | None = None) -> list[Place]:
    """The places of a file's frames; one place for a file that has none. `number`: of the file, from 1."""
    if frame_count <= 1:
        return [Place(file, 1, str(number), fault)]
    return [Place(file, frame, f"{number}_{frame}", fault) for frame in range(1, frame_count + 1)]


def modality_of(header: Header) -> str:
    """The modality, if it is one that the standard defines: an original may hold anything there."""
    modality = header.text("Modality").upper()
    return modality if modality in defined_terms()["Modality"] else ""


def picture_of(raw: NDArray[Any], format: PixelFormat, attributes: FrameAttributes, header: Header) -> Picture:
    """A frame with what its header says of it. `format`: that of `raw`."""
    return Picture(raw, format, attributes, _aspect(header, attributes), _unit(header, attributes))


def _aspect(header: Header, attributes: FrameAttributes) -> float:
    """By the spacing of pixels, else by Pixel Aspect Ratio: vertical to horizontal size (PS3.3 C.7.6.3.1.7)."""
    ratio = attributes.pixel_spacing or header.numbers("PixelAspectRatio")
    return ratio[0] / ratio[1] if len(ratio) == 2 and min(ratio) > 0 else 1.0


def _unit(header: Header, attributes: FrameAttributes) -> str:
    """A unit that the standard defines, as Rescale Type, Modality LUT Type or Units say; HU where a CT says nothing."""
    types = [item.text("ModalityLUTType") for item in header.items("ModalityLUTSequence")[:1]]
    told = [text for text in (attributes.rescale.type, *types, header.text("Units")) if text]
    known = next((UNITS[text.upper()] for text in told if text.upper() in UNITS), "")
    return "HU" if not told and modality_of(header) == "CT" else known


def attempt(work: Callable[P, T], *given: P.args, **named: P.kwargs) -> T | Fault:
    """What a function gives for one file or frame, or why it gives nothing.

    Whatever is in a file of an original, no text of an error that might quote it gets out, and the next file follows.
    """
    try:
        return work(*given, **named)
    except DicomconvError as error:
        return undecodable(str(error))
    except EOFError:
        return undecodable("the file became shorter while it was read")
    except OSError as error:
        return undecodable(f"cannot be read ({(error.strerror or type(error).__name__).lower()})")
    except Exception as error:  # noqa: BLE001 - its text might quote a value: the class alone is named
        return undecodable(f"an error of ours ({type(error).__name__}); please report it")
