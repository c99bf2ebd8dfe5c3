"""How hard the optimiser searches, and which voxels it may leave out."""

from __future__ import annotations

from dataclasses import dataclass

from hepatica.errors import InvalidInput
from hepatica.physics.optimise.active import ActiveRows


@dataclass(frozen=True, eq=False)
class Options:
    """How hard to search.

    Parameters
    ----------
    relative_change : float
        A search ends when a step lowers the objective by no more than this part of it.
    patience : int
        So many such small steps in a row are needed.
    gap : float
        With limits: rounds end when complementarity and the change between rounds are within
        this part of the objective.
    rounds, evaluations : int
        Most multiplier rounds, and most forward-and-adjoint pairs in all.
    active_rows : ActiveRows, optional
        How to get the dose at some of the points only. With it, points that cannot matter are
        left out, and the full dose is checked before the end.

    Raises
    ------
    InvalidInput
        A number is out of range.
    """

    relative_change: float = 1e-6
    patience: int = 3
    gap: float = 1e-4
    rounds: int = 40
    evaluations: int = 5000
    active_rows: ActiveRows | None = None

    def __post_init__(self) -> None:
        if not (0 < self.relative_change < 1 and 0 < self.gap < 1):
            raise InvalidInput(
                f"The search is to end at a relative change of {self.relative_change:g} and a gap "
                f"of {self.gap:g}; both must lie between 0 and 1."
            )
        if min(self.rounds, self.evaluations, self.patience) < 1:
            raise InvalidInput(
                f"The search may take {self.rounds} rounds and {self.evaluations} evaluations, and "
                f"ends after {self.patience} small steps; all must be at least 1."
            )
