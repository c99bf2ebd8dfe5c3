"""A beam model from measurements in water: fit depth and lateral components of a machine.

Three steps, each a least-squares problem of its own:

1. *Rates.* With a free weight per field and component, attenuation and build-up rates that explain
   the depth tables of all fields together (``commission_rates``).
2. *Spread.* With these rates, how far each component spreads in water, as a sum of bell curves in
   true millimetres, from depth tables and output factors together (``commission_spread``).
3. *Distance.* The same for each distance from source to skin, in the isocentre plane where the
   dose is computed (``commission_distance``).

Between them nothing is tuned to a particular machine.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hepatica.errors import InvalidInput
from hepatica.machine import DepthComponents
from hepatica.machine.measurements import BeamMeasurements
from hepatica.machine.parts import Floats
from hepatica.physics.photon.commission_distance import Beam, spread_at
from hepatica.physics.photon.commission_rates import fitted_rates
from hepatica.physics.photon.commission_rows import measured_rows
from hepatica.physics.photon.commission_spread import Spread, fitted_spread

_SSD_MM = tuple(range(600, 1101, 50))
_COMPONENTS = (3, 4, 5, 6)


@dataclass(frozen=True, eq=False)
class Commissioned:
    """Components fitted to measurements.

    Parameters
    ----------
    depth : DepthComponents
    ssd_mm : (S,) array, mm
    sigma_mm : (J,) array, mm in the isocentre plane
    weight : (S, K, J) array
        Integral of each bell curve.
    centre_weight : (S, K) array
    spread : Spread
        The same in water, in true millimetres, before it is projected.
    left_out : tuple of str
        Measurements that were not used, and why.
    """

    depth: DepthComponents
    ssd_mm: Floats
    sigma_mm: Floats
    weight: Floats
    centre_weight: Floats
    spread: Spread
    left_out: tuple[str, ...]


def commission(
    measured: BeamMeasurements,
    components: int = 5,
    ssd_mm: tuple[float, ...] = _SSD_MM,
) -> Commissioned:
    """Fit a beam model to measurements.

    Parameters
    ----------
    measured : BeamMeasurements
    components : int
        Number of depth components, 3 to 6.
    ssd_mm : tuple of float, mm
        Distances from the source to the skin for which lateral components are made.

    Raises
    ------
    InvalidInput
        If the measurements do not reach deep enough or hold too few fields.
    Infeasible
        If a least-squares problem does not converge.
    """
    if components not in _COMPONENTS:
        raise InvalidInput(
            f"components is {components}; {_COMPONENTS[0]} to {_COMPONENTS[-1]} are allowed."
        )
    rows = measured_rows(measured)
    depth = fitted_rates(rows, components)
    spread = fitted_spread(measured, rows, depth)
    beam = Beam(measured.sad_mm, measured.penumbra_fwhm_mm, measured.primary_fluence, depth)
    tables = [spread_at(beam, spread, ssd) for ssd in ssd_mm]
    sigma = tables[0].sigma_mm
    return Commissioned(
        depth=depth,
        ssd_mm=np.array(ssd_mm, dtype=np.float64),
        sigma_mm=sigma,
        weight=np.stack([table.weight for table in tables]),
        centre_weight=np.stack([table.centre_weight for table in tables]),
        spread=spread,
        left_out=rows.left_out,
    )
