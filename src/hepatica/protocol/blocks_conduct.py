"""How a treatment is conducted: motion, images, toxicity, study design, calendar, endpoints."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from hepatica.protocol.blocks import Count, Figure, Setting, Told
from hepatica.protocol.criteria import CriterionTree
from hepatica.protocol.parts import Bound, Millimetre, Slug, Text

Grade = Annotated[int, Field(ge=1, le=5)]
Offset = Annotated[int, Field(ge=-3650, le=3650)]
Every = Annotated[int, Field(ge=1, le=3650)]


class Motion(Told):
    """How breathing and position are dealt with."""

    immobilisation: Text | None = Field(None, description="How the patient lies and is held.")
    assessed_by: Text | None = Field(None, description="How motion is measured.")
    manage_above_mm: Millimetre | None = Field(
        None, description="Motion above which it is reduced."
    )
    methods: tuple[Text, ...] = Field((), description="Ways of reducing motion, any of them.")
    planning_phase: Literal["exhale", "free_breathing"] | None = Field(
        None, description="State of breathing in the planning images."
    )
    surrogate: Text | None = Field(None, description="What is matched instead of the tumour.")
    verified_by: Text | None = Field(None, description="How position is checked.")
    verified_every: Literal["fraction", "week"] | None = Field(None, description="How often.")
    correct_from_mm: Millimetre | None = Field(
        None, description="Offset that is corrected, this value included."
    )
    correct_above_mm: Millimetre | None = Field(
        None, description="Offset beyond which the position is corrected."
    )


class Examination(Told):
    """An examination: what it is for and what it can find."""

    name: Slug = Field(description="Name of the row.")
    modality: Literal[
        "CT",
        "CT_angiography",
        "CT_arterioportography",
        "MR",
        "PET",
        "PET_CT",
        "ultrasound",
        "radiograph",
        "fluoroscopy",
        "cone_beam_CT",
        "portal_image",
        "angiography",
        "endoscopy",
        "laparoscopy",
        "laboratory",
        "clinical",
        "pathology",
    ] = Field(description="Which examination.")
    purpose: Literal[
        "diagnosis", "staging", "planning", "verification", "access", "response", "follow-up"
    ] = Field(description="What it is for.")
    what: Text = Field(description="What is done or looked for.")
    when: CriterionTree | None = Field(None, description="For whom, as a tree of criteria.")
    settings: tuple[Setting, ...] = Field((), description="Slice thickness and the like.")
    figures: tuple[Figure, ...] = Field((), description="Sensitivity and the like, as printed.")


class DoseLimiting(Told):
    """One clause of what counts as dose-limiting toxicity."""

    name: Slug = Field(description="Name of the clause.")
    event: Text = Field(description="What happens to the patient.")
    categories: tuple[Slug, ...] = Field((), description="Categories of adverse events.")
    grade_at_least: Grade | None = Field(None, description="From this grade on.")
    within_months: Bound = Field(description="Within so many months of the treatment.")
    counted_from: Literal["first_dose", "last_dose"] = Field(description="Start of that time.")
    related_only: bool = Field(False, description="Whether only events due to treatment count.")
    needs_treatment: bool = Field(False, description="Whether only events that are treated count.")


class Toxicity(Told):
    """How harm is graded."""

    scale: Text = Field(description="Name of the scale.")
    version: Text | None = Field(None, description="Its version; left out where none is printed.")
    acute_until_months: Bound | None = Field(
        None, description="Acute up to so many months after treatment, late from then on."
    )
    definitions: tuple[Text, ...] = Field((), description="Harm that the publication defines.")
    dose_limiting: tuple[DoseLimiting, ...] = Field((), description="Any of these clauses.")


class Design(Told):
    """How a study finds the dose."""

    kind: Literal["risk-cells"] = Field(
        description="`risk-cells`: one ladder of risk levels in each stratum of effective volume."
    )
    patients_per_cell: Count = Field(description="Fewest patients observed at a level.")
    observe_months: Bound = Field(description="How long, before the next level opens.")
    escalate_if: Text = Field(description="What must not have happened.")
    while_waiting: Text = Field(description="How patients are treated meanwhile.")
    tolerated_if_at_most: Count = Field(
        description="Most patients with dose-limiting toxicity at a level that is still tolerated."
    )
    expansion: Count | None = Field(None, description="Patients added at the level found.")


class Stopping(Told):
    """When treatment or study ends early."""

    name: Slug = Field(description="Name of the rule.")
    ends: Literal["treatment", "patient-on-study", "study"] = Field(description="What ends.")
    happens: Text = Field(description="What must have happened.")
    when: CriterionTree | None = Field(None, description="The same as a tree of criteria.")
    then: Text = Field(description="What is done.")


class Event(Told):
    """Something on the calendar besides the doses themselves."""

    name: Slug = Field(description="Name of the row.")
    kind: Literal["visit", "laboratory", "imaging", "procedure", "task"] = Field(
        description="What sort of event it is."
    )
    what: Text = Field(description="What is done.")
    counted_from: Literal["first_dose", "last_dose", "each_dose", "each_cycle"] = Field(
        description="From when the time is counted; `each_`: it is repeated for every one."
    )
    unit: Literal["days", "weeks", "months", "years"] = Field(
        description="Unit of `at`, `every` and `until`."
    )
    at: tuple[Offset, ...] = Field((), description="Times, negative ones before.")
    every: Every | None = Field(None, description="Instead of `at`: at regular times.")
    beyond: Offset | None = Field(
        None, description="With `every`: only later than this; left out: from the start."
    )
    until: Offset | None = Field(
        None, description="With `every`: the last time; left out: it goes on."
    )
    until_last_dose: bool = Field(False, description="With `every`: until the last dose.")
    days_before: Annotated[int, Field(ge=0)] = Field(
        0, description="How many days earlier it may be."
    )
    days_after: Annotated[int, Field(ge=0)] = Field(0, description="How many days later it may be.")


class CalendarRules(Told):
    """When doses are given and patients are seen."""

    dose_days: tuple[Annotated[int, Field(ge=0)], ...] = Field(
        (), description="Days of the fractions, counted from the first as 0."
    )
    cycles: Annotated[int, Field(ge=1, le=60)] | None = Field(
        None, description="Cycles of drugs put on a calendar."
    )
    events: tuple[Event, ...] = Field((), description="Visits, examinations and tasks.")


class Endpoint(Told):
    """What the study measured, and how it is defined."""

    name: Slug = Field(description="Name of the endpoint.")
    kind: Literal["primary", "secondary", "reported"] = Field(
        description="`reported`: results are printed without its being named as an aim."
    )
    what: Text = Field(description="Definition.")
    clock_starts: Text | None = Field(None, description="What starts the clock.")
    events: Text | None = Field(None, description="What counts as an event.")
    competing: Text | None = Field(None, description="What prevents the event from being seen.")
    scale: Text | None = Field(None, description="RECIST and the like, with version if printed.")
    estimated_by: Text | None = Field(None, description="Statistical method.")


class Option(Told):
    """One of the treatments that a selection chooses from."""

    name: Slug = Field(description="Name of the option.")
    protocol: Slug = Field(description="Name of its protocol.")
    for_whom: Text = Field(description="In whom the publication considers it.")
    when: CriterionTree | None = Field(None, description="The same as a tree of criteria.")
