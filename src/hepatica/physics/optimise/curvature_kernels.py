# mypy: allow-untyped-decorators
"""Compiled loops of what a search has learnt: a few long vectors times a direction, on one thread.

Four vectors go side by side, so that the direction is read from memory a quarter as often.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]

COMPILED = {"cache": True, "nogil": True, "error_model": "numpy", "fastmath": True}


@njit(**COMPILED)
def add_outer_products(vectors: Floats, sign: float, direction: Floats, product: Floats) -> None:
    """Add ``sign * vectors.T @ (vectors @ direction)`` to the product.

    Parameters
    ----------
    vectors : (m, n) array, rows side by side in memory
    direction, product : (n,) arrays, not the same one
    """
    count = len(vectors)
    whole = count - count % 4
    for i in range(0, whole, 4):
        a, b, c, d = vectors[i], vectors[i + 1], vectors[i + 2], vectors[i + 3]
        on_a = on_b = on_c = on_d = 0.0
        for j in range(len(direction)):
            here = direction[j]
            on_a += a[j] * here
            on_b += b[j] * here
            on_c += c[j] * here
            on_d += d[j] * here
        on_a, on_b, on_c, on_d = sign * on_a, sign * on_b, sign * on_c, sign * on_d
        for j in range(len(direction)):
            product[j] += on_a * a[j] + on_b * b[j] + on_c * c[j] + on_d * d[j]
    for i in range(whole, count):
        _add_outer_product(vectors[i], sign, direction, product)


@njit(**COMPILED)
def _add_outer_product(vector: Floats, sign: float, direction: Floats, product: Floats) -> None:
    along = 0.0
    for j in range(len(direction)):
        along += vector[j] * direction[j]
    along *= sign
    for j in range(len(direction)):
        product[j] += along * vector[j]
