"""The dose engines by name, and the dose on a whole grid."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hepatica.case import Grid, Volume
from hepatica.errors import UsageError
from hepatica.physics.photon.dose_setup import DoseEngine, DoseOperator, DoseSetup
from hepatica.physics.photon.pencil_beam import PencilBeam

_ENGINES: dict[str, type[PencilBeam]] = {PencilBeam.name: PencilBeam}

ENGINE_NAMES = tuple(_ENGINES)


def dose_engine(name: str) -> DoseEngine:
    """A dose engine by its name.

    Raises
    ------
    UsageError
        If there is no such engine.
    """
    if name not in _ENGINES:
        raise UsageError(f"Dose engine {name!r} is not known; there are: {', '.join(_ENGINES)}.")
    return _ENGINES[name]()


def dose_on(
    setup: DoseSetup, weights: NDArray[np.float64], grid: Grid, engine: str = "pencil-beam"
) -> Volume:
    """The dose of all beams on a whole grid.

    Parameters
    ----------
    setup : DoseSetup
    weights : (bixels,) array, MU
    grid : Grid
    engine : str

    Returns
    -------
    dose : Volume, Gy
        Where the density is zero, outside the body, the dose is zero.
    """
    same = grid == setup.density.grid
    density = setup.density if same else setup.density.on(grid)
    voxels = np.flatnonzero(np.asarray(density.values) > 0)
    dose = np.zeros(grid.shape, np.float32)
    if len(voxels):
        operator = dose_engine(engine).prepare(setup, grid, voxels)
        dose.reshape(-1)[voxels] = operator.forward(weights)
    return Volume(dose, grid, "Gy")


def stored(operator: DoseOperator):  # type: ignore[no-untyped-def]
    """The operator as a sparse matrix (points, bixels), for small problems and certificates.

    Returns
    -------
    scipy.sparse.csr_array
    """
    from scipy.sparse import csc_array, csr_array, hstack

    columns = []
    for bixel in range(operator.bixels):
        unit = np.zeros(operator.bixels)
        unit[bixel] = 1.0
        columns.append(csc_array(operator.forward(unit)[:, None]))
    return csr_array(hstack(columns))
