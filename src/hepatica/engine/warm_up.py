"""Compiles the numerical loops once, so that the first patient does not wait for them.

python -m hepatica.engine.warm_up
"""

from __future__ import annotations

import numpy as np

from hepatica.case import Grid, Structure, Volume
from hepatica.case.outline import outline
from hepatica.physics.dvh import dose_volume_histogram
from hepatica.physics.optimise.warm import warm as warm_search
from hepatica.physics.photon.warm import warm as warm_photons


def warm_up() -> None:
    """Run every compiled loop of import, evaluation and planning on a ball of a few voxels."""
    grid = Grid((12, 16, 16), (2.0, 2.0, 2.0))
    coarse = Grid((10, 13, 13), (2.5, 2.5, 2.5))
    z, y, x = np.indices(grid.shape)
    inside = (z - 6) ** 2 + (y - 8) ** 2 + (x - 8) ** 2 < 20
    ball = Structure.from_mask("ball", inside, grid)
    outlines = outline(ball.coverage)
    drawn = Structure.from_contours("drawn", outlines, grid)
    outlines.volume_cc(grid)
    grown = drawn.grown(3.0, grid)
    dose = Volume(np.indices(coarse.shape).sum(axis=0).astype(np.float32), coarse, "Gy")
    for structure in (ball, grown, ball.on(coarse)):
        dose_volume_histogram(dose, structure.coverage)
    dose.on(grid)
    warm_photons()
    warm_search()


if __name__ == "__main__":
    warm_up()
