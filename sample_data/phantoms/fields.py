"""Shapes and noise in millimetres that every phantom is built from. Points are (x, y, z) arrays, LPS directions."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Triple = tuple[float, float, float]
OVERSAMPLING = 2


class Segment(NamedTuple):
    """A tapering piece of a vessel."""

    start: Array
    stop: Array
    radius_start: float
    radius_stop: float


@dataclass(frozen=True)
class Points:
    """The places of one slice: x to the patient's left, y to the back, z to the head (mm), and noise there."""

    x: Array
    y: Array
    z: float

    @cached_property
    def coarse(self) -> Array:
        """Noise as large as an organ is uneven."""
        return COARSE(self)

    @cached_property
    def middle(self) -> Array:
        """Noise as large as the lobules of an organ."""
        return MIDDLE(self)

    @cached_property
    def fine(self) -> Array:
        """Noise as fine as tissue's texture."""
        return FINE(self)


def slice_points(shape: tuple[int, int], spacing_mm: float, z: float) -> Points:
    """The centres of the oversampled pixels of a slice around (0, 0)."""
    rows, columns = (n * OVERSAMPLING for n in shape)
    step = spacing_mm / OVERSAMPLING
    y, x = np.mgrid[:rows, :columns]
    return Points((x - (columns - 1) / 2) * step, (y - (rows - 1) / 2) * step, z)


def downsample(image: Array) -> Array:
    """The mean of each block of oversampled pixels: edges as soft as partial volume makes them."""
    rows, columns = (n // OVERSAMPLING for n in image.shape)
    return image.reshape(rows, OVERSAMPLING, columns, OVERSAMPLING).mean((1, 3))


@dataclass(frozen=True)
class Waves:
    """A smooth random field of about unit variance with a given wavelength (mm): a sum of plane waves."""

    seed: int
    wavelength_mm: float
    count: int = 28
    vectors: Array = field(init=False)
    phases: Array = field(init=False)

    def __post_init__(self) -> None:
        random = np.random.RandomState(self.seed)
        directions = random.normal(size=(self.count, 3))
        directions /= np.linalg.norm(directions, axis=1, keepdims=True)
        lengths = 2 * np.pi / (self.wavelength_mm * random.uniform(0.7, 1.5, (self.count, 1)))
        object.__setattr__(self, "vectors", directions * lengths)
        object.__setattr__(self, "phases", random.uniform(0, 2 * np.pi, self.count))

    def __call__(self, points: Points) -> Array:
        """The field's value at each point."""
        return self._sum(points, np.cos, np.ones(self.count))

    def steepness(self, points: Points) -> Array:
        """The length of the field's gradient within the slice (per mm)."""
        return np.hypot(*(self._sum(points, np.sin, self.vectors[:, axis]) for axis in (0, 1))) + 1e-6

    def _sum(self, points: Points, function: np.ufunc, weights: Array) -> Array:
        total = np.zeros_like(points.x)
        for (kx, ky, kz), phase, weight in zip(self.vectors, self.phases, weights, strict=True):
            total += weight * function(kx * points.x + ky * points.y + (kz * points.z + phase))
        return total * np.sqrt(2 / self.count)


COARSE, MIDDLE, FINE = Waves(2, 60), Waves(4, 34), Waves(3, 14)


def ellipsoid(points: Points, center: Triple, radii: Triple, degrees: float = 0) -> Array:
    """0 at the centre, 1 on the surface; turned in the plane of the slice."""
    angle = np.deg2rad(degrees)
    x, y = points.x - center[0], points.y - center[1]
    along, across = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    return np.sqrt((along / radii[0]) ** 2 + (across / radii[1]) ** 2 + ((points.z - center[2]) / radii[2]) ** 2)


def depth(points: Points, center: tuple[float, float], radii: tuple[float, float], power: float) -> Array:
    """How far (mm) each point lies inside a superellipse, along the ray from its centre; negative outside."""
    x, y = points.x - center[0], points.y - center[1]
    level = (np.abs(x / radii[0]) ** power + np.abs(y / radii[1]) ** power) ** (1 / power) + 1e-9
    return np.hypot(x, y) * (1 / level - 1)


def tree(seed: int, root: Triple, center: Triple, radii: Triple, leaves: int, leaf_radius: float) -> list[Segment]:
    """A vessel that branches from `root` to random places in an ellipsoid.

    The nearer places are reached first, each from the nearest piece there is; pieces widen by Murray's law, r³ = Σ r³.
    """
    random = np.random.RandomState(seed)
    targets = random.uniform(-1, 1, (3 * leaves, 3))
    targets = np.array(center) + targets[np.linalg.norm(targets, axis=1) < 1][:leaves] * radii
    nodes, parents, ends = [np.array(root, float)], [0], []
    for target in targets[np.argsort(np.linalg.norm(targets - root, axis=1))]:
        parent = int(np.argmin(np.linalg.norm(np.array(nodes) - target, axis=1)))
        start = nodes[parent]
        for share in np.linspace(0, 1, 2 + int(np.linalg.norm(target - start) / 6))[1:]:
            nodes.append(start + (target - start) * share + random.normal(scale=0.5, size=3))
            parents.append(parent)
            parent = len(nodes) - 1
        ends.append(parent)
    volumes = np.zeros(len(nodes))
    volumes[ends] = leaf_radius**3
    for index in range(len(nodes) - 1, 0, -1):
        volumes[parents[index]] += volumes[index]
    width = np.cbrt(volumes)
    return [Segment(nodes[p], nodes[n], width[n], width[n]) for n, p in enumerate(parents) if n]


def inside(points: Points, segments: list[Segment]) -> NDArray[np.bool_]:
    """Which points lie inside any of the vessel pieces."""
    mask = np.zeros(points.x.shape, bool)
    for start, stop, radius_start, radius_stop in segments:
        if not min(start[2], stop[2]) - radius_start <= points.z <= max(start[2], stop[2]) + radius_start:
            continue
        low, high = np.minimum(start, stop) - radius_start, np.maximum(start, stop) + radius_start
        columns = slice(*np.searchsorted(points.x[0], (low[0], high[0])))
        rows = slice(*np.searchsorted(points.y[:, 0], (low[1], high[1])))
        x, y = points.x[rows, columns], points.y[rows, columns]
        offset = np.stack([x - start[0], y - start[1], np.full_like(x, points.z - start[2])], -1)
        along = stop - start
        share = np.clip(offset @ along / (along @ along), 0, 1)
        distance = np.linalg.norm(offset - share[..., None] * along, axis=-1)
        mask[rows, columns] |= distance < radius_start + (radius_stop - radius_start) * share
    return mask


def filtered(image: Array, response: Callable[[Array], Array]) -> Array:
    """The image with each spatial frequency (cycles per pixel) scaled by `response(frequency)`."""
    rows, columns = image.shape
    frequency = np.hypot(np.fft.fftfreq(rows)[:, None], np.fft.rfftfreq(columns)[None])
    return np.fft.irfft2(np.fft.rfft2(image) * response(frequency), image.shape)


def blurred(image: Array, sigma_pixels: float) -> Array:
    """The image through a Gaussian of this width."""
    return filtered(image, lambda f: np.exp(-2 * (np.pi * sigma_pixels * f) ** 2))


def tomographic_noise(seed: int, shape: tuple[int, int], deviation: float) -> Array:
    """Noise as filtered back projection leaves it: little of the low, little of the highest frequencies."""
    noise = filtered(np.random.RandomState(seed).normal(size=shape), lambda f: (f + 0.01) * np.exp(-((f / 0.22) ** 2)))
    return noise * (deviation / noise.std())
