"""A chest and upper abdomen in Hounsfield units, contrast medium in the veins."""

import numpy as np
from numpy.typing import NDArray

from .fields import (
    Array,
    Points,
    Waves,
    blurred,
    depth,
    downsample,
    ellipsoid,
    inside,
    slice_points,
    tomographic_noise,
    tree,
)

SHAPE, SPACING_MM, THICKNESS_MM = (192, 240), 1.6, 5.0
AIR, LUNG, FAT, MUSCLE, WATER, BLOOD = -1000, -860, -102, 55, 8, 182

BODY = Waves(1, 170)
PULMONARY = [
    *tree(11, (-36, 8, 62), (-82, -2, 36), (58, 84, 75), 420, 1.0),
    *tree(12, (-34, 16, 52), (-80, 10, 26), (58, 84, 75), 320, 1.0),
    *tree(13, (44, 16, 64), (92, -2, 36), (54, 84, 75), 380, 1.0),
    *tree(14, (46, 22, 54), (90, 12, 26), (54, 84, 75), 280, 1.0),
]
HEPATIC = [
    *tree(31, (-24, 16, 6), (-62, -10, -14), (74, 76, 42), 34, 1.9),
    *tree(32, (-30, 8, -30), (-64, -4, -34), (72, 76, 42), 34, 1.9),
]
NODULES = (((-98, 12, 36), 6.5), ((92, 34, 24), 5.0), ((-62, -52, 56), 4.2), ((104, -12, 55), 7.5))


def slice_hounsfield(z: float, seed: int) -> Array:
    """One slice of the phantom at table position `z` (mm), SHAPE, with noise."""
    around = [z + THICKNESS_MM * share for share in (-0.33, 0, 0.33)]
    clean = np.mean([downsample(_draw(slice_points(SHAPE, SPACING_MM, place))) for place in around], axis=0)
    noise = tomographic_noise(seed, SHAPE, 11)
    points = slice_points(SHAPE, SPACING_MM, z)
    loaded = downsample(np.exp(-((points.x / 150) ** 2) - (points.y / 110) ** 2))
    return blurred(clean, 0.55) + noise * (0.45 + 0.75 * loaded)


def _draw(points: Points) -> Array:
    across, along = BODY(points), BODY(Points(points.x, points.y, points.z + 90))
    warped = Points(points.x + 3.0 * across, points.y + 3.0 * along, points.z)
    image = np.full(points.x.shape, float(AIR))
    _couch(points, image)
    cage = depth(warped, (0, 1), (136, 84), 2.35) - 9 * np.exp(-((warped.x / 24) ** 2)) * (warped.y > 40)
    _wall(warped, image, cage)
    chest = (cage > 0) & (points.z > _diaphragm(warped))
    _chest(warped, image, chest, cage)
    _abdomen(warped, image, (cage > 1.5) & ~chest)
    _vessels_before_the_spine(warped, image)
    _spine(points, image)
    return image


def _couch(points: Points, image: Array) -> None:
    curve = points.y - 128 + points.x**2 / 1150
    table = (np.abs(points.x) < 175) & (curve > 0) & (curve < 15)
    image[table] = -880
    image[table & ((curve < 2.2) | (curve > 12.8) | (np.abs(points.x) > 172.5))] = -250


def _wall(points: Points, image: Array, cage: Array) -> None:
    """Skin, fat, muscle, ribs, cartilage, breastbone."""
    x, y, z = points.x, points.y, points.z
    skin = depth(points, (0, 6), (168, 118 - 0.05 * (z - 10)), 2.35)
    for side in (-1, 1):
        breast = (1 - ellipsoid(points, (side * 84, -80, 62), (58, 44, 62), side * 22)) * 44
        skin = np.maximum(skin, breast)
    image[skin > 0] = 35
    image[skin > 2.4] = (FAT + 5 * points.fine)[skin > 2.4]
    for side in (-1, 1):
        gland = ellipsoid(points, (side * 88, -95, 66), (34, 17, 40), side * 26)
        image[(gland + 0.22 * points.coarse + 0.2 * points.fine < 0.72) & (skin > 7)] = 28
    outer = cage + 17 + 4 * points.coarse + 15 * np.exp(-(((np.abs(x) - 36) / 30) ** 2)) * (y > 30)
    muscle = (outer > 0) & (skin > 5)
    striae = (np.abs(outer - 7.5 - 2 * points.middle) < 0.9) & (cage < -9.5)
    image[muscle] = (MUSCLE + 4 * points.fine)[muscle]
    image[muscle & striae] = FAT + 25
    _ribs(points, image, cage)
    board = ((x - 1) / 19) ** 2 + ((cage + 6) / 6.5) ** 2
    sternum = (y < 0) & (z > 4 + 5 * np.cos(x / 12)) & (board < 1)
    image[sternum] = np.where(board < 0.5, 150, 420)[sternum]


