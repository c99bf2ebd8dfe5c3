"""Puts the patient together: trunk, organs, a liver of the right size, tumours that fit into it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from hepatica.case import Grid
from hepatica.errors import Infeasible
from hepatica.synthetic.data import hounsfield, shapes
from hepatica.synthetic.draw import Anatomy, Draw, redraw_tumours
from hepatica.synthetic.lattice import Array, Body, reference
from hepatica.synthetic.layers import Layer, clearance
from hepatica.synthetic.lesions import place
from hepatica.synthetic.liver import LiverShape, fitting_size, liver_layers, liver_shape
from hepatica.synthetic.organs import BENEATH_LIVER, OVER_LIVER, organ_layer
from hepatica.synthetic.solids import filled
from hepatica.synthetic.trunk import Frame, chest_layers, frame, spine_layers, wall_layers

_COARSE_MM = (5.0, 5.0, 5.0)
_HALF_HEIGHT_MM = 150.0
_ROOM_MM = 14.0
_TABLE_MM = (4.0, 24.0)
_PLACEMENTS = 12

Organs = dict[str, dict[str, Any]]


def trunk_grid(body: Body, spacing_mm: tuple[float, float, float], table: bool) -> Grid:
    """The axial grid that shows the whole trunk from about T8 to L4."""
    cavity, wall = shapes()["cavity"], shapes()["wall_mm"]
    half_x, half_y = cavity["half"]
    sx, sy, sz = body.scale
    wide = sx * (half_x + wall + body.fat_mm) + _ROOM_MM
    front = sy * (half_y - cavity["centre"][1] + wall + 1.35 * body.fat_mm) + _ROOM_MM
    back = sy * (half_y + cavity["centre"][1] + wall + body.fat_mm) + _ROOM_MM
    back += _TABLE_MM[0] + _TABLE_MM[1] if table else 0.0
    low = np.array([-wide, -front, -sz * _HALF_HEIGHT_MM])
    high = np.array([wide, back, sz * _HALF_HEIGHT_MM])
    size = np.ceil((high - low) / spacing_mm).astype(int) + 1
    origin = [float(v) for v in low]
    return Grid(
        (int(size[2]), int(size[1]), int(size[0])), spacing_mm, (origin[0], origin[1], origin[2])
    )


def assembled(
    around: Frame,
    body: Body,
    organs: Organs,
    wished: tuple[Draw, Anatomy],
    rng: np.random.Generator,
) -> tuple[list[Layer], LiverShape, Draw]:
    """All layers from the table up, the liver, and the draw with the tumours that fitted.

    Raises
    ------
    Infeasible
        If the tumours find no place in the liver.
    """
    draw, options = wished
    region = around.region
    over = _organ_layers(OVER_LIVER, around, organs) + spine_layers(around)
    beneath = wall_layers(around) + chest_layers(around)
    beneath += _organ_layers(BENEATH_LIVER, around, organs)
    if options.table:
        beneath.insert(0, _table(around))
    spacing = np.array(options.spacing_mm[::-1])
    shape = (region.x.shape[0], region.x.shape[1], region.x.shape[2])
    coarse = _coarse(body, organs)
    for _ in range(_PLACEMENTS):
        wished_cc = draw.normal_liver_cc + draw.tumours.total_cc
        liver = liver_shape(around, fitting_size(*coarse, wished_cc))
        free = liver.filled * clearance(over, liver.region.window, shape)
        tumours = place(free, liver.region, spacing, draw.tumours, rng)
        if tumours is not None:
            return [*beneath, *liver_layers(liver), *tumours, *over], liver, draw
        draw = redraw_tumours(draw, rng, options)
    raise Infeasible(
        f"{len(draw.tumours.volumes_cc)} tumours of {draw.tumours.total_cc:.0f} cc found no place "
        f"in a liver of {wished_cc:.0f} cc after {_PLACEMENTS} trials. Ask for less tumour."
    )


def mobility(around: Frame, liver: LiverShape) -> Array:
    """How much each point follows the diaphragm: 1 liver, 0 wall, spine and far above.

    The wall stands still while the organs slide along it; the lung above the diaphragm stretches
    and the bowel below the liver is pushed together.
    """
    region = around.region
    held = np.clip(-around.cavity / 3, 0, 1)
    spine = shapes()["spine"]["body"]["centre"]
    from_spine = np.hypot(region.x - spine[0], region.y - spine[1] - 8) - 26
    held = held * np.clip(from_spine / 6, 0, 1)
    lung = np.clip(1 - np.maximum(around.abdomen - 4, 0) / 70, 0, 1)
    lowest = float(liver.region.z[liver.surface < 0].min()) - 26
    bowel = 1 - 0.7 * np.clip((lowest - region.z) / 60, 0, 1)
    return np.asarray(held * lung * bowel, np.float32)


def _coarse(body: Body, organs: Organs) -> tuple[Frame, Array, float]:
    """The same patient on a grid coarse enough to try liver sizes on."""
    grid = trunk_grid(body, _COARSE_MM, False)
    around = frame(reference(grid, body), body)
    over = _organ_layers(OVER_LIVER, around, organs) + spine_layers(around)
    window = liver_shape(around, 1.0).region.window
    return around, clearance(over, window, grid.shape), grid.voxel_cc


def _organ_layers(names: tuple[str, ...], around: Frame, organs: Organs) -> list[Layer]:
    found = [organ_layer(name, around, organs) for name in names]
    return [layer for layer in found if layer is not None]


def _table(around: Frame) -> Layer:
    """A flat couch beneath the back."""
    region = around.region
    straight = replace(region, y=np.broadcast_to(region.lines[1][None, :, None], region.y.shape))
    lowest = float(straight.y[around.skin < 0].max()) + region.voxel_mm
    top, bottom = lowest + _TABLE_MM[0], lowest + _TABLE_MM[1]
    surface = np.maximum(top - straight.y, straight.y - bottom)
    share = filled(surface.astype(np.float32), region.voxel_mm)
    return Layer("CouchSurface", region.window, share, hounsfield("table"))
