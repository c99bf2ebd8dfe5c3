"""The clinical record of a synthetic patient: as complete, and as incomplete, as real ones are."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, TypeVar

import numpy as np

from hepatica.case import Structure
from hepatica.case.record import Fact, Record, ReferenceRange, Value, field_named
from hepatica.synthetic.data import record_anchors
from hepatica.synthetic.patient import SyntheticPatient

Choice = TypeVar("Choice")

SOURCE = "drawn by the generator of synthetic patients"
_STREAM = 4711
_INSIDE = 0.5
_LAB_DAYS, _HISTORY_DAYS = 7, 400


def synthetic_record(patient: SyntheticPatient, on: date) -> Record:
    """Facts about a synthetic patient, as known on a day.

    Parameters
    ----------
    patient : SyntheticPatient
        Build, sex and tumours are taken from it, all else is drawn.
    on : date
        No fact is younger.

    Returns
    -------
    Record
        Equal patients and days give equal records. About one fact in eight is missing.
    """
    rng = np.random.default_rng(np.random.SeedSequence([patient.seed, _STREAM]))
    drawn = [*_patient(patient, on, rng), *_disease(on, rng), *_labs(on, rng)]
    unsaid = float(record_anchors()["unsaid"]["value"])
    kept = [fact for fact in drawn if rng.random() >= unsaid]
    return Record(patient.case.case_id, (*kept, *_lesions(patient, on)))


def _patient(patient: SyntheticPatient, on: date, rng: np.random.Generator) -> Iterator[Fact]:
    mean, sd, low, high = record_anchors()["age"]["value"]
    age = float(np.clip(rng.normal(mean, sd), low, high))
    draw = patient.draw
    yield _fact("patient.sex", "male" if draw.male else "female", on)
    yield _fact("patient.birth_year", on.year - int(age), on)
    yield _fact("patient.height", round(draw.height_cm, 0), on)
    yield _fact("patient.weight", round(draw.weight_kg, 1), on)
    yield _fact("patient.pregnancy", "not_pregnant", on)


def _disease(on: date, rng: np.random.Generator) -> Iterator[Fact]:
    rows = record_anchors()
    lines = int(_one_of(rows["lines"]["value"], rng))
    spread = bool(rng.random() < rows["extrahepatic"]["value"])
    began = on - timedelta(days=int(rng.integers(60, _HISTORY_DAYS)))
    yield _fact("cancer.primary_site", _one_of(rows["primary_site"]["value"], rng), began)
    yield _fact("cancer.pathology_confirmed", True, began)
    yield _fact("cancer.primary_status", "resected", began)
    yield _fact("cancer.synchronous", bool(rng.random() < 0.5), began)
    yield _fact("liver.diagnosis_date", began, began)
    yield _fact("liver.metastases_confirmed", "imaging", began)
    yield _fact("liver.resectability", "unresectable", on)
    yield _fact("status.resected", False, on)
    yield _fact("extrahepatic.present", spread, on)
    if spread:
        yield _fact("extrahepatic.hepatic_dominant", bool(rng.random() < 0.8), on)
    yield _fact("performance.karnofsky", float(_one_of(rows["karnofsky"]["value"], rng)), on)
    yield _fact("performance.operable", bool(rng.random() < rows["operable"]["value"]), on)
    yield _fact("performance.life_expectancy", 12.0, on)
    yield _fact("exposure.chemotherapy_regimens", lines, on)
    yield _fact("exposure.fluorouracil_failed", lines > 0, on)
    yield _fact("exposure.standard_treatment_unsuitable", True, on)
    yield _fact("exposure.last_chemotherapy", on - timedelta(days=int(rng.integers(15, 90))), on)
    yield _fact("function.ascites", "none", on)
    yield _fact("function.encephalopathy", "none", on)
    yield _fact("function.hepatitis", "none", on)
    yield _fact("function.liver_function", "normal", on)


def _labs(on: date, rng: np.random.Generator) -> Iterator[Fact]:
    day = on - timedelta(days=int(rng.integers(0, _LAB_DAYS)))
    for name, row in record_anchors()["labs"].items():
        if not name.startswith("lab."):
            continue
        mean, sd, low, high = row
        value = float(np.clip(rng.normal(mean, sd), 0.3 * mean, 3.0 * mean))
        yield _fact(name, float(f"{value:.3g}"), day, ReferenceRange(float(low), float(high)))


def _lesions(patient: SyntheticPatient, on: date) -> Iterator[Fact]:
    yield _fact("liver.lesion_count", len(patient.case.gtvs), on)
    for number, gtv in enumerate(patient.case.gtvs, start=1):
        name = _segment(patient, gtv)
        item = str(number)
        yield _fact("lesion.structure", gtv.name, on, item=item)
        yield _fact("lesion.volume", round(gtv.volume_cc, 1), on, item=item)
        if name:
            yield _fact("lesion.segment", name, on, item=item)


def _segment(patient: SyntheticPatient, gtv: Structure) -> str:
    """The liver segment that holds most of a tumour; empty outside the liver."""
    part = gtv.coverage.grid
    offset = patient.segments.grid.offset_of(part) or (0, 0, 0)
    window = tuple(slice(o, o + n) for o, n in zip(offset, part.shape, strict=True))
    labels = np.asarray(patient.segments.values)[window]
    inside = labels[(np.asarray(gtv.coverage.values, float) > _INSIDE) & (labels > 0)]
    return _COUINAUD[int(np.bincount(inside).argmax())] if inside.size else ""


_COUINAUD = {1: "I", 2: "II", 3: "III", 4: "IVa", 5: "V", 6: "VI", 7: "VII", 8: "VIII"}


def _fact(
    name: str,
    value: Value,
    on: date,
    reference: ReferenceRange | None = None,
    item: str = "",
) -> Fact:
    field = field_named(name)
    return Fact(name, value, item, unit=field.unit, on=on, source=SOURCE, reference=reference)


def _one_of(chances: dict[Choice, Any], rng: np.random.Generator) -> Choice:
    names, weights = list(chances), np.array(list(chances.values()), float)
    return names[int(rng.choice(len(names), p=weights / weights.sum()))]
