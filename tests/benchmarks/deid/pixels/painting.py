"""What a file shows: a scene with lines in it, frame by frame."""

from dataclasses import dataclass, field, replace
from random import Random

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.deid.persona import Persona
from tests.benchmarks.deid.pixels import scenes
from tests.benchmarks.deid.pixels.cases import Case
from tests.benchmarks.deid.pixels.drawing import INK, SURROUND, Contrast, Lettering, Line, blend, find_places
from tests.benchmarks.deid.pixels.lettering import BITMAP_PX, Box, Style
from tests.benchmarks.deid.pixels.scenes import Scene, Shape
from tests.benchmarks.deid.pixels.wording import Wording, identifying, measurements

SHAPES: tuple[Shape, ...] = ((360, 480), (384, 560), (480, 640))
LARGE: Shape = (768, 1024)
SLICE: Shape = (320, 384)
SIZES = (8, 9, 10, 11, 12, 13, 14, 16, 18, 20, 22, 24)
COLOURS = ((255, 230, 0), (0, 235, 255), (90, 255, 90), (255, 160, 40), (255, 255, 255), (255, 120, 255))
BRIGHTER = 3  # from slice to slice
SHIFT = 3  # rows by which what is seen moves from frame to frame


@dataclass(frozen=True, slots=True, eq=False)
class Painting:
    """`shown`: (frames, rows, columns) or (frames, rows, columns, 3) of uint8; the lines in it; the sector's box."""

    shown: NDArray[np.uint8] = field(repr=False)
    lines: tuple[Line, ...]
    sector: Box | None = None


