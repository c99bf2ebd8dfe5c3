"""How many segments a beam may have, how small, and how long to look for them."""

from __future__ import annotations

from dataclasses import dataclass

from hepatica.errors import InvalidInput


@dataclass(frozen=True)
class SegmentOptions:
    """What is asked of the segments of a plan.

    Parameters
    ----------
    segments_per_beam : int
        Most segments of a beam, 1 or more.
    evaluations : int
        About how often the objective may be computed.
    least_mu : float
        Fewest MU of a segment, in the unit of the fluence: for MU over all fractions, multiply the
        machine's least meterset by the number of fractions.
    least_share : float
        A segment with less than this part of the mean MU of all segments is dropped.
    jaws : which pairs of jaws the machine has, of "x" and "y"
        They stand as the tightest rectangle around each opening. Many linacs with leaves in place
        of the X jaws have "y" only.

    Raises
    ------
    InvalidInput
        If a number is out of its range or a jaw has another name.
    """

    segments_per_beam: int = 4
    evaluations: int = 300
    least_mu: float = 0.0
    least_share: float = 0.05
    jaws: tuple[str, ...] = ("x", "y")

    def __post_init__(self) -> None:
        if self.segments_per_beam < 1 or self.evaluations < 1:
            raise InvalidInput(
                f"segments_per_beam is {self.segments_per_beam} and evaluations "
                f"{self.evaluations}; both are whole numbers of 1 or more."
            )
        if not (self.least_mu >= 0 and 0 <= self.least_share < 1):
            raise InvalidInput(
                f"least_mu is {self.least_mu:g} and least_share {self.least_share:g}; MU are 0 or "
                "more, a share is from 0 to below 1."
            )
        unknown = sorted(set(self.jaws) - {"x", "y"})
        if unknown:
            raise InvalidInput(f"jaws: {', '.join(unknown)} is unknown; there are x and y.")
