"""The fraction groups of an RTPLAN: how often its beams are given, and how much of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from pydicom.dataset import Dataset

from hepatica.errors import Inconsistent

_T = TypeVar("_T")


@dataclass(frozen=True)
class FractionGroup:
    """Beams that are given together, and how often."""

    number: int
    fractions: int | None
    beam_numbers: tuple[int, ...]


@dataclass(frozen=True)
class BeamShare:
    """What one fraction gives through one beam: meterset, and dose at a point that may be named."""

    meterset: float | None
    dose_gy: float | None
    point_mm: tuple[float, float, float] | None = None


def fraction_groups(dataset: Dataset) -> Iterator[FractionGroup]:
    """The fraction groups in the order of the file."""
    for item in dataset.get("FractionGroupSequence") or []:
        planned = item.get("NumberOfFractionsPlanned")
        beams = item.get("ReferencedBeamSequence") or []
        yield FractionGroup(
            number=int(item.get("FractionGroupNumber") or 0),
            fractions=int(planned) if planned else None,
            beam_numbers=tuple(int(beam.ReferencedBeamNumber) for beam in beams),
        )


def beam_shares(dataset: Dataset) -> dict[int, BeamShare]:
    """What each beam gives in one fraction; a value that two groups state differently is None."""
    return {
        number: BeamShare(
            _same(s.meterset for s in said),
            _same(s.dose_gy for s in said),
            _same(s.point_mm for s in said),
        )
        for number, said in _all_shares(dataset).items()
    }


def require_matching_beams(
    dataset: Dataset, items: Sequence[Dataset], treating: Sequence[Dataset], subject: str
) -> None:
    """Beams and fraction groups must speak of the same beams.

    Parameters
    ----------
    items, treating : all beams of the plan, and those of them that treat
    subject : how messages name the plan

    Raises
    ------
    Inconsistent
        If a number is used twice, a group names a beam that is not there or counts others than it
        lists, or some treatment beams have a meterset and others none.
    """
    numbers = Counter(int(item.get("BeamNumber") or 0) for item in items)
    needed = {int(item.get("BeamNumber") or 0) for item in treating}
    shares = _all_shares(dataset)
    metered = {n for n, said in shares.items() if any(s.meterset is not None for s in said)}
    faults = [f"{count} beams have the number {n}" for n, count in numbers.items() if count > 1]
    faults += [
        f"beam {n} has a meterset but is not there" for n in sorted(set(shares) - {*numbers})
    ]
    if needed & metered:
        faults += [f"beam {n} has no meterset" for n in sorted(needed - metered)]
    faults += list(_miscounted(dataset))
    if faults:
        raise Inconsistent(
            f"{subject}: its beams and its fraction groups do not match: {'; '.join(faults)}. What "
            "is given cannot be known. Export the plan again from the planning system."
        )


def _all_shares(dataset: Dataset) -> dict[int, list[BeamShare]]:
    said: dict[int, list[BeamShare]] = {}
    named = {
        str(item.get("DoseReferenceUID")): _coordinates(item.get("DoseReferencePointCoordinates"))
        for item in dataset.get("DoseReferenceSequence") or []
    }
    for group in dataset.get("FractionGroupSequence") or []:
        for beam in group.get("ReferencedBeamSequence") or []:
            point = _coordinates(beam.get("BeamDoseSpecificationPoint"))
            point = point or named.get(str(beam.get("ReferencedDoseReferenceUID") or ""))
            share = BeamShare(_number(beam, "BeamMeterset"), _number(beam, "BeamDose"), point)
            said.setdefault(int(beam.ReferencedBeamNumber), []).append(share)
    return said


def _miscounted(dataset: Dataset) -> Iterator[str]:
    for item in dataset.get("FractionGroupSequence") or []:
        stated, listed = item.get("NumberOfBeams"), item.get("ReferencedBeamSequence") or []
        if stated is not None and int(stated) != len(listed):
            group = item.get("FractionGroupNumber")
            yield f"fraction group {group} states {stated} beams and lists {len(listed)}"


def _same(values: Iterable[_T | None]) -> _T | None:
    distinct = set(values)
    return distinct.pop() if len(distinct) == 1 else None


def _coordinates(values: Sequence[float] | str | None) -> tuple[float, float, float] | None:
    if values is None or len(values) != 3:
        return None
    x, y, z = (float(value) for value in values)
    return x, y, z


def _number(item: Dataset, keyword: str) -> float | None:
    value = item.get(keyword)
    return None if value is None or value == "" else float(value)
