"""From where to irradiate: chosen by what each direction would cost liver and organs.

Every candidate direction is tried with open fields that fit the targets: the whole field and its
four quarters. What they deposit in targets, liver, organs and the tissue around is computed on a
thinned set of voxels; beams are then added one at a time, always the one after which the best
weighting of all fields is best, and at the end each is exchanged once if another does better.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hepatica.engine.planning.choices import choice
from hepatica.engine.planning.request import BeamAngles, BeamChoice
from hepatica.engine.planning.scene import BODY, Scene
from hepatica.errors import Infeasible, InvalidInput
from hepatica.machine import Machine
from hepatica.physics.photon import (
    BeamGeometry,
    BixelGrid,
    DoseSetup,
    PhotonBeam,
    bixels_of,
    dose_engine,
)
from hepatica.physics.photon.segments import leaf_lattice

Floats = NDArray[np.float64]
Tell = Callable[[str, int, int], None]

PENUMBRA_ROOM_MM = 5.0
"""How far the field reaches beyond the projection of the targets."""

_PITCH_MM = 5.0

_SAME_DEG = 1e-4
"""Rounding of an angle must not decide whether two directions are far enough apart."""


@dataclass(frozen=True, eq=False)
class BeamPlace:
    """What all beams of a plan share: machine, isocentre, position of the patient, target."""

    machine: Machine
    isocentre_mm: tuple[float, float, float]
    patient_position: str
    target_mm: Floats

    def geometry(self, angles: BeamAngles) -> BeamGeometry:
        """Source, isocentre and axes of a beam from these angles."""
        return BeamGeometry(
            angles.gantry_deg,
            angles.couch_deg,
            angles.collimator_deg,
            self.isocentre_mm,
            self.machine.sad_mm,
            self.patient_position,
        )

    def beam(self, angles: BeamAngles, pitch_u_mm: float) -> PhotonBeam:
        """A beam from these angles: bixels under all leaves over the target, and a little more."""
        geometry = self.geometry(angles)
        grid = bixels_of(self.target_mm, geometry, _PITCH_MM, _PITCH_MM, PENUMBRA_ROOM_MM)
        if self.machine.mlc is not None:
            grid = leaf_lattice(grid, self.machine.mlc, pitch_u_mm)
        return PhotonBeam(geometry, grid)


@dataclass(frozen=True)
class ChosenBeams:
    """The directions of a plan and how they came to be."""

    angles: tuple[BeamAngles, ...]
    how: str
    refused: tuple[str, ...] = ()


def place_of(scene: Scene, machine: Machine, patient_position: str) -> BeamPlace:
    """One isocentre in the middle of the targets."""
    inside = np.max([scene.shares[name] for name in scene.targets], axis=0)
    z, y, x = np.unravel_index(np.flatnonzero(inside > 0), scene.grid.shape)
    points = scene.grid.point_at(np.stack([x, y, z], axis=1))
    weights = inside[inside > 0].astype(float)
    middle = (points * weights[:, None]).sum(axis=0) / weights.sum()
    isocentre = tuple(round(float(c), 1) for c in middle)
    return BeamPlace(machine, isocentre, patient_position, points)  # type: ignore[arg-type]


def choose_beams(
    scene: Scene, place: BeamPlace, choice: BeamChoice, tell: Tell | None = None
) -> ChosenBeams:
    """The beams that were given, or those that serve this patient best.

    Raises
    ------
    InvalidInput
        If a given beam passes through a part of the body that the image does not show.
    Infeasible
        If fewer directions than asked are possible.
    """
    if choice.given:
        for angles in choice.given:
            if _enters_unseen(scene, place, angles):
                raise InvalidInput(
                    f"Beam {angles} enters through a part of the body that the image does not "
                    "show, so that its depth is not known. Choose another direction."
                )
        return ChosenBeams(choice.given, "given by the user")
    offered = candidates(choice.noncoplanar > 0)
    seen = [a for a in offered if not _enters_unseen(scene, place, a)]
    refused = tuple(
        f"{a}: enters through a part of the body that the image does not show"
        for a in offered
        if a not in seen
    )
    if len(seen) < choice.count:
        raise Infeasible(
            f"{len(seen)} of {len(offered)} directions enter only through what the image shows of "
            f"the body; {choice.count} beams need as many. Ask for fewer beams, or take an image "
            "that shows more of the body."
        )
    fields = _open_fields(scene, place, seen, tell)
    picked = _pick(fields, choice)
    how = (
        f"chosen from {len(seen)} directions, one after the other, by what open fields from there "
        "deposit in targets, liver, organs and the tissue around; collisions were not computed"
    )
    ordered = sorted((seen[i] for i in picked), key=lambda a: (a.couch_deg, a.gantry_deg))
    return ChosenBeams(tuple(ordered), how, refused)


def candidates(noncoplanar: bool) -> tuple[BeamAngles, ...]:
    """The directions that are tried."""
    rules = _rules()
    step = float(rules["coplanar_step_deg"])
    found = [BeamAngles(gantry) for gantry in np.arange(0, 360, step).tolist()]
    if noncoplanar:
        found += [
            BeamAngles(float(gantry), float(row["couch_deg"]))
            for row in rules["turned_couch"]
            for gantry in row["gantry_deg"]
        ]
    return tuple(found)


@cache
def _rules() -> dict[str, Any]:
    from ruamel.yaml import YAML

    text = files(__package__).joinpath("candidates.yaml").read_text(encoding="utf-8")
    return dict(YAML(typ="safe").load(text))


def _enters_unseen(scene: Scene, place: BeamPlace, angles: BeamAngles) -> bool:
    """Whether a ray to the target leaves the image before it leaves the body."""
    source = place.geometry(angles).source_mm
    corners = place.target_mm[_extremes(place.target_mm)]
    along = np.arange(0.0, 900.0, 2.0)
    way = (source - corners) / np.linalg.norm(source - corners, axis=1, keepdims=True)
    index = scene.grid.index_of(corners[:, None, :] + along[None, :, None] * way[:, None, :])
    end = np.array(scene.grid.shape[::-1]) - 0.5
    out = np.stack([index < -0.5, index > end], axis=2)
    first_out = out.any(axis=(2, 3)).argmax(axis=1)
    rows = np.arange(len(corners))
    leaves_image = (out[rows, first_out] & scene.cut_off).any(axis=(1, 2))
    last = np.rint(index[rows, np.maximum(first_out - 1, 0)]).astype(int)
    body = scene.shares[BODY].reshape(scene.grid.shape)
    in_body = body[last[:, 2], last[:, 1], last[:, 0]] > 0.5
    return bool((leaves_image & in_body).any())


def _extremes(points: Floats) -> NDArray[np.int64]:
    found = [(points @ way).argmax() for way in _WAYS]
    return np.unique(np.array(found))


_WAYS = np.array([(x, y, z) for x in (-1, 0, 1) for y in (-1, 0, 1) for z in (-1, 0, 1)])[
    np.arange(27) != 13
]


@dataclass(frozen=True, eq=False)
class _Fields:
    """Cost of weighting open fields: w G w - 2 c w, with the beam that each field belongs to."""

    angles: Sequence[BeamAngles]
    gram: Floats
    gain: Floats
    owner: NDArray[np.int64]

    def cost(self, beams: Iterable[int]) -> float:
        """The least cost that fields of these beams reach with weights of at least 0."""
        from scipy.optimize import nnls

        own = np.isin(self.owner, list(beams))
        gram, gain = self.gram[np.ix_(own, own)], self.gain[own]
        lower = np.linalg.cholesky(gram + 1e-9 * np.trace(gram) * np.eye(len(gain)))
        target = np.linalg.solve(lower, gain)
        _, rest = nnls(lower.T, target)
        return float(rest**2 - target @ target)


def _open_fields(
    scene: Scene, place: BeamPlace, angles: Sequence[BeamAngles], tell: Tell | None
) -> _Fields:
    keep = _thinned(scene)
    price, wish = _prices(scene, keep)
    columns, owner = [], []
    for number, each in enumerate(angles):
        if tell is not None:
            tell("trying directions", number, len(angles))
        beam = place.beam(each, 5.0)
        setup = DoseSetup(place.machine, scene.density, (beam,))
        operator = dose_engine("pencil-beam").prepare(setup, scene.grid, scene.voxels[keep])
        for field in _quarters(beam.bixels):
            columns.append(np.asarray(operator.forward(field), float))
            owner.append(number)
    dose = np.stack(columns, axis=1)
    scale = float((price * wish) @ dose.mean(axis=1)) / float((price * wish).sum())
    dose /= scale
    gram = dose.T @ (price[:, None] * dose)
    return _Fields(angles, gram, dose.T @ (price * wish), np.array(owner))


def _quarters(bixels: BixelGrid) -> list[Floats]:
    """The open field, and the four quarters of it."""
    v, u = np.nonzero(bixels.open)
    low_u, low_v = u < np.median(u), v < np.median(v)
    parts = [low_u & low_v, low_u & ~low_v, ~low_u & low_v, ~low_u & ~low_v]
    return [np.ones(len(u)), *(part.astype(float) for part in parts if part.any())]


def _thinned(scene: Scene) -> NDArray[np.int64]:
    """About six thousand of the chosen voxels, targets and organs alike."""
    generator = np.random.default_rng(0)
    kept = []
    for name, region in scene.regions.items():
        most = 1500 if name in scene.targets else 500
        rows = region.rows
        kept.append(rows if len(rows) <= most else generator.choice(rows, most, replace=False))
    return np.unique(np.concatenate(kept))


def _prices(scene: Scene, keep: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """What a squared deviation costs at each voxel, and the dose wished there (1 or 0)."""
    where = np.full(len(scene.voxels), -1)
    where[keep] = np.arange(len(keep))
    price, wish = np.zeros(len(keep)), np.zeros(len(keep))
    for name, region in scene.regions.items():
        if name == BODY or name in scene.targets:
            continue
        at = where[region.rows]
        share = region.cc[at >= 0] / region.cc[at >= 0].sum() if (at >= 0).any() else 0.0
        price[at[at >= 0]] += choice("beam_choice", "organ_price") * share
    inside = np.zeros(len(keep), bool)
    for name in scene.targets:
        at = where[scene.regions[name].rows]
        inside[at[at >= 0]] = True
    price[inside] = choice("beam_choice", "target_price") / inside.sum()
    wish[inside] = 1.0
    return price, wish


def _pick(fields: _Fields, choice: BeamChoice) -> list[int]:
    picked: list[int] = []
    while len(picked) < choice.count:
        free = _allowed(fields.angles, picked, choice)
        if not free:
            raise Infeasible(
                f"Only {len(picked)} of {choice.count} beams find a direction apart from the "
                "others. Ask for fewer beams, or give the angles."
            )
        picked.append(min(free, key=lambda i: fields.cost([*picked, i])))
    for place in range(len(picked)):
        rest = picked[:place] + picked[place + 1 :]
        free = _allowed(fields.angles, rest, choice)
        picked[place] = min(free, key=lambda i: fields.cost([*rest, i]))
    return picked


def _allowed(angles: Sequence[BeamAngles], picked: list[int], choice: BeamChoice) -> list[int]:
    turned = sum(not angles[i].coplanar for i in picked)
    return [
        i
        for i, each in enumerate(angles)
        if (each.coplanar or turned < choice.noncoplanar)
        and all(_apart(each, angles[j]) for j in picked)
    ]


def _apart(one: BeamAngles, other: BeamAngles) -> bool:
    """Whether two directions differ enough, and are not opposed."""
    cosine = float(np.clip(_direction(one) @ _direction(other), -1, 1))
    apart = float(np.degrees(np.arccos(cosine)))
    rules = _rules()
    least = float(rules["least_separation_deg"]) - _SAME_DEG
    most = 180 - float(rules["least_from_opposed_deg"]) + _SAME_DEG
    return least <= apart <= most


def _direction(angles: BeamAngles) -> Floats:
    geometry = BeamGeometry(angles.gantry_deg, angles.couch_deg, 0.0, (0.0, 0.0, 0.0), 1.0, "HFS")
    return np.asarray(geometry.source_mm, float)
