"""A small patient with a dose and a finished evaluation, made by hand for the report's tests."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from hepatica.case import Case, Dose, Grid, Note, Structure, Volume
from hepatica.engine.evaluation import (
    Allocation,
    AllowedDose,
    Evaluation,
    LimitVerdict,
    LiverRisk,
    MetricValue,
    OrganBound,
    PrescribedDose,
    RiskReading,
    StructureDose,
)
from hepatica.engine.verdict import Verdict
from hepatica.physics.biology import model_named
from hepatica.physics.dvh import DVH
from hepatica.protocol import load_protocol

GRID = Grid((40, 64, 88), (4.0, 4.0, 4.0), (-174.0, -126.0, -78.0))
PRESCRIPTION_GY = 41.4
TUMOUR_MM = (-80.0, 0.0, 0.0)


def _distance(
    centre_mm: tuple[float, float, float], axes_mm: tuple[float, float, float]
) -> np.ndarray:
    z, y, x = np.indices(GRID.shape)
    points = GRID.point_at(np.stack([x, y, z], axis=-1))
    return np.linalg.norm((points - np.array(centre_mm)) / np.array(axes_mm), axis=-1)


def _ellipsoid(
    name: str,
    centre_mm: tuple[float, float, float],
    axes_mm: tuple[float, float, float],
    role: str = "ORGAN",
) -> Structure:
    inside = _distance(centre_mm, axes_mm) <= 1
    return Structure.from_mask(name, inside, GRID, role, "phantom")  # type: ignore[arg-type]


def phantom_case(case_id: str = "phantom-1") -> Case:
    """A torso whose liver lies on the patient's right, with one tumour in it."""
    body = _ellipsoid("External", (0, 0, 0), (165, 115, 400), "EXTERNAL")
    liver = _ellipsoid("Liver", (-75, 0, 0), (75, 70, 65))
    gtv = _ellipsoid("GTV1", TUMOUR_MM, (25, 25, 25), "GTV")
    stomach = _ellipsoid("Stomach", (65, -30, 0), (40, 30, 40))
    cord = _ellipsoid("SpinalCord", (0, 75, 0), (8, 8, 400))
    organs = (body, liver, gtv, stomach, cord)
    hu = np.full(GRID.shape, -1000.0)
    for structure, value in zip(organs, (0.0, 60.0, 90.0, 30.0, 20.0), strict=True):
        hu[structure.mask_on(GRID) > 0] = value
    notes = (
        Note("linked", "series 2", "CT of 40 slices, linked by its frame of reference."),
        Note(
            "chosen", "series 2", "Two CT series; the one that the structures refer to was taken."
        ),
        Note("assumed", "GTV1", "The mask has no frame of reference; the CT's was assumed."),
        Note("ignored", "series 9", "A scout view."),
        Note("warning", "Stomach", "The lowest slice of the image cuts through it."),
    )
    return Case(
        case_id,
        Volume(hu.astype(np.int16), GRID, "HU"),
        "1.2.3",
        {s.name: s for s in organs},
        notes=notes,
    )


def phantom_dose() -> Dose:
    """A round dose about the tumour: 120 % in its middle, the prescription on its surface."""
    reach = _distance(TUMOUR_MM, (1, 1, 1))
    share = np.where(reach < 30, 1.2 - 0.2 * reach / 30, 0.5 ** ((reach - 30) / 20))
    values = (PRESCRIPTION_GY * share).astype(np.float32)
    return Dose(
        "1.9",
        "phantom dose",
        Volume(values, GRID, "Gy"),
        "PLAN",
        None,
        "1.2.3",
        "made by hand; not a planned dose",
    )


def dvh_of(structure: Structure, dose: Dose) -> DVH:
    """A plain histogram of the voxels that a structure touches."""
    weights = structure.mask_on(GRID).astype(float)
    inside = weights > 0
    doses = dose.volume.values[inside].astype(float)
    top = float(np.ceil(doses.max() + 1))
    counts, edges = np.histogram(doses, bins=int(10 * top), range=(0, top), weights=weights[inside])
    cc = counts * GRID.voxel_cc
    return DVH(
        edges,
        cc,
        float(cc.sum()),
        0.0,
        float(doses.min()),
        float(doses.max()),
        float(np.average(doses, weights=weights[inside])),
    )


def _rows(case: Case, dose: Dose) -> dict[str, StructureDose]:
    gtv, liver = case.structures["GTV1"], case.structures["Liver"]
    normal = replace(liver - gtv, name="Liver-GTV", origin="derived: Liver minus GTV1")
    target = replace(
        _ellipsoid("PTV_GTV", TUMOUR_MM, (30, 30, 30), "PTV"),
        derived=True,
        origin="derived: GTV grown by 5 mm",
    )
    rows = {}
    for structure in (*case.structures.values(), normal, target):
        dvh = dvh_of(structure, dose)
        mean = MetricValue("Mean[Gy]", "Gy", dvh.mean_gy)
        rows[structure.name] = StructureDose(
            structure, dvh, {"Mean[Gy]": mean}, structure.volume_cc, None, 0.0
        )
    stomach = rows["Stomach"]
    rows["Stomach"] = replace(
        stomach,
        contour_volume_cc=stomach.volume_cc * 1.05,
        remarks=("Volumes of Stomach are more than 2 % apart.",),
    )
    rows["Liver-GTV"] = replace(
        rows["Liver-GTV"],
        metrics={
            **rows["Liver-GTV"].metrics,
            "DC700cc[Gy]": MetricValue("DC700cc[Gy]", "Gy", 12.7),
            "V10Gy[cc]": MetricValue("V10Gy[cc]", "cc", None, "the histogram ends before"),
        },
    )
    return rows


