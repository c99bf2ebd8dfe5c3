"""How the dose of one patient is chosen so that everybody carries the same risk."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from hepatica.protocol.blocks import Disputed
from hepatica.protocol.parts import (
    Gy,
    MetricText,
    Part,
    Risk,
    Slug,
    Sourced,
    StructureName,
    Text,
)

Reading = Literal["two_step", "binwise"]


class Coverage(Sourced):
    """Which number of a dose distribution is its prescribed dose."""

    structure: StructureName = Field(description="Target that the prescription isodose covers.")
    metric: MetricText = Field(description="Dose metric whose value is the prescribed dose.")


class Stratum(Disputed):
    """A range of effective liver volume and how the dose is found in it."""

    name: Slug = Field(description="low, mid, high, ...")
    veff_from: Part = Field(description="Lower edge of the effective volume.")
    veff_to: Part = Field(description="Upper edge; the next stratum starts there.")
    upper_included: bool = Field(
        False, description="Whether the upper edge itself belongs to this stratum."
    )
    doses: Literal["fixed", "curve"] = Field(
        description="`fixed`: the doses of `fixed_gy`. `curve`: the dose that carries the risk."
    )
    fixed_gy: tuple[Gy, ...] = Field(
        (), description="One dose per risk level, in their order; only with `doses: fixed`."
    )
    ntcp_below: Risk | None = Field(
        None, description="A fixed dose is given only while the patient's own risk is below this."
    )

    def holds(self, veff: float) -> bool:
        """Whether an effective volume falls in this stratum."""
        return self.veff_from <= veff < self.veff_to or (
            self.upper_included and veff == self.veff_to
        )


class Prescription(Disputed):
    """How the dose of one patient is chosen."""

    fractions: int = Field(ge=1, le=60, description="Number of fractions.")
    overall_days: int = Field(ge=1, le=120, description="Days within which they are given.")
    rule: Literal["isotoxic"] = Field(
        description="`isotoxic`: every patient gets the dose that carries the same risk."
    )
    organ: StructureName = Field(description="Organ whose risk is held.")
    endpoint: Text = Field(description="What the risk is a risk of.")
    model: Slug = Field(description="Parameter set of the risk model.")
    alpha_beta_gy: Gy = Field(description="Fractionation sensitivity of the organ.")
    reference_fraction_gy: Gy = Field(
        description="Dose per fraction that the model's parameters refer to."
    )
    reference_fraction_readings_gy: tuple[Gy, ...] = Field(
        min_length=1, description="Every reading of it; all are computed and shown side by side."
    )
    effective_volume: Literal["physical", "lq_corrected"] = Field(
        description="`physical`: from dose as planned. `lq_corrected`: from dose converted to the "
        "reference fraction first."
    )
    reading: Reading = Field(
        description="`two_step`: look the dose up at the effective volume, then add the allowance "
        "while the patient's own risk permits. `binwise`: solve for the patient's own risk."
    )
    readings: tuple[Reading, ...] = Field(
        min_length=1, description="The readings that the user may choose from."
    )
    risk_levels: tuple[Risk, ...] = Field(
        min_length=1, description="The risks to choose from, rising."
    )
    strata: tuple[Stratum, ...] = Field(
        min_length=1, description="Ranges of effective volume, from 0, each joining the next."
    )
    above: Literal["ineligible"] = Field(
        description="What happens above the highest stratum: the patient is not treated this way."
    )
    cap_gy: Gy = Field(description="Highest dose that anybody is given.")
    allowance_gy: Annotated[float, Field(ge=0, le=50)] = Field(
        description="How far the dose may be raised above the curve at an unchanged risk."
    )
    minimum_gy: Gy | None = Field(description="Lowest dose worth giving; null if none is stated.")
    step_gy_per_fraction: Gy = Field(description="Doses per fraction are multiples of this.")
    rounding: Literal["down"] = Field(description="`down`: a risk is never exceeded by rounding.")
    covers: Coverage = Field(description="Which number of a plan is its prescribed dose.")

    def stratum_at(self, veff: float) -> Stratum | None:
        """The stratum that holds an effective volume; None above the highest."""
        return next((s for s in self.strata if s.holds(veff)), None)

    def fixed_dose_gy(self, stratum: Stratum, risk: float) -> float | None:
        """The dose a fixed stratum gives at a risk level, Gy; None where a curve decides."""
        return dict(zip(self.risk_levels, stratum.fixed_gy, strict=False)).get(risk)
