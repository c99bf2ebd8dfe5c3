"""What the optimiser asks of a dose engine: dose from fluence, and the way back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from hepatica.errors import Inconsistent, InvalidInput

FloatArray = npt.NDArray[np.float64]
AnyFloatArray = npt.NDArray[np.floating[Any]]


class DoseOperator(Protocol):
    """A linear map from the weights of bixels to the dose at points, without saying how."""

    @property
    def points(self) -> int:
        """How many points receive a dose."""

    @property
    def bixels(self) -> int:
        """How many weights there are."""

    def forward(self, weights: FloatArray) -> AnyFloatArray:
        """(points,) dose in Gy of (bixels,) weights."""

    def adjoint(self, values: FloatArray) -> AnyFloatArray:
        """(bixels,) sums over points of value times dose per weight."""


@dataclass(frozen=True, eq=False)
class MatrixDose:
    """A dose operator that is a stored matrix, dense or sparse: for small problems and tests.

    Parameters
    ----------
    matrix : (points, bixels) numpy array or scipy sparse array, Gy per weight
    """

    matrix: Any

    def __post_init__(self) -> None:
        if len(self.matrix.shape) != 2:
            raise InvalidInput(
                f"A dose matrix has shape {self.matrix.shape}; it needs points by bixels."
            )

    @property
    def points(self) -> int:
        return int(self.matrix.shape[0])

    @property
    def bixels(self) -> int:
        return int(self.matrix.shape[1])

    def forward(self, weights: FloatArray) -> AnyFloatArray:
        """(points,) dose, Gy."""
        dose: AnyFloatArray = self.matrix @ self._checked(weights, self.bixels, "weights")
        return dose

    def adjoint(self, values: FloatArray) -> AnyFloatArray:
        """(bixels,) sums over the points."""
        sums: AnyFloatArray = self.matrix.T @ self._checked(values, self.points, "values")
        return sums

    def rows(self, rows: npt.NDArray[np.int64]) -> MatrixDose:
        """The same map for some of the points."""
        return MatrixDose(self.matrix[rows])

    def _checked(self, given: FloatArray, wanted: int, what: str) -> FloatArray:
        if given.shape != (wanted,):
            raise Inconsistent(
                f"A dose matrix of {self.points} points by {self.bixels} bixels is given {what} of "
                f"shape {given.shape}; it needs ({wanted},)."
            )
        return given
