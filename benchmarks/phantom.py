"""A liver-like body with a stereotactic dose on a large grid, the same for every program."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

SHAPE = (200, 256, 256)
SPACING_MM = 1.5
_GAMMA_WINDOW = (slice(40, 160), slice(60, 190), slice(40, 180))


@dataclass(frozen=True)
class Phantom:
    """Where the voxels lie, the body as a mask and as outlines, and two doses."""

    axes_mm: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]
    mask: NDArray[np.bool_]
    points_mm: NDArray[np.float64]
    loop_starts: NDArray[np.int64]
    dose_gy: NDArray[np.float32]

    @property
    def origin_mm(self) -> tuple[float, float, float]:
        """(x, y, z) of the first voxel."""
        z, y, x = (float(axis[0]) for axis in self.axes_mm)
        return x, y, z

    def loops(self) -> list[NDArray[np.float64]]:
        """(points, 3) arrays, mm."""
        return np.split(self.points_mm, self.loop_starts[1:-1])


def build() -> Phantom:
    """About 1.9 litres in 100 slices, with waves on its surface; its outlines have 33 000 points."""
    import contourpy

    z, y, x = (SPACING_MM * (np.arange(n) - (n - 1) / 2) for n in SHAPE)
    across = np.hypot((x + 28) / 90, (y[:, None] + 8) / 76)
    radius = np.hypot(across, (z / 71)[:, None, None])
    waves = np.cos(x / 13) * np.sin(y / 12)[:, None] * np.cos(z / 10)[:, None, None]
    depth_mm = 76 * (1 - radius) - 5.5 * waves
    loops = []
    for k, level in enumerate(z):
        for line in contourpy.contour_generator(x, y, depth_mm[k]).lines(0.0):
            loops.append(np.column_stack([line[:-1], np.full(len(line) - 1, level)]))
    starts = np.cumsum([0, *(len(loop) for loop in loops)])
    square = ((x + 38) ** 2 + (y[:, None] + 9) ** 2) + (z**2)[:, None, None]
    dose = 2 + 48 * np.exp(-square / (2 * 34**2))
    return Phantom((z, y, x), depth_mm >= 0, np.concatenate(loops), starts, dose.astype(np.float32))


def save(phantom: Phantom, folder: Path) -> None:
    """Write the inputs of every worker."""
    z, y, x = phantom.axes_mm
    np.savez(
        folder / "phantom.npz",
        z=z,
        y=y,
        x=x,
        mask=phantom.mask,
        points_mm=phantom.points_mm,
        loop_starts=phantom.loop_starts,
        dose_gy=phantom.dose_gy,
    )


def load(folder: Path) -> Phantom:
    """Read what `save` wrote."""
    with np.load(folder / "phantom.npz") as data:
        axes = (data["z"], data["y"], data["x"])
        return Phantom(axes, data["mask"], data["points_mm"], data["loop_starts"], data["dose_gy"])


def gamma_inputs(phantom: Phantom, shared: Path) -> tuple[str, dict[str, NDArray[np.generic]]]:
    """Two doses to compare: the saved pair where it is at hand, else one made from the phantom."""
    saved = shared / "reference/planning/gamma_ref_3p3mm_crop.npz"
    if saved.is_file():
        with np.load(saved) as data:
            return saved.name, {name: data[name] for name in ("z", "y", "x", "ref", "eval")}
    random = np.random.default_rng(0)
    moved = np.roll(phantom.dose_gy, 1, axis=2) * np.float32(1.01)
    moved = moved + random.normal(0, 0.1, SHAPE).astype(np.float32)
    z, y, x = (axis[w] for axis, w in zip(phantom.axes_mm, _GAMMA_WINDOW, strict=True))
    doses = {"ref": phantom.dose_gy[_GAMMA_WINDOW], "eval": moved[_GAMMA_WINDOW]}
    return "phantom moved by one voxel, 1 % hotter, with noise", {"z": z, "y": y, "x": x, **doses}