def _limit(
    name: str,
    structure: str,
    metric: str,
    sign: str,
    bound: float,
    value: float | None,
    **more: str,
) -> LimitVerdict:
    unit = metric[metric.index("[") + 1 : -1]
    verdict = Verdict.UNKNOWN
    if value is not None:
        verdict = Verdict.MET if (value <= bound) == (sign == "<=") else Verdict.NOT_MET
    source = load_protocol("sbrt-six-fraction").limits[0].source
    words: dict[str, str] = {
        "kind": "organ",
        "strength": "hard",
        "source": str(source),
        "status": "verified",
    }
    reason = "" if value is None else f"{value:.2f} {unit} against {sign} {bound:g}"
    words = {**words, "reason": reason, **more}
    return LimitVerdict(
        name=name,
        structure=structure,
        metric=metric,
        unit=unit,
        comparison=sign,
        limit=bound,
        value=value,
        verdict=verdict,
        **words,
    )


LIMITS = (
    _limit("target-maximum", "PTV_GTV", "Max[%]", "<=", 140, 120.0, kind="target"),
    _limit("stomach", "Stomach", "D0.5cc[Gy]", "<=", 1.0, 1.04),
    _limit("spinal-cord", "SpinalCord", "D0.03cc[Gy]", "<=", 27, 3.1),
    _limit(
        "duodenum",
        "Duodenum",
        "D0.5cc[Gy]",
        "<=",
        30,
        None,
        reason="the case has no Duodenum: contour it",
    ),
    _limit(
        "chest-wall",
        "Chestwall",
        "D0.5cc[Gy]",
        "<=",
        50.4,
        51.2,
        strength="soft",
        status="recalled",
        source="A report nobody looked up",
    ),
)


def _risk() -> LiverRisk:
    model = model_named("michigan_mets")
    used = RiskReading(model, 33.8, 0.0147, 0.3213, {0.05: 40.68, 0.10: 41.8, 0.20: 43.1}, 3.0)
    other = RiskReading(
        model.with_reference_fraction(2.0),
        30.1,
        0.0049,
        0.17,
        {0.05: 43.5, 0.10: 44.6, 0.20: 46.0},
        0.0,
    )
    return LiverRisk(0.4335, used, (used, other))


def _allocation() -> Allocation:
    levels = tuple(
        AllowedDose(
            risk,
            curve,
            own,
            liver,
            liver,
            deliver,
            risk,
            "Liver-GTV",
            f"The {risk:.0%} curve gives {curve} Gy.",
        )
        for risk, curve, own, liver, deliver in (
            (0.05, 37.68, 43.52, 40.68, 40.2),
            (0.10, 38.87, 45.0, 41.87, 41.4),
            (0.20, 40.26, 46.7, 43.26, 43.2),
        )
    )
    organs = (
        OrganBound("SpinalCord", "D0.03cc[Gy]", 27, "Gy", 360.6),
        OrganBound("Stomach", "D0.5cc[Gy]", 30, "Gy", 44.1),
        OrganBound(
            "Duodenum", "D0.5cc[Gy]", 30, "Gy", None, "the case has no Duodenum: contour it"
        ),
    )
    return Allocation(
        Verdict.UNKNOWN,
        "The doses are upper bounds: Duodenum is missing.",
        "two_step",
        "mid",
        0.4335,
        levels,
        organs,
        0.10,
        ("the case has no Duodenum: contour it",),
    )


def evaluation(case_id: str = "phantom-1") -> Evaluation:
    """A finished evaluation with limits that are met, not met and unknown."""
    case, dose = phantom_case(case_id), phantom_dose()
    return Evaluation(
        case=case,
        protocol=load_protocol("sbrt-six-fraction"),
        dose=dose,
        prescription=PrescribedDose(PRESCRIPTION_GY, 6, "RTPLAN liver1", "as given by the user"),
        structures=_rows(case, dose),
        risk=_risk(),
        allocation=_allocation(),
        limits=LIMITS,
        indices={"PTV_GTV": {"rtog_conformity": 1.21, "gradient": 3.4}},
        advice=("Give a proton-pump inhibitor. (Stomach D0.5cc[Gy] is 31.0, from 30 on)",),
        missing=("the case has no Duodenum: contour it",),
        warnings=("No patient-specific margin was given: measure the motion.",),
        remarks=("PTV_GTV is GTV grown by 5 mm, the protocol's minimum.",),
    )


def unknown_evaluation() -> Evaluation:
    """An evaluation whose dose grid misses the patient: neither risk nor dose is known."""
    reason = "the dose grid misses Liver-GTV: compute the dose on a grid that covers it."
    whole = evaluation()
    rows = {
        name: replace(
            row,
            dvh=None,
            uncovered_fraction=1.0,
            metrics={"Mean[Gy]": MetricValue("Mean[Gy]", "Gy", None, reason)},
        )
        for name, row in whole.structures.items()
    }
    allocation = Allocation(
        Verdict.UNKNOWN, reason, "two_step", None, None, (), (), 0.10, (reason,)
    )
    return replace(
        whole,
        prescription=None,
        risk=None,
        structures=rows,
        allocation=allocation,
        indices={},
        advice=(),
        missing=(reason,),
    )
