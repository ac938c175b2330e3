"""Images without text: what an ultrasound machine shows, from a seed; values from 0 to 255, (rows, columns)."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Shape = tuple[int, int]
Image = NDArray[np.float64]
Mask = NDArray[np.bool_]
APART = 10  # pixels from a picture to what is written beside it
BLACK, PANEL, PAGE = 0.0, 62.0, 212.0  # what surrounds the sector: black, a dark grey panel, a bright page
TICK = 150.0
HALF_ANGLE = 0.72  # radians


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """An image with where its picture is, `inside`, and where nothing is that was seen through it, `outside`."""

    image: Image = field(repr=False)
    inside: Mask = field(repr=False)
    outside: Mask = field(repr=False)


def _far(rows: int) -> float:
    return 0.84 * rows


def _apex(shape: Shape) -> tuple[float, float]:
    return 0.06 * shape[0], 0.5 * shape[1]


def _polar(shape: Shape) -> tuple[Image, Image]:
    """Depth in pixels and angle from straight down, seen from the transducer."""
    row, column = np.mgrid[: shape[0], : shape[1]].astype(np.float64)
    top, middle = _apex(shape)
    return np.hypot(row - top, column - middle), np.arctan2(column - middle, row - top)


def speckle(shape: Shape, random: np.random.Generator) -> Image:
    """What coherent waves make of tissue: Rayleigh, mean 1, longer across than in depth."""
    field_ = random.standard_normal(shape) + 1j * random.standard_normal(shape)
    rows, columns = np.fft.fftfreq(shape[0])[:, None], np.fft.fftfreq(shape[1])[None]
    smooth = np.fft.ifft2(np.fft.fft2(field_) * np.exp(-((rows / 0.22) ** 2) - (columns / 0.13) ** 2))
    envelope = np.abs(smooth)
    return np.asarray(envelope / envelope.mean())


def tissue(shape: Shape, random: np.random.Generator) -> Image:
    """How strongly tissue sends sound back: layers, two dark cysts and a bright bone with its shadow."""
    depth, angle = _polar(shape)
    strength = 0.75 + 0.25 * np.sin(depth / (0.05 * shape[0]) + 2 * np.sin(3 * angle + random.uniform(0, 6)))
    for _ in range(2):
        distance, side, size = random.uniform(0.3, 0.7), random.uniform(-0.4, 0.4), random.uniform(0.05, 0.11)
        inside = ((depth / shape[0] - distance) / size) ** 2 + ((angle - side) / (1.7 * size)) ** 2 < 1
        strength[inside] = 0.04
    side, distance = random.uniform(-0.5, 0.5), random.uniform(0.5, 0.7)
    bone = (np.abs(angle - side) < 0.09) & (depth > distance * shape[0])
    strength[bone] = 0.05
    strength[bone & (depth < (distance + 0.02) * shape[0])] = 1.8
    return strength


def sector(shape: Shape, random: np.random.Generator, surround: float = BLACK) -> Scene:
    """A sector of speckle, compressed by logarithm, with what stands beside it: grey bar, ticks of depth, focus."""
    depth, angle = _polar(shape)
    inside = (depth > 0.07 * shape[0]) & (depth < _far(shape[0])) & (np.abs(angle) < HALF_ANGLE)
    echo = speckle(shape, random) * tissue(shape, random) * np.exp(-depth / (1.6 * shape[0]))
    image = np.full(shape, surround) + (random.normal(0, 1.5, shape) if surround else 0)
    image[inside] = np.clip(118 + 44 * np.log(echo[inside] + 0.04), 2, 200)
    near = (depth > 0.07 * shape[0] - APART) & (depth < _far(shape[0]) + APART) & (np.abs(angle) < HALF_ANGLE + 0.06)
    scene = Scene(image, inside, ~near)
    grey_bar(scene)
    depth_ticks(scene)
    return scene


def body(shape: Shape, random: np.random.Generator) -> Scene:
    """A slice through a body in the air, as CT or MR have it."""
    row, column = np.mgrid[: shape[0], : shape[1]].astype(np.float64)
    distance = np.hypot((row / shape[0] - 0.52) / 0.33, (column / shape[1] - 0.5) / 0.40)
    image = np.where(distance < 1, 105.0, 4.0)
    image[distance < 0.9] = 125
    for _ in range(6):
        place, size = random.uniform(-0.45, 0.45, 2), random.uniform(0.04, 0.12)
        organ = np.hypot(row / shape[0] - 0.52 - 0.5 * place[0], column / shape[1] - 0.5 - 0.6 * place[1]) < size
        image[organ] = random.uniform(60, 190)
    image += random.normal(0, 1.2, shape) + (distance < 1) * random.normal(0, 6, shape)
    return Scene(image, distance < 0.95, distance > 1.08)


def vessels(shape: Shape, random: np.random.Generator) -> Scene:
    """Dark vessels before a bright field, as X-ray angiography has it."""
    row, column = np.mgrid[: shape[0], : shape[1]].astype(np.float64)
    image = 118 + 26 * np.sin(row / shape[0] * 2.2) + random.normal(0, 5, shape)
    for _ in range(5):
        start, bend, width = random.uniform(0.15, 0.85), random.uniform(0.05, 0.2), random.uniform(0.006, 0.02)
        middle = shape[1] * (start + bend * np.sin(row / shape[0] * random.uniform(2, 7)))
        image -= 55 * np.exp(-(((column - middle) / (width * shape[1])) ** 2))
    everywhere = np.ones(shape, np.bool_)
    return Scene(image, everywhere, ~everywhere)


def page(shape: Shape, random: np.random.Generator) -> Scene:
    """A bright page with a frame, ruled lines and a curve: what a workstation prints."""
    image = np.full(shape, PAGE)
    rows, columns = shape
    image[[6, rows - 7], 6:-6], image[6:-6, [6, columns - 7]] = 90, 90
    across = np.arange(columns // 2, columns - 20)
    curve = rows * (0.75 + 0.12 * np.sin(across / columns * random.uniform(12, 30)))
    image[np.rint(curve).astype(int), across] = 60
    for row in range(rows // 2, rows - 16, 18):
        image[row, columns // 2 : columns - 20] = 175
    left = np.ones(shape, np.bool_)
    left[rows // 2 - 12 :, columns // 2 - 12 :] = False
    left[:12], left[-12:], left[:, :12], left[:, -12:] = False, False, False, False
    return Scene(image, np.zeros(shape, np.bool_), left)


def grey_bar(scene: Scene) -> None:
    """The bar of greys at the left."""
    rows, columns = scene.image.shape
    top, bottom, left = rows // 5, rows // 2, columns // 50
    scene.image[top:bottom, left : left + max(columns // 85, 4)] = np.linspace(255, 0, bottom - top)[:, None]


def depth_ticks(scene: Scene) -> None:
    """A scale at the right, every fifth tick longer, and a triangle at the depth of focus."""
    rows, columns = scene.image.shape
    right, ink = columns - columns // 40, TICK if scene.image[0, 0] < 128 else 255 - TICK
    for number, row in enumerate(range(rows // 8, rows - rows // 9, max(rows // 48, 4))):
        scene.image[row, right - (8 if number % 5 == 0 else 4) : right] = ink
    for step in range(6):
        scene.image[rows // 2 - step : rows // 2 + step + 1, right + 9 - step] = ink


def calipers(scene: Scene, random: np.random.Generator) -> None:
    """Two crosses with dots between them, and a dotted ellipse, as one measures with."""
    inside = np.argwhere(scene.inside)
    for _ in range(2):
        (top, left), (bottom, right) = inside[random.integers(len(inside), size=2)]
        for row, column in ((top, left), (bottom, right)):
            _dot(scene.image, row, column, 5, 1)
            _dot(scene.image, row, column, 1, 5)
        for share in np.linspace(0, 1, 25):
            _dot(scene.image, round(top + share * (bottom - top)), round(left + share * (right - left)), 1, 1)
    row, column = inside[len(inside) // 2]
    for turn in np.linspace(0, 2 * np.pi, 60, endpoint=False):
        _dot(scene.image, round(row + 60 * np.sin(turn)), round(column + 95 * np.cos(turn)), 1, 1)


def _dot(image: Image, row: int, column: int, high: int, wide: int) -> None:
    image[max(row - high // 2, 0) : row + high // 2 + 1, max(column - wide // 2, 0) : column + wide // 2 + 1] = 235


def trace(scene: Scene) -> None:
    """A heart's curve along the lower edge."""
    rows, columns = scene.image.shape
    beat = np.arange(columns) % max(columns // 7, 24) / max(columns // 7, 24)
    height = 1.0 * np.exp(-(((beat - 0.4) / 0.025) ** 2)) + 0.25 * np.exp(-(((beat - 0.65) / 0.06) ** 2))
    row = np.rint(rows - 12 - height * 0.05 * rows).astype(int)
    for column in range(1, columns):
        first, last = sorted((row[column - 1], row[column]))
        scene.image[first : last + 1, column] = 190
