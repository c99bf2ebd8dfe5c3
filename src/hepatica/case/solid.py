"""How a pile of drawn outlines is taken to continue between its planes and beyond the last."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from hepatica.errors import InvalidInput

Between = Literal["slabs", "blended"]

_END_CAP: dict[Between, float] = {"slabs": 0.5, "blended": 0.0}
# Planes more than 1.5 usual distances apart are not joined: two longer caps would meet there.
_LONGEST_END_CAP = 0.75


@dataclass(frozen=True)
class Solid:
    """The rule that turns outlines into a body.

    ``slabs`` lets each outline stand, with upright walls, for the slab that reaches half-way to its
    neighbours. ``blended`` bends the surface from each outline to the next: at a share s of the way
    from one plane to another, a point is inside where ``(1 - s) a + s b`` is positive, a and b
    being its distances to the outlines of the two planes, positive inside.

    Parameters
    ----------
    between : "slabs" or "blended"
    end_cap : float, 0 to 0.75
        How far the outermost outline of a stack is continued, as it is, beyond its plane; in usual
        distances of two planes. Without a number: 0.5 for slabs, 0 for blended.

    Source
    ------
    Blending distances: Raya and Udupa, IEEE Trans Med Imaging 9 (1990) 32 (shape-based
    interpolation).
    """

    between: Between = "slabs"
    end_cap: float | None = None

    def __post_init__(self) -> None:
        if self.between not in get_args(Between):
            raise InvalidInput(
                f"A solid between outlines is 'slabs' or 'blended', not {self.between!r}."
            )
        if self.end_cap is None:
            object.__setattr__(self, "end_cap", _END_CAP[self.between])
        if not 0.0 <= self.end_cap_share <= _LONGEST_END_CAP:
            raise InvalidInput(
                f"An end cap of {self.end_cap} plane distances: 0 to {_LONGEST_END_CAP} is allowed "
                "(0.5 is half a slice)."
            )

    @property
    def end_cap_share(self) -> float:
        """The end cap in usual distances of two planes."""
        return _END_CAP[self.between] if self.end_cap is None else float(self.end_cap)

    def __str__(self) -> str:
        words = {"slabs": "a slab for each plane", "blended": "shapes blended from plane to plane"}
        return f"{words[self.between]}, end caps of {self.end_cap_share:g} plane distances"


SLABS = Solid()
"""What outlines mean unless said otherwise: slabs, half a slice as end caps."""
