"""A colour ultrasound clip of liver and kidney, with the patient's name drawn into its pixels."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from .fields import Array, Points, Waves, blurred, ellipsoid

SHAPE, FRAMES, SPACING_MM = (240, 320), 8, 0.62
APEX, NEAR_MM, FAR_MM, HALF_ANGLE = (160.0, -36.0), 48.0, 160.0, 0.60
INTERFACES, TISSUE = Waves(71, 26), Waves(72, 12)


def clip(lines: list[str]) -> NDArray[np.uint8]:
    """The frames (frames, rows, columns, 3), RGB, with `lines` of text burned in."""
    places = np.mgrid[: SHAPE[0], : SHAPE[1]].astype(float)
    x, y = (places[1] - APEX[0]) * SPACING_MM, (places[0] - APEX[1]) * SPACING_MM
    radius, angle = np.hypot(x, y), np.arctan2(x, y)
    sector = (radius > NEAR_MM) & (radius < FAR_MM) & (np.abs(angle) < HALF_ANGLE)
    speckle = _speckle(radius, angle)
    frames = [_frame(Points(x, y, 0.5 * number), radius, sector, speckle, number) for number in range(FRAMES)]
    return np.stack([_lettered(frame, lines, number) for number, frame in enumerate(frames, 1)])


def _speckle(radius: Array, angle: Array) -> Array:
    """Fully developed speckle, finer along the beam than across it, brought from the beams' grid to the picture's."""
    random = np.random.RandomState(70)
    real, imaginary = (blurred(random.normal(size=(420, 190)), 1.1) for _ in range(2))
    beams = np.hypot(real, imaginary)
    row = np.clip((radius - NEAR_MM) / (FAR_MM - NEAR_MM) * 419, 0, 419).astype(int)
    column = np.clip((angle / HALF_ANGLE + 1) * 94.5, 0, 189).astype(int)
    return beams[row, column] / beams.mean()


def _frame(points: Points, radius: Array, sector: NDArray[np.bool_], speckle: Array, number: int) -> NDArray[np.uint8]:
    echo = 0.30 + 0.05 * TISSUE(points)
    wall = np.abs(INTERFACES(points)) < 0.06
    echo[wall] = 0.75
    echo[radius < NEAR_MM + 9] = 0.8
    kidney = ellipsoid(points, (16, 98, 0), (34, 17, 40), 14) + 0.04 * points.coarse
    sinus = ellipsoid(points, (16, 98, 0), (19, 6, 30), 14) + 0.25 * TISSUE(points)
    echo[kidney < 1.07] = 0.95
    echo[kidney < 1] = 0.17
    echo[sinus < 1] = 0.95
    vein = np.abs(points.y - 78 + 0.30 * points.x - 4 * np.sin(points.x / 16)) < 4.2
    vein &= points.x < -2
    echo[np.abs(ellipsoid(points, (-26, 112, 0), (10, 8, 20)) - 0.5) < 0.5] = 0.02
    echo[vein] = 0.03
    diaphragm = np.abs(np.hypot(points.x + 10, points.y - 52) - 92 + 2 * points.coarse) < 1.5
    echo[diaphragm] = 2.6
    behind = np.hypot(points.x + 10, points.y - 52) > 94
    echo[behind] *= 0.45
    loss = np.exp(-(((radius - 95) / 75) ** 2))
    grey = np.where(sector, 255 * (0.62 + 0.42 * np.log10(np.maximum(echo * speckle * loss, 1e-3))), 0)
    picture = np.repeat(np.clip(grey, 0, 255)[..., None], 3, axis=2)
    _doppler(picture, points, vein & sector, number)
    return picture.astype(np.uint8)


def _doppler(picture: Array, points: Points, vein: NDArray[np.bool_], number: int) -> None:
    """Flow in the vessel as colour, quicker and slower over the clip."""
    flow = (0.65 + 0.3 * np.sin(2 * np.pi * number / FRAMES)) * (1 + 0.15 * TISSUE(points))
    coloured = vein & (points.x > -46) & (flow > 0.2)
    hue = np.stack([255 * np.minimum(flow, 1), 190 * (flow - 0.45).clip(0, 1), 20 + 0 * flow], -1)
    picture[coloured] = hue[coloured].clip(0, 255)


def _lettered(frame: NDArray[np.uint8], lines: list[str], number: int) -> NDArray[np.uint8]:
    image = Image.fromarray(frame)
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(size=11)
    for row, line in enumerate(lines):
        draw.text((4, 2 + 12 * row), line, fill=(240, 240, 240), font=font)
    draw.text((4, SHAPE[0] - 14), f"C5-2  3.5MHz  16cm  fr {number}/{FRAMES}", fill=(120, 200, 120), font=font)
    draw.line([(84, 66), (108, 147), (172, 128), (166, 52), (84, 66)], fill=(255, 255, 255))
    for mark in range(16):
        x = SHAPE[1] - (10 if mark % 5 == 0 else 7)
        draw.line([(x, 24 + mark * 13), (SHAPE[1] - 4, 24 + mark * 13)], fill=(200, 200, 200))
    for step in range(60):
        draw.line([(4, 190 - step), (9, 190 - step)], fill=(step * 4,) * 3)
        red = (255, max(0, 8 * step - 300), 0) if step > 30 else (0, max(0, 180 - 8 * step), 255)
        draw.line([(14, 190 - step), (19, 190 - step)], fill=red)
    return np.asarray(image)
