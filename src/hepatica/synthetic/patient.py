"""A synthetic patient from a seed: image and structures of an upper abdomen with metastases."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from hepatica.case import Case, Grid, Note, Structure, Volume
from hepatica.case.structure import Role
from hepatica.errors import InvalidInput
from hepatica.synthetic.assembly import assembled, mobility, trunk_grid
from hepatica.synthetic.data import hounsfield
from hepatica.synthetic.draw import Anatomy, Draw, draw_patient
from hepatica.synthetic.lattice import Array, Body, reference
from hepatica.synthetic.layers import Layer, Shares, hounsfield_image, shares
from hepatica.synthetic.liver import segments
from hepatica.synthetic.organs import jittered
from hepatica.synthetic.trunk import frame

_FAINTEST = 0.004
_ROLES: dict[str, Role] = {"External": "EXTERNAL", "CouchSurface": "SUPPORT"}


@dataclass(frozen=True, eq=False)
class SyntheticPatient:
    """A case, and what is known about it only because it was made.

    Parameters
    ----------
    seed : int
    case : Case
        At end exhale.
    draw : the patient as numbers
    segments : Volume of labels 1-8, 0 outside the liver
        Liver segments after Couinaud, drawn with planes.
    mobility : Volume, 0 to 1
        How much each point follows the diaphragm.
    """

    seed: int
    case: Case
    draw: Draw
    segments: Volume
    mobility: Volume


def synthetic_patient(seed: int, options: Anatomy | None = None) -> SyntheticPatient:
    """Make one patient.

    Parameters
    ----------
    seed : int, 0 or more
        Equal seeds and options give equal patients. Who the patient is, how the organs lie and
        the noise come from three streams: another grid shows the same organs.
    options : Anatomy, optional

    Raises
    ------
    InvalidInput
        If the seed is negative.
    Infeasible
        If the tumours wished do not fit into the liver.
    """
    if seed < 0:
        raise InvalidInput(f"Seed is {seed}; 0 or more is allowed.")
    options = options or Anatomy()
    who, where, grain = (np.random.default_rng(s) for s in np.random.SeedSequence(seed).spawn(3))
    draw = draw_patient(who, options)
    body = Body.drawn(where, draw.height_cm, draw.bsa_m2, draw.bmi)
    organs = jittered(where)
    grid = trunk_grid(body, options.spacing_mm, options.table)
    around = frame(reference(grid, body), body)
    layers, liver, draw = assembled(around, body, organs, (draw, options), who)
    found = shares(layers, grid.shape)
    image = hounsfield_image(layers, grid.shape)
    if options.noise:
        image += _noise(grid, grain)
        vessels = _lung_vessels(grid, grain)
        for window, share in (found["Lung_L"], found["Lung_R"]):
            image[window] += share * vessels[window]
    case = Case(
        f"SYN-{seed:06d}",
        Volume(np.rint(image).astype(np.int16), grid, "HU"),
        _frame_uid(seed, options),
        {s.name: s for s in _structures(found, layers, grid)},
        notes=tuple(_notes(seed, draw)),
        patient_position="HFS",
    )
    window, share = found["Liver"]
    labels = np.zeros(grid.shape, np.uint8)
    labels[window] = segments(liver.region, share)
    return SyntheticPatient(
        seed, case, draw, Volume(labels, grid, "1"), Volume(mobility(around, liver), grid, "1")
    )


def _structures(found: Shares, layers: list[Layer], grid: Grid) -> Iterator[Structure]:
    """In the order of their names, tumours first."""
    for layer in layers:
        if layer.name == "External":
            found = {**found, "External": (layer.window, layer.filled)}
    for name in sorted(found, key=lambda name: (not name.startswith("GTV"), name)):
        window, share = found[name]
        share = np.where(share < _FAINTEST, np.float32(0), share)
        part = grid.crop(
            (window[0].start, window[1].start, window[2].start),
            (window[0].stop, window[1].stop, window[2].stop),
        )
        role: Role = "GTV" if name.startswith("GTV") else _ROLES.get(name, "ORGAN")
        yield Structure.from_mask(name, share, part, role, "synthetic")


def _noise(grid: Grid, rng: np.random.Generator) -> Array:
    """Grain of a reconstruction kernel: correlated over about two millimetres in the slice."""
    from scipy.ndimage import gaussian_filter

    x, y, _ = grid.spacing_mm
    white = rng.standard_normal(grid.shape, dtype=np.float32)
    grain = gaussian_filter(white, (0.3, 1.6 / y, 1.6 / x), mode="wrap", truncate=3)
    return np.asarray(grain * np.float32(hounsfield("noise_sd") / grain.std()), np.float32)


def _lung_vessels(grid: Grid, rng: np.random.Generator) -> Array:
    """What vessels cut across add to the lung, HU."""
    from scipy.ndimage import gaussian_filter

    x, y, z = grid.spacing_mm
    white = rng.standard_normal(grid.shape, dtype=np.float32)
    field = gaussian_filter(white, (3.0 / z, 2.2 / y, 2.2 / x), mode="wrap", truncate=2.5)
    above = np.clip(field / field.std() - 1.6, 0, 1)
    return np.asarray(above * (hounsfield("lung_vessel") - hounsfield("lung")), np.float32)


def _frame_uid(seed: int, options: Anatomy) -> str:
    digest = hashlib.sha256(f"hepatica synthetic {seed} {options!r}".encode()).digest()
    return f"2.25.{int.from_bytes(digest[:16], 'big')}"


def _notes(seed: int, draw: Draw) -> Iterator[Note]:
    yield Note("assumed", "patient", f"synthetic, seed {seed}: no person has this anatomy")
    if draw.redraws:
        text = f"tumours were drawn {draw.redraws} times more, as they did not fit into the liver"
        yield Note("assumed", "tumours", text)
