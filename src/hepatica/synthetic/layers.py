"""Tissues laid over one another like sheets of glass: each voxel is shared out, nothing twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hepatica.synthetic.data import hounsfield
from hepatica.synthetic.lattice import Array

Window = tuple[slice, slice, slice]


@dataclass(frozen=True)
class Layer:
    """One tissue.

    Parameters
    ----------
    name : structure it belongs to; empty for tissue that has no structure
    window : the box of the image that it is given on
    filled : share of each voxel that it would take if nothing lay over it
    hu : Hounsfield units, one or one a voxel
    parent : structure that it is a part of (a tumour of the liver), on the same window
    """

    name: str
    window: Window
    filled: Array
    hu: float | Array
    parent: str = ""


Shares = dict[str, tuple[Window, Array]]


def shares(layers: Sequence[Layer], shape: tuple[int, int, int]) -> Shares:
    """What of each voxel every structure has in the end; later layers lie over earlier ones.

    The shares of structures that are no part of each other add up to at most 1 in every voxel.
    """
    clear = np.ones(shape, np.float32)
    found: Shares = {}
    for layer in reversed(layers):
        below = clear[layer.window]
        share = layer.filled * below
        np.subtract(below, share, out=below)
        for name in (layer.name, layer.parent):
            if name and name in found:
                found[name] = (layer.window, np.minimum(found[name][1] + share, 1))
            elif name:
                found[name] = (layer.window, share)
    return found


def clearance(layers: Sequence[Layer], window: Window, shape: tuple[int, int, int]) -> Array:
    """What of each voxel of a window the layers leave to those beneath them."""
    clear = np.ones(shape, np.float32)
    for layer in layers:
        clear[layer.window] *= 1 - layer.filled
    return clear[window]


def hounsfield_image(layers: Sequence[Layer], shape: tuple[int, int, int]) -> Array:
    """The image without noise: each voxel the mean of what is in it."""
    image = np.full(shape, hounsfield("air"), np.float32)
    for layer in layers:
        part = image[layer.window]
        part += layer.filled * (layer.hu - part)
    return image
