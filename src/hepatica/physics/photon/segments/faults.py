"""What a machine could not deliver of an aperture, said before anything is exported."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from hepatica.machine import Mlc
from hepatica.physics.photon.segments.aperture import SAME_MM, Aperture, Flags, Floats


def faults(aperture: Aperture, mlc: Mlc) -> tuple[str, ...]:
    """Everything about an aperture that the machine's leaves cannot do.

    Parameters
    ----------
    aperture : Aperture
    mlc : Mlc

    Returns
    -------
    tuple of str
        One sentence per kind of fault, with the first leaf pair and how many more; empty when the
        aperture can be delivered.
    """
    if aperture.pairs != mlc.pairs:
        return (
            f"It has {aperture.pairs} leaf pairs, the MLC {mlc.pairs}; take both from the same "
            "machine.",
        )
    found = [*_leaf_faults(aperture.leaf_mm, mlc), *_jaw_faults(aperture)]
    if not found and not _exposes(aperture, mlc):
        found.append("Nothing is open: no leaf pair leaves a gap between the jaws; leave it out.")
    if aperture.meterset_mu == 0:
        found.append("Its meterset is 0 MU; leave it out.")
    return tuple(found)


def _leaf_faults(leaf_mm: Floats, mlc: Mlc) -> list[str]:
    left, right = leaf_mm
    gap = right - left
    crossed = gap < -SAME_MM
    checks: list[tuple[Flags, Callable[[int], str]]] = [
        (
            crossed,
            lambda p: f"bank X1 at {left[p]:g} mm stands beyond bank X2 at {right[p]:g} mm",
        ),
        (
            (gap < mlc.minimum_gap_mm - SAME_MM) & ~crossed,
            lambda p: f"the gap is {gap[p]:g} mm; at least {mlc.minimum_gap_mm:g} mm are needed",
        ),
        (
            (left < mlc.minimum_mm - SAME_MM) | (right > mlc.maximum_mm + SAME_MM),
            lambda p: (
                f"tips at {left[p]:g} and {right[p]:g} mm; the leaves reach from "
                f"{mlc.minimum_mm:g} to {mlc.maximum_mm:g} mm"
            ),
        ),
        (
            (left > mlc.overtravel_mm + SAME_MM) | (right < -mlc.overtravel_mm - SAME_MM),
            lambda p: (
                f"tips at {left[p]:g} and {right[p]:g} mm; a leaf passes the central ray by at "
                f"most {mlc.overtravel_mm:g} mm"
            ),
        ),
    ]
    found = [_named(where, say) for where, say in checks if where.any()]
    if not mlc.interdigitation:
        found += _interdigitation_faults(left, right, mlc.minimum_gap_mm)
    return found


def _interdigitation_faults(left: Floats, right: Floats, gap_mm: float) -> list[str]:
    found = []
    for step in (1, -1):
        near = np.zeros(left.size, dtype=bool)
        inner = slice(None, -1) if step == 1 else slice(1, None)
        near[inner] = (np.roll(right, -step) - left)[inner] < gap_mm - SAME_MM

        def say(p: int, step: int = step) -> str:
            return (
                f"bank X1 at {left[p]:g} mm comes closer than {gap_mm:g} mm to bank X2 of pair "
                f"{p + step + 1} at {right[p + step]:g} mm, and these leaves do not interdigitate"
            )

        if near.any():
            found.append(_named(near, say))
    return found


def _jaw_faults(aperture: Aperture) -> list[str]:
    found = []
    for axis, jaw in (("X", aperture.jaw_x_mm), ("Y", aperture.jaw_y_mm)):
        if jaw is not None and not jaw[0] < jaw[1]:
            found.append(
                f"The {axis} jaws at {jaw[0]:g} and {jaw[1]:g} mm leave nothing open; the first is "
                "the negative side."
            )
    return found


def _exposes(aperture: Aperture, mlc: Mlc) -> bool:
    lower, upper = aperture.jaw_x_mm or (-np.inf, np.inf)
    width = np.minimum(aperture.leaf_mm[1], upper) - np.maximum(aperture.leaf_mm[0], lower)
    lower, upper = aperture.jaw_y_mm or (-np.inf, np.inf)
    edges = np.clip(mlc.leaf_boundaries_mm, lower, upper)
    return bool(((width > SAME_MM) & (np.diff(edges) > SAME_MM)).any())


def _named(where: Flags, say: Callable[[int], str]) -> str:
    pairs = np.flatnonzero(where)
    more = f" (and {len(pairs) - 1} more)" if len(pairs) > 1 else ""
    return f"Leaf pair {pairs[0] + 1}{more}: {say(int(pairs[0]))}."
