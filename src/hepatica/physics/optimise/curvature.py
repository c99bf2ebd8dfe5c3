"""What the search has learnt about the curvature of its function, from the steps that it took."""

from __future__ import annotations

import numpy as np

from hepatica.physics.optimise.measure import FloatArray, dot

# Pairs of vectors kept: many for few unknowns, since each pair saves evaluations of the dose.
_MOST_NUMBERS = 400_000
_FEWEST, _MOST = 20, 100
# Rebuilt when the newest step asks for a start curvature this many times larger or smaller.
_STALE = 3.0
# A pair with less curvature than this along the step says nothing.
_FLAT = 1e-10


class Curvature:
    """A symmetric positive matrix that maps recent steps to the changes of gradient they brought.

    Source
    ------
    The BFGS update, kept as vectors: Nocedal and Wright 2006, Numerical Optimization, section 7.2
    (limited memory, unrolled form). No factorisation is needed, and none of the products goes
    through a threaded library, whose idle threads would slow the dose engine's.
    """

    def __init__(self, unknowns: int) -> None:
        self.most = int(np.clip(_MOST_NUMBERS // max(unknowns, 1), _FEWEST, _MOST))
        self.start = 1.0
        self.pairs: list[tuple[FloatArray, FloatArray]] = []
        self._gained = np.empty((self.most, unknowns))
        self._lost = np.empty((self.most, unknowns))
        self._count = 0

    @property
    def known(self) -> bool:
        """Whether any step has taught it something."""
        return bool(self.pairs)

    def times(self, direction: FloatArray) -> FloatArray:
        """The matrix times a direction."""
        product = self.start * direction
        if self._count:
            from hepatica.physics.optimise.curvature_kernels import add_outer_products

            for vectors, sign in ((self._gained, 1.0), (self._lost, -1.0)):
                add_outer_products(vectors[: self._count], sign, direction, product)
        return product

    def learn(self, step: FloatArray, change: FloatArray) -> None:
        """Take in a step and the change of the gradient along it."""
        bend = dot(step, change)
        if bend <= _FLAT * np.sqrt(dot(step, step) * dot(change, change)):
            return
        self.pairs.append((step, change))
        wanted = dot(change, change) / bend
        stale = not self.start / _STALE <= wanted <= self.start * _STALE
        if len(self.pairs) > self.most:
            self.pairs = self.pairs[-3 * self.most // 4 :]
            self._rebuild(wanted)
        elif stale or len(self.pairs) == 1:
            self._rebuild(wanted)
        else:
            self._add(step, change)

    def forget(self) -> None:
        """Start anew, as after a change of the function itself."""
        self.pairs.clear()
        self._count = 0

    def _rebuild(self, start: float) -> None:
        self.start = start
        self._count = 0
        for step, change in self.pairs:
            self._add(step, change)

    def _add(self, step: FloatArray, change: FloatArray) -> None:
        before = self.times(step)
        self._lost[self._count] = before / np.sqrt(dot(step, before))
        self._gained[self._count] = change / np.sqrt(dot(step, change))
        self._count += 1