def paint(case: Case, persona: Persona, random: Random, noise: np.random.Generator) -> Painting:
    """A scene of this kind, and the lines of this person in it."""
    shape = LARGE if case.large else SLICE if case.kind in ("CT", "MR") else random.choice(SHAPES)
    contrasts = _contrasts(case, random)
    scene = _scene(case, shape, SURROUND[contrasts[0]], noise)
    if _has_flow(case, scene):
        scene.outside[_bar(shape).grown(4, shape).slices] = False
    lines = find_places(scene, _asked(case, persona, random, contrasts), random) if case.where != "nowhere" else []
    if case.where == "middle frame":
        lines = [replace(line, frames=(case.frames // 2,)) if line.identifying else line for line in lines]
    inks = [_value(case, line, random) for line in lines]
    frames = [_frame(case, scene, index, list(zip(lines, inks, strict=True))) for index in range(case.frames)]
    return Painting(np.stack(frames), tuple(lines), _bounds(scene) if case.regions != "none" else None)


def _contrasts(case: Case, random: Random) -> list[Contrast]:
    """The contrasts of a file: the first one decides what surrounds the picture."""
    first: list[Contrast]
    match case.kind:
        case "XA":
            return ["white on speckle"]
        case "CT" | "MR":
            return ["white on black", "white on black", "white on speckle"]
        case "SC":
            first = ["dark on bright", "grey on grey"]
        case _:
            first = ["white on black", "white on speckle", "grey on grey", "dark on bright"]
    if case.regions != "none":
        first = ["white on black"]
    chosen = random.choice(first)
    if case.storage.colour and SURROUND[chosen] == scenes.BLACK:
        return [chosen, "coloured", "coloured"]
    return [chosen, chosen, "white on speckle"] if case.kind != "SC" else [chosen]


def _scene(case: Case, shape: Shape, surround: float, noise: np.random.Generator) -> Scene:
    if case.kind in ("CT", "MR"):
        return scenes.body(shape, noise)
    if case.kind == "XA":
        return scenes.vessels(shape, noise)
    if case.kind == "SC" and surround == scenes.PAGE:
        return scenes.page(shape, noise)
    scene = scenes.sector(shape, noise, surround)
    if noise.random() < 0.4:
        scenes.calipers(scene, noise)
    if noise.random() < 0.3 and surround == scenes.BLACK:
        scenes.trace(scene)
    return scene


def _asked(case: Case, persona: Persona, random: Random, contrasts: list[Contrast]) -> list[tuple[Wording, Lettering]]:
    names, harmless = (8, 4) if case.large else (3, 1) if case.kind in ("CT", "MR") else (4, 2)
    wordings = identifying(persona, random, 11)
    random.shuffle(wordings)
    asked = [(one, _lettering(random.choice(contrasts), random)) for one in wordings[:names]]
    for one in measurements(random, harmless):
        inside = case.regions == "valid"  # a rule may blank all that is beside the regions
        how = _lettering("white on speckle" if inside else random.choice(contrasts), random)
        asked.append((one, replace(how, quarter_turns=0)))  # nobody writes them upright
    return asked


def _lettering(contrast: Contrast, random: Random) -> Lettering:
    size = random.choice(SIZES)
    style: Style = "smooth"
    if size in (BITMAP_PX, 2 * BITMAP_PX):
        style = "bitmap"
    elif size >= 12 and random.random() < 0.3:
        style = "hard"
    outlined = contrast == "white on speckle" and random.random() < 0.5
    return Lettering(size, style, contrast, int(random.random() < 0.08), outlined)


def _value(case: Case, line: Line, random: Random) -> NDArray[np.float64] | float:
    if line.contrast == "coloured":
        return np.array(random.choice(COLOURS), np.float64)
    return INK[line.contrast]


def _frame(
    case: Case, scene: Scene, index: int, lines: list[tuple[Line, NDArray[np.float64] | float]]
) -> NDArray[np.uint8]:
    image = scene.image.copy()
    if case.kind in ("CT", "MR"):
        image[scene.inside] += BRIGHTER * index
    elif case.kind != "SC":
        image[scene.inside] = np.roll(scene.image, SHIFT * index, 0)[scene.inside]
    if case.storage.colour:
        image = _coloured(image, scene, index) if _has_flow(case, scene) else np.repeat(image[..., None], 3, 2)
    for line, value in lines:
        if not line.frames or index in line.frames:
            blend(image, line, value, 255.0 if np.max(value) < 128 else 0.0)
    return np.clip(np.rint(image), 0, 255).astype(np.uint8)


def _coloured(image: NDArray[np.float64], scene: Scene, index: int) -> NDArray[np.float64]:
    """Flow in red and blue within the picture, and the bar that says how fast; what is beside it stays grey."""
    colours, (rows, columns) = np.repeat(image[..., None], 3, 2), image.shape
    row, column = np.mgrid[:rows, :columns]
    flow = np.hypot((row / rows - 0.55) / 0.1, (column / columns - 0.5 - 0.01 * index) / 0.09)
    for half, colour in ((column < columns // 2, (230, 60, 20)), (column >= columns // 2, (30, 80, 235))):
        colours[(flow < 1) & half & scene.inside] = colour
    place = _bar((rows, columns))
    bar, middle, height = slice(place.left, place.right), (place.top + place.bottom) // 2, place.shape[0] // 2
    colours[place.top : middle, bar] = np.linspace((255, 220, 60), (120, 0, 0), height)[:, None]
    colours[middle : place.bottom, bar] = np.linspace((0, 0, 120), (60, 230, 255), height)[:, None]
    return colours


def _bar(shape: Shape) -> Box:
    """Where the colours' scale is, at the lower right."""
    left, height = shape[1] - shape[1] // 12, shape[0] // 8
    return Box(shape[0] - 8 - 2 * height, left, shape[0] - 8, left + 6)


def _has_flow(case: Case, scene: Scene) -> bool:
    return case.storage.colour and bool(scene.inside.any()) and not scene.inside.all()


def _bounds(scene: Scene) -> Box:
    seen = np.argwhere(scene.inside)
    (top, left), (bottom, right) = seen.min(0), seen.max(0)
    return Box(int(top), int(left), int(bottom) + 1, int(right) + 1)
