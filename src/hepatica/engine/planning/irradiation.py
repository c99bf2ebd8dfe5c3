"""Beams, their bixels and the dose they give: while a plan is sought, and when it is found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from hepatica.case import Grid, Volume
from hepatica.engine.planning.beams import BeamPlace
from hepatica.engine.planning.request import BeamAngles
from hepatica.engine.planning.scene import Scene
from hepatica.errors import InvalidInput
from hepatica.machine import Mlc
from hepatica.physics.photon import (
    DoseOperator,
    DoseSetup,
    PhotonBeam,
    dose_engine,
    dose_on,
)
from hepatica.physics.photon.segments import Aperture, bixel_weights, leaf_lattice

Floats = NDArray[np.float64]

SEARCH_PITCH_MM = 2.5
"""Width of a bixel along the leaves' travel while the plan is sought."""

FINAL_PITCH_MM = 1.25
"""The same for the final dose."""

ENGINE = "pencil-beam"


@dataclass(frozen=True, eq=False)
class Irradiation:
    """The patient under the beams that were chosen."""

    scene: Scene
    place: BeamPlace
    angles: tuple[BeamAngles, ...]

    @cached_property
    def beams(self) -> tuple[PhotonBeam, ...]:
        """The beams with the bixels that cover the targets."""
        return tuple(self.place.beam(angles, SEARCH_PITCH_MM) for angles in self.angles)

    @cached_property
    def operator(self) -> DoseOperator:
        """Dose at the chosen voxels, Gy, from fluence, MU of the whole course."""
        setup = DoseSetup(self.place.machine, self.scene.density, self.beams)
        return dose_engine(ENGINE).prepare(setup, self.scene.grid, self.scene.voxels)

    @property
    def mlc(self) -> Mlc:
        """The leaves of the machine.

        Raises
        ------
        InvalidInput
            If the machine document has none.
        """
        mlc = self.place.machine.mlc
        if mlc is None:
            raise InvalidInput(
                f"Machine {self.place.machine.name} has no MLC; segments need one. Add mlc to its "
                "document, or choose another --machine."
            )
        return mlc

    def final_dose(self, apertures: Sequence[Sequence[Aperture]]) -> Volume:
        """Dose in the whole body, Gy, of the openings, with what leaks inside the jaws."""
        return self.dose_of(apertures, self.scene.grid)

    def dose_of(self, apertures: Sequence[Sequence[Aperture]], grid: Grid) -> Volume:
        """The same dose on another grid; a part of the dose grid gives the same numbers."""
        beams, weights = [], []
        for beam, openings in zip(self.beams, apertures, strict=True):
            if openings:
                fine = leaf_lattice(beam.bixels, self.mlc, FINAL_PITCH_MM)
                beams.append(replace(beam, bixels=fine))
                weights.append(bixel_weights(openings, fine, self.mlc))
        setup = DoseSetup(self.place.machine, self.scene.density, tuple(beams))
        return dose_on(setup, np.concatenate(weights), grid)
