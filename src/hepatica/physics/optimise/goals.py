"""Goals as parts of the function that the search minimises."""

from __future__ import annotations

from typing import Protocol

from hepatica.physics.optimise.measure import BoolArray
from hepatica.physics.optimise.problem import Region
from hepatica.physics.optimise.readers import Point, Reader, Slope
from hepatica.physics.optimise.sample import Choice


class Piece(Protocol):
    """A part of the Lagrangian that belongs to one region."""

    region: Region

    def add(self, point: Point, slope: Slope) -> float:
        """Value at the point; its gradient is added to the slope."""

    def price(self, point: Point, slope: Slope) -> float:
        """The same without penalties: multiplier times excess for a limit."""

    def idle(self, point: Point, margin_gy: float) -> BoolArray:
        """(k,) array: points of the region that may be left out near this dose."""

    def kept(self, choice: Choice) -> Piece:
        """The same part on some of the points."""


class GoalPiece:
    """Priority times measure."""

    def __init__(self, reader: Reader, priority: float) -> None:
        self.reader = reader
        self.region = reader.region
        self.priority = priority

    def add(self, point: Point, slope: Slope) -> float:
        found = self.reader.read(point)
        self.reader.add(slope, found, self.priority)
        return self.priority * found.value

    def price(self, point: Point, slope: Slope) -> float:
        return self.add(point, slope)

    def idle(self, point: Point, margin_gy: float) -> BoolArray:
        return self.reader.idle(point, margin_gy)

    def kept(self, choice: Choice) -> GoalPiece:
        return GoalPiece(self.reader.kept(choice), self.priority)
