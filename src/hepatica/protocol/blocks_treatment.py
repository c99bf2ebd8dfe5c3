"""What is done to the patient: irradiation in phases, drugs, heat, and steps by hand."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from hepatica.protocol.blocks import Setting, Told
from hepatica.protocol.criteria import CriterionTree
from hepatica.protocol.parts import Bound, Gy, MetricText, Slug, StructureName, Text

Days = Annotated[int, Field(ge=0, le=3650)]
Times = Annotated[int, Field(ge=1, le=60)]
Celsius = Annotated[float, Field(ge=30, le=110)]


class Phase(Told):
    """One part of a course of radiotherapy whose dose is the same for everybody."""

    name: Slug = Field(description="whole-liver, boost, ...")
    target: StructureName = Field(description="The structure that receives the dose.")
    dose_gy: Gy | None = Field(None, description="Usual total dose of the phase.")
    dose_range_gy: tuple[Gy, Gy] | None = Field(None, description="Lowest and highest dose given.")
    dose_per_fraction_gy: Gy | None = Field(None, description="Dose of one fraction.")
    fractions: Times | None = Field(
        None, description="Number of fractions, where it is printed; else dose by fraction dose."
    )
    fractions_a_day: Times = Field(1, description="Fractions on one day.")
    days_a_week: Annotated[int, Field(ge=1, le=7)] | None = Field(
        None, description="Days of treatment in a week."
    )
    follows: Slug | None = Field(None, description="The phase after which this one begins.")
    gap_days: Days | None = Field(None, description="Days between the two, where they are printed.")
    covers: StructureName | None = Field(
        None, description="Structure that the prescription isodose covers."
    )
    coverage: MetricText | None = Field(
        None, description="Dose metric of that structure whose value is the prescribed dose."
    )
    technique: Text | None = Field(None, description="How it is given, in a few words.")

    def fraction_count(self) -> int | None:
        """How many fractions the phase has; None where neither number nor doses say it."""
        if self.fractions is not None:
            return self.fractions
        if self.dose_gy is None or self.dose_per_fraction_gy is None:
            return None
        return round(self.dose_gy / self.dose_per_fraction_gy)


class Drug(Told):
    """One agent: how much, by which way, on which days."""

    name: Slug = Field(description="Name by which other parts refer to it.")
    agent: Text = Field(description="Generic name.")
    route: Literal["oral", "intravenous", "hepatic_arterial"] | None = Field(
        None, description="How it is given; left out where the publication does not say."
    )
    dose: Annotated[float, Field(gt=0)] | None = Field(
        None, description="Amount, in `unit`; left out where the publication prints none."
    )
    unit: Literal["mg/m2", "mg/kg", "mg", "IU", "IU/mL"] | None = Field(
        None, description="Unit of `dose`, which also says what it is reckoned by."
    )
    per: Literal["administration", "day", "cycle"] | None = Field(
        None, description="What one `dose` is for."
    )
    times_a_day: Times | None = Field(None, description="Administrations on one day.")
    days: tuple[Annotated[int, Field(ge=1)], ...] = Field(
        (), description="Days of the cycle on which it is begun; the first day is 1."
    )
    for_days: Days | None = Field(None, description="Days that it goes on once begun.")
    infusion_hours: Annotated[float, Field(gt=0)] | None = Field(
        None, description="How long one infusion runs."
    )
    continuous: bool = Field(False, description="Whether it runs day and night on its days.")
    with_each_fraction: bool = Field(
        False, description="Given on every day of radiotherapy instead of on days of a cycle."
    )
    cycle_days: Annotated[int, Field(ge=1)] | None = Field(None, description="Length of a cycle.")
    mixed_with: tuple[Slug, ...] = Field((), description="Other drugs in the same reservoir.")
    cap_mg: Annotated[float, Field(gt=0)] | None = Field(
        None, description="Highest amount, whatever the patient's size."
    )
    role: Text | None = Field(None, description="What it is for.")


class Infusion(Told):
    """The device through which drugs reach the hepatic artery."""

    device_class: Literal["port_catheter", "implanted_pump"] | None = Field(
        None,
        description="`port_catheter`: filled from outside. `implanted_pump`: holds a reservoir.",
    )
    device: Text | None = Field(None, description="Device and maker, where printed.")
    placed: Text = Field(description="How and where it is placed.")
    perfusion: Text | None = Field(None, description="How the whole liver alone is perfused.")
    upkeep: Text | None = Field(None, description="What is done after each use.")
    settings: tuple[Setting, ...] = Field((), description="Volumes and strengths.")


class Heat(Told):
    """Sessions of regional heating."""

    temperature_celsius: tuple[Celsius, Celsius] | None = Field(
        None, description="Lowest and highest temperature aimed at in the tumour."
    )
    session_minutes: Bound | None = Field(None, description="Length of a session.")
    sessions: Times | None = Field(None, description="Number of sessions.")
    sessions_a_week: Times | None = Field(None, description="Sessions in a week.")
    days_between: Annotated[int, Field(ge=1, le=60)] | None = Field(
        None, description="Fewest days from one session to the next; 3: Monday and Thursday."
    )
    minutes_from_fraction: Bound | None = Field(
        None, description="Longest time between a fraction and its session."
    )
    order: Literal["before", "after"] | None = Field(
        None, description="Whether a session comes before or after its fraction."
    )
    goals: tuple[Text, ...] = Field(
        (), description="What is to be reached, such as a temperature in 90 % of the points."
    )
    applicator: Text | None = Field(None, description="Device.")
    thermometry: Text | None = Field(None, description="How temperature is measured.")
    purpose: Text | None = Field(None, description="What the heat is for.")


class Step(Told):
    """Something that is done by hand, with the numbers that govern it."""

    name: Slug = Field(description="Name of the step.")
    do: Text = Field(description="What is done.")
    when: CriterionTree | None = Field(None, description="For whom, as a tree of criteria.")
    settings: tuple[Setting, ...] = Field((), description="Margins, volumes, cycles, times.")


class Modification(Told):
    """What happens to the treatment when something is not tolerated."""

    name: Slug = Field(description="Name of the rule.")
    event: Text = Field(description="What happened, in words.")
    when: CriterionTree | None = Field(None, description="The same as a tree of criteria.")
    grade_at_least: Annotated[int, Field(ge=1, le=5)] | None = Field(
        None, description="Grade from which it holds, on the scale under `toxicity`."
    )
    after: Slug | None = Field(None, description="The rule that must have been applied before.")
    drugs: tuple[Slug, ...] = Field((), description="The drugs it is about.")
    action: Literal["examine", "hold", "reduce", "stop", "correct"] = Field(
        description="What is done."
    )
    do: Text = Field(description="The same in words.")
    hold_months: Bound | None = Field(None, description="How long the treatment rests.")
    reduce_to_percent: Annotated[float, Field(ge=0, le=100)] | None = Field(
        None, description="Share of the earlier dose that is given afterwards."
    )


class Washout(Told):
    """A time around the treatment in which something else is not given."""

    name: Slug = Field(description="Name of the rule.")
    what: Text = Field(description="What is not given, or what must have passed.")
    before_weeks: Bound | None = Field(None, description="From so many weeks before.")
    after_weeks: Bound | None = Field(None, description="Until so many weeks after.")
    around: Text = Field(description="Around what: the radiotherapy, the operation, ...")
