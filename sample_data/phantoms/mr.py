"""A head in T1-weighted signal (arbitrary units): scalp, skull, brain, ventricles, eyes."""

import numpy as np

from .fields import Array, Points, Waves, blurred, depth, downsample, ellipsoid, slice_points

SHAPE, SPACING_MM, THICKNESS_MM = (176, 144), 1.35, 5.0
AIR, BONE, MARROW, FAT, SKIN, MUSCLE = 0, 45, 430, 980, 520, 330
FLUID, GREY, WHITE, EYE, BLOOD = 110, 415, 690, 120, 60

SULCI, FOLIA = Waves(51, 25, 44), Waves(52, 10)


def slice_signal(z: float, seed: int) -> Array:
    """One slice of the head at height `z` (mm), SHAPE, with receiver shading and Rician noise."""
    around = [z + THICKNESS_MM * share for share in (-0.3, 0, 0.3)]
    sharp = np.mean([downsample(_draw(slice_points(SHAPE, SPACING_MM, place))) for place in around], axis=0)
    points = slice_points(SHAPE, SPACING_MM, z)
    shading = downsample(1.05 - 0.0010 * points.y - 0.0005 * points.x + 0.000012 * (points.x**2 + points.y**2))
    random = np.random.RandomState(seed)
    return np.hypot(
        blurred(sharp, 0.6) * shading + random.normal(scale=13, size=SHAPE), random.normal(scale=13, size=SHAPE)
    )


def _draw(points: Points) -> Array:
    image = np.zeros(points.x.shape)
    crown = np.sqrt(np.clip(1 - (np.clip(points.z, -20, None) / 84) ** 2, 0.02, 1))  # the head narrows to its crown
    if points.z < -20:
        crown = np.sqrt(1 - (20 / 84) ** 2)
    skin = depth(points, (0, 4), (78 * crown, 99 * crown), 2.15) + 0.8 * points.coarse
    _scalp(points, image, skin)
    brain = skin - 15 / np.sqrt(crown) - points.coarse
    image[brain > -2.2] = FLUID - 40
    _brain(points, image, brain)
    _ventricles(points, image)
    if points.z < 0:
        _base(points, image, skin, brain)
    return image


def _scalp(points: Points, image: Array, skin: Array) -> None:
    front = np.clip((points.y + 40) / -60, 0, 1)
    image[skin > 0] = SKIN
    image[skin > 2] = (FAT - 60 + 50 * points.fine)[skin > 2]
    temporal = (np.abs(points.x) > 40) & (points.z < 25) & (np.abs(points.y + 14 - 0.2 * points.z) < 30) & (skin > 3.5)
    image[temporal] = MUSCLE
    image[skin > 6.5] = BONE
    diploe = np.abs(skin - 10.6 - front) < 2.1 + front - np.clip(np.abs(points.middle) - 0.7, 0, 1.2)
    image[diploe] = (MARROW + 60 * points.fine)[diploe]


def _brain(points: Points, image: Array, brain: Array) -> None:
    """Fluid in the sulci, grey matter along them and along the surface, white matter within."""
    x, y, z = points.x, points.y, points.z
    sulcus = np.abs(SULCI(points)) / SULCI.steepness(points)
    split = np.abs(x + 1.2 * points.coarse)
    callosum = (np.abs(y + 2) < 34) & (np.abs(z - 18) < 9)
    sulcus = np.where((y**2 > 36**2) | (z > 27), np.minimum(sulcus, split + 0.2), sulcus)
    sylvian = np.abs(y + 16 + 0.3 * (np.abs(x) - 45) + 4 * points.middle) + 40 * (np.abs(x) < 33)
    if -22 < z < 14:
        sulcus = np.minimum(sulcus, np.where(brain < 30, sylvian * 0.8, 99))
    reach = 22 + 5 * points.middle
    grey = ((sulcus < 3.4) & (brain < reach)) | (brain < 3.6) | ((split < 3.4) & ((y**2 > 36**2) | (z > 27)))
    fluid = ((sulcus < 0.8 + 0.5 * (brain < 6)) & (brain < reach - 4)) | (brain < 0)
    fluid |= (split < 0.9) & ((y**2 > 36**2) | (z > 27))
    within = brain > -0.5
    image[within] = (WHITE + 10 * points.fine)[within]
    image[within & grey & ~callosum] = (GREY + 12 * points.fine)[within & grey & ~callosum]
    image[within & grey & callosum & (brain < reach)] = GREY
    image[within & fluid] = FLUID
    for side in (-1, 1):
        for center, radii, degrees in (
            ((side * 12, 8, 2), (8.5, 14, 12), side * -14), ((side * 15, -24, 8), (5.5, 11, 16), side * -16),
            ((side * 26, -8, 0), (7, 17, 13), side * -14),
        ):  # fmt: skip
            nucleus = ellipsoid(points, center, radii, degrees) + 0.06 * points.middle < 1
            image[nucleus & within] = GREY + 30


def _ventricles(points: Points, image: Array) -> None:
    for side in (-1, 1):
        for center, radii, degrees in (
            ((side * 8, -26, 10), (4.5, 14, 14), side * -24), ((side * 10, 0, 21), (5.5, 30, 8), side * 8),
            ((side * 23, 30, 8), (6, 17, 14), side * 24), ((side * 31, 6, -16), (3, 13, 7), side * 10),
        ):  # fmt: skip
            image[ellipsoid(points, center, radii, degrees) + 0.05 * points.middle < 1] = FLUID
        plexus = ellipsoid(points, (side * 22, 28, 7), (2.4, 7, 5), side * 24) < 1
        image[plexus] = GREY + 20
    septum = (np.abs(points.x) < 1.1) & (np.abs(points.y + 18) < 18) & (np.abs(points.z - 14) < 14)
    image[septum] = WHITE - 60
    image[ellipsoid(points, (0, 4, 0), (2.4, 15, 13)) < 1] = FLUID