def _ribs(points: Points, image: Array, cage: Array) -> None:
    x, y, z = points.x, points.y, points.z
    around = np.arctan2(np.abs(x), y - 10) / np.pi  # 0 at the spine, 1 at the breastbone
    phase = (z + 128 * around + np.where(x < 0, 9, 4)) / 27
    height = (phase - np.floor(phase) - 0.5) * 27
    cut = (height / 5.4) ** 2 + ((cage + 4.6) / 4.6) ** 2
    end = np.clip(0.72 + z / 260, 0.5, 0.78)
    bone = (cut < 1) & (around < end) & (around > 0.08)
    image[bone] = np.where(cut < 0.42, 240, 720)[bone]
    cartilage = (cut < 1) & (around >= end) & (around < end + 0.2) & (z > -45)
    image[cartilage] = 105


def _diaphragm(points: Points) -> Array:
    """The height (mm) of the diaphragm over each point."""
    x, y = points.x, points.y
    deep = np.where(y < -10, 122.0, 92.0)
    right = 27 - 80 * np.hypot((x + 62) / 80, (y + 10) / deep) ** 3
    left = 12 - 68 * np.hypot((x - 66) / 77, (y + 10) / deep) ** 3
    middle = 10 - 70 * ((x / 60) ** 2 + ((y + 30) / 66) ** 2)
    return np.maximum(np.maximum(right, left), middle) + 2.5 * points.coarse


def _chest(points: Points, image: Array, chest: NDArray[np.bool_], cage: Array) -> None:
    x, y, z = points.x, points.y, points.z
    front = ellipsoid(points, (4, -60, z), (22 + 0.2 * z, 44, 1)) + 0.10 * points.coarse
    back = ellipsoid(points, (6, 38, z), (29, 62, 1)) + 0.12 * points.coarse
    heart = ellipsoid(points, (20, -30, 50), (66, 45, 52), 24) + 0.03 * points.coarse
    mediastinum = (np.minimum(front, back) < 1) | (heart < 1.05)
    lung = chest & ~mediastinum
    gravity = LUNG + 0.30 * (y + 40) + 9 * points.fine + 7 * points.middle
    image[lung] = gravity[lung]
    fissure = np.abs(y - 12 + 0.55 * (z - 45) - 0.22 * np.abs(x) + 3 * points.coarse) < 0.5
    image[lung & fissure] = -690
    image[lung & inside(points, PULMONARY)] = 45
    for center, radius in NODULES:
        image[lung & (ellipsoid(points, center, (radius,) * 3) + 0.12 * points.fine < 1)] = 38
    image[chest & mediastinum] = FAT + 12
    _heart(points, image, chest & (heart < 1), heart)


def _heart(points: Points, image: Array, region: NDArray[np.bool_], heart: Array) -> None:
    x, y = points.x, points.y
    image[region] = (FAT + 22 + 6 * points.fine)[region]
    image[region & (heart < 0.94)] = 104
    for center, radii, degrees in (
        ((48, -27, 42), (31, 16, 40), 33), ((10, -54, 42), (32, 11, 36), 27),
        ((-22, -30, 52), (17, 21, 28), 8), ((10, -4, 68), (32, 13, 24), 6),
    ):  # fmt: skip
        image[region & (ellipsoid(points, center, radii, degrees) + 0.10 * points.middle < 1)] = BLOOD
    muscle = ellipsoid(points, (40, -24, 38), (7, 4, 22), 20)
    image[region & (muscle < 1)] = 108
    groove = np.abs(x - 4 + 0.55 * (y + 34) + 5 * points.middle + 0.012 * (y + 30) ** 2) < 1.6
    image[region & groove & ((y < -52) | (y > -14)) & (y < 4)] = FAT + 60
    coronary = ellipsoid(points, (0, -62, 50), (2.2, 2.2, 60)) < 1
    image[region & coronary] = 200


def _abdomen(points: Points, image: Array, belly: NDArray[np.bool_]) -> None:
    x, y, z = points.x, points.y, points.z
    roof = _diaphragm(points) - z
    inner = belly & (roof > 3)
    image[belly] = MUSCLE
    image[inner] = (FAT + 6 * points.fine)[inner]
    right = ellipsoid(points, (-66, -4, -28), (82, 88, 66), 8)
    left = ellipsoid(points, (8, -48, -14), (78, 36, 40), -8)
    liver = inner & (np.minimum(right, left) + 0.05 * points.coarse < 1) & ((x < 4) | (y < -18 - 0.12 * x))
    hilum = ellipsoid(points, (-16, 8, -40), (25, 12, 32), 20) < 1
    liver &= ~(hilum & (z < -12))
    image[liver] = (106 + 3 * points.fine + 2 * points.middle)[liver]
    image[liver & inside(points, HEPATIC)] = 160
    for center, radius, value in (((-98, -28, -20), 9, WATER), ((-72, 34, -36), 13, 62), ((26, -56, -12), 5, WATER)):
        image[liver & (ellipsoid(points, center, (radius, radius, radius)) < 1)] = value
    bladder = ellipsoid(points, (-48, -42, -52), (15, 24, 22), 20)
    image[inner & (bladder < 1.1)] = 70
    image[inner & (bladder < 1)] = WATER + 4
    _left_side(points, image, inner & ~liver)


def _left_side(points: Points, image: Array, region: NDArray[np.bool_]) -> None:
    """Stomach, spleen, kidneys, bowel, pancreas and the fat's small vessels."""
    y, z = points.y, points.z
    small = np.abs(points.middle) + np.abs(points.fine) < 0.10
    image[region & small & (z < -5)] = 90
    spleen = ellipsoid(points, (96, 34, -26), (34, 52, 44), -24) + 0.05 * points.coarse
    hollow = ellipsoid(points, (70, 18, -26), (23, 38, 46), -20)
    image[region & (spleen < 1) & (hollow > 1)] = 124
    stomach = ellipsoid(points, (54, -22, -22), (46, 36, 46), 38) + 0.05 * points.coarse
    image[region & (stomach < 1) & (spleen > 1)] = 68
    image[region & (stomach < 0.9) & (spleen > 1)] = (24 + 9 * points.middle)[region & (stomach < 0.9) & (spleen > 1)]
    image[region & (stomach < 0.9) & (y < -38) & (spleen > 1)] = AIR + 20
    pancreas = ellipsoid(points, (22, 12, -44), (44, 9, 14), -22) + 0.25 * points.fine
    image[region & (pancreas < 1) & (stomach > 1)] = 95
    for side, height in ((-1, -58), (1, -48)):
        kidney = ellipsoid(points, (side * 62, 50, height), (27, 23, 46), side * 35)
        calyces = ellipsoid(points, (side * 55, 44, height), (13, 11, 24), side * 35)
        image[region & (kidney < 1)] = 182
        image[region & (kidney < 0.74)] = (138 + 22 * points.middle)[region & (kidney < 0.74)]
        image[region & (calyces < 1)] = FAT + 15
        image[region & (np.abs(ellipsoid(points, (side * 44, 42, height + 50), (17, 2.4, 16), side * 55)) < 1)] = 85
    colon = ellipsoid(points, (96, -40, -52), (22, 20, 24)) + 0.1 * points.middle
    image[region & (colon < 1)] = 55
    image[region & (colon < 0.86)] = np.where(points.fine > 0.1, -160, 20)[region & (colon < 0.86)]
    image[region & (colon < 0.86) & (y < -46)] = AIR + 30


def _vessels_before_the_spine(points: Points, image: Array) -> None:
    bend = np.clip((20 - points.z) / 60, 0, 1)
    aorta = ellipsoid(points, (24 - 14 * bend, 44 - 3 * bend, points.z), (12.5, 12.5, 1))
    image[aorta < 1.1] = 70
    image[aorta < 1] = BLOOD + 4
    cava = ellipsoid(points, (-21, 28, -20), (13, 11, 62))
    image[cava < 1] = 158
    azygos = ellipsoid(points, (-7, 47, points.z), (3.6, 3.6, 1))
    image[azygos < 1] = 130
    gullet = ellipsoid(points, (10 + 16 * bend, 28 - 22 * bend, 60), (8.5, 6.5, 66))
    image[gullet < 1] = 60
    image[gullet < 0.26] = -500
    for side in (-1, 1):
        crus = ellipsoid(points, (side * 12 + 2, 38, -45), (4.5, 22, 48), side * 24)
        image[(crus < 1) & (aorta > 1.1) & (cava > 1)] = MUSCLE + 5


def _spine(points: Points, image: Array) -> None:
    x, y, z = points.x, points.y, points.z
    level = np.abs((z / 28 - np.floor(z / 28)) - 0.5) * 2  # 0 in the middle of a vertebra, 1 in the disc
    body = ellipsoid(points, (0, 68, z), (18 + 2 * level, 15.5, 1))
    body += 0.10 * np.exp(-(((y - 84) / 6) ** 2) - (x / 9) ** 2)
    trabeculae = 185 + 38 * points.fine
    image[body < 1] = 95 if level > 0.86 else np.where(body < 0.9, trabeculae, 560)[body < 1]
    arch = ellipsoid(points, (0, 91, z), (16, 13, 1))
    image[(arch < 1) & (body > 1)] = 480
    for side in (-1, 1):
        process = ellipsoid(points, (side * 26, 93, z), (17, 5.5, 1), side * 24) if level < 0.7 else arch
        image[(process < 1) & (body > 1)] = np.where(process < 0.6, 260, 560)[(process < 1) & (body > 1)]
    spinous = (np.abs(x) < 3.8 - 0.06 * (y - 100)) & (y > 98) & (y < 119 - 9 * level)
    image[spinous] = np.where(np.abs(x) < 1.8, 260, 520)[spinous]
    canal = ellipsoid(points, (0, 91, z), (10.5, 8.5, 1))
    image[canal < 1] = 2
    image[ellipsoid(points, (0, 91, z), (6.0, 4.4, 1)) < 1] = 42