def _base(points: Points, image: Array, skin: Array, brain: Array) -> None:
    """Below the level of the ventricles: brain stem, cerebellum, temporal lobes, skull base, orbits, nose."""
    _hindbrain(points, image, brain)
    if points.z > -26:
        return
    x, y = np.abs(points.x), points.y
    face = (y < -28 - 0.25 * x) & (skin > 3)
    image[face] = (FAT - 120 + 60 * points.fine)[face]
    temple = ellipsoid(points, (0, -34, points.z), (74, 37, 1)) + 0.05 * points.middle < 1
    temple &= (x > 46 + 0.1 * y) & (skin > 5)
    image[temple] = (MUSCLE + 25 * points.fine)[temple]
    wing = np.abs(y + 26 + 0.42 * x) < 2.6 + 1.2 * points.middle
    image[wing & (x > 8) & (x < 66) & (skin > 6)] = BONE
    for side in (-1, 1):
        _orbit(points, image, side, skin)
    _nose(points, image)
    petrous = np.abs(y - 26 + 0.62 * x + 3 * points.middle)
    ridge = (petrous < 6.5) & (x > 15) & (x < 64) & (points.z < -34)
    image[ridge] = np.where(points.fine > 0.55, 300, BONE)[ridge]
    image[ridge & (x > 50) & (points.fine > -0.2)] = AIR


def _hindbrain(points: Points, image: Array, brain: Array) -> None:
    x, y, z = points.x, points.y, points.z
    if z > -12:
        return
    lower = ellipsoid(points, (0, 42, -42), (54, 38, 30)) + 0.04 * points.middle
    space = (lower < 1.07) & (brain > 0)
    image[space] = FLUID
    leaves = FOLIA(Points(x * 0.35, y + 0.004 * x**2, z)) + 0.12 * points.fine
    inner = ellipsoid(points, (0, 40, -42), (40, 24, 24)) + 0.16 * FOLIA(points)
    matter = np.where(inner < 0.85, WHITE - 30, np.where(leaves > 0.9, FLUID + 90, GREY + 20 + 40 * leaves.clip(-1, 1)))
    image[(lower < 1) & (brain > 0)] = matter[(lower < 1) & (brain > 0)]
    cistern = ellipsoid(points, (0, 2, -34), (25, 23, 26)) < 1
    image[cistern] = FLUID
    stem = np.minimum(ellipsoid(points, (0, 8, -40), (17, 15, 24)), ellipsoid(points, (0, 16, z), (11, 10, 1)))
    image[stem < 1] = (WHITE - 70 + 14 * points.fine)[stem < 1]
    image[ellipsoid(points, (0, 25, -40), (7, 4, 14)) < 1] = FLUID
    for center, radius in (((0, -5, z), 2.3), ((-13, -14, z), 2.6), ((13, -14, z), 2.6)):
        image[ellipsoid(points, center, (radius, radius, 1)) < 1] = BLOOD


def _nose(points: Points, image: Array) -> None:
    x, y = points.x, points.y
    cells = (np.abs(x) < 14) & (y < -30) & (y > -88)
    image[cells] = np.where(np.abs(FOLIA(points)) < 0.35, 340, AIR + 10)[cells]
    sphenoid = (ellipsoid(points, (0, -30, -44), (16, 13, 13)) < 1) & (np.abs(x - 2) > 1)
    image[sphenoid] = AIR
    image[(np.abs(x) < 1.2) & cells] = 330
    bridge = ellipsoid(points, (0, -80, points.z), (15, 31, 1), 0) + 0.012 * np.abs(x)
    image[(bridge < 1) & (y < -84)] = SKIN
    image[(bridge < 0.9) & (y < -84)] = FAT - 200
    image[(bridge < 0.66) & (y < -84)] = BONE


def _orbit(points: Points, image: Array, side: int, skin: Array) -> None:
    """Fat, the muscles that turn the eye, its nerve, and the eye."""
    x, y = points.x, points.y
    cone = (np.abs(x - side * (31 + 0.28 * (y + 60))) < 17 - 0.42 * (y + 72)) & (skin > 3) & (y < -34)
    image[cone] = FAT
    for offset, tilt in ((12, -0.42), (-10, 0.10)):
        muscle = np.abs(x - side * (31 + offset + (tilt + 0.28) * (y + 66))) < 2.4 - 0.004 * (y + 56) ** 2
        image[muscle & (y > -74) & (y < -38)] = MUSCLE + 40
    nerve = np.abs(x - side * (30 + 0.40 * (y + 62) + 1.5 * np.sin(y / 6))) < 2.0
    image[nerve & (y > -68) & (y < -36)] = WHITE - 180
    lid = ellipsoid(points, (side * 33, -75, -42), (17, 16, 20))
    image[(lid < 1) & (y < -76) & (skin < 6) & (skin > -3)] = SKIN - 60
    globe = ellipsoid(points, (side * 32, -74, -42), (12.6, 12.6, 12.6))
    image[globe < 1] = SKIN - 90
    image[globe < 0.88] = EYE
    lens = ellipsoid(points, (side * 32, -81.5, -42), (4.8, 2.4, 4.8))
    image[lens < 1] = 430
