"""What a protocol document may say: one block of keys per part of a written treatment.

The keys of the document are the attributes here. A document is read with ``load_protocol``, which
also checks what spans several blocks (names that must exist, strata that must join).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, Field
from pydantic.json_schema import SkipJsonSchema

from hepatica.errors import InvalidInput, UsageError
from hepatica.protocol.blocks import Conflict, Disputed, Figure, Missing, Study, Told
from hepatica.protocol.blocks_conduct import (
    CalendarRules,
    Design,
    Endpoint,
    Examination,
    Motion,
    Option,
    Stopping,
    Toxicity,
)
from hepatica.protocol.blocks_isotoxic import Prescription
from hepatica.protocol.blocks_review import Complication, Finding
from hepatica.protocol.blocks_treatment import (
    Drug,
    Heat,
    Infusion,
    Modification,
    Phase,
    Step,
    Washout,
)
from hepatica.protocol.criteria import CriterionTree
from hepatica.protocol.parts import (
    Block,
    Bound,
    ConditionText,
    DerivationText,
    MarginText,
    MetricText,
    Millimetre,
    Slug,
    Sourced,
    StructureName,
    Text,
    Work,
)

Modality = Literal[
    "photon_sbrt",
    "whole_liver_radiotherapy",
    "thermoradiotherapy",
    "hepatic_arterial_infusion",
    "selection",
    "resection",
    "ablation",
    "cryotherapy",
    "chemoembolisation",
    "radioembolisation",
    "systemic",
    "immunotherapy",
    "imaging",
]
MODALITIES: tuple[str, ...] = get_args(Modality)


class Fact(Block):
    """Something only the user can say, on which a limit may depend."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")] = Field(
        description="Name used in `applies_when`."
    )
    ask: Text = Field(description="The question to the user.")
    answers: tuple[Slug, ...] = Field(min_length=2, description="The answers that are understood.")
    assumed: Slug | None = Field(
        None,
        description="Answer taken, and said aloud, when the user gives none. Left out: the limits "
        "that depend on it are unknown until the user answers.",
    )


class Derived(Sourced):
    """A structure that is made of others."""

    name: StructureName = Field(description="Name under which limits refer to it.")
    made_of: DerivationText = Field(
        description="`A minus B`, `A or B`, `A and B`, or `A plus 5 mm`. `GTV` means the union of "
        "all gross tumour volumes."
    )
    prefer_drawn: bool = Field(
        False,
        description="Whether a drawn structure of this name is used instead, if there is one.",
    )


class Target(Told):
    """A volume to be treated and how it is grown."""

    name: StructureName = Field(description="CTV, PTV_GTV, PTV_CTV, ...")
    grown_from: StructureName = Field(
        description="`GTV` (the union of all gross tumour volumes) or a target written above."
    )
    margin_rule: Literal["fixed", "patient_specific"] = Field(
        "fixed",
        description="`fixed`: `margin_mm` holds for everybody. `patient_specific`: the user "
        "measures it; nothing below `minimum_mm` is accepted.",
    )
    margin_mm: MarginText | None = Field(
        None,
        description="One distance, or six: left, right, anterior, posterior, superior, inferior.",
    )
    minimum_mm: Millimetre | None = Field(
        None, description="Least margin on any side, with a patient-specific rule."
    )
    craniocaudal_extra_mm: tuple[Millimetre, Millimetre] | None = Field(
        None, description="Least and greatest addition along the body for breathing."
    )
    of: Literal["all", "largest"] = Field(
        "all", description="Whether it is grown from all gross tumour volumes or the largest."
    )
    inside: StructureName | None = Field(None, description="Organ that the target may not leave.")


class OtherReading(Sourced):
    """Another way to read the same sentence of the source."""

    name: Slug = Field(description="Name by which the user chooses it.")
    metric: MetricText = Field(description="What is measured under this reading.")
    at_most: Bound | None = Field(None, description="Upper bound, in the metric's unit.")
    at_least: Bound | None = Field(None, description="Lower bound, in the metric's unit.")
    reading: Text = Field(description="How the text is understood here.")


class Limit(Disputed):
    """A bound on one number of one structure."""

    name: Slug = Field(description="Name of the limit; verdicts are listed under it.")
    structure: StructureName = Field("", description="The structure it is about.")
    each_of: tuple[StructureName, ...] = Field(
        (), description="Instead of `structure`: several, each of which is judged by itself."
    )
    metric: MetricText = Field(description="What is measured, in TG-263 grammar: `D0.5cc[Gy]`.")
    at_most: Bound | None = Field(None, description="Upper bound, in the metric's unit.")
    at_least: Bound | None = Field(None, description="Lower bound, in the metric's unit.")
    kind: Literal["organ", "target", "eligibility", "report"] = Field(
        description="`organ`: protects it. `target`: the plan must reach it. `eligibility`: the "
        "patient must fulfil it. `report`: shown, not judged."
    )
    binds: bool = Field(
        False, description="Whether the prescribed dose is lowered until this limit is kept."
    )
    strength: Literal["hard", "soft"] = Field(
        "hard", description="`soft`: a breach is shown but does not fail the plan."
    )
    applies_when: ConditionText | None = Field(
        None, description="`fact is answer`: judged only then."
    )
    since: Text | None = Field(None, description="From when on the bound was in force.")
    before_that: Bound | None = Field(None, description="The bound until then.")
    reading: Text | None = Field(None, description="How an ambiguous text was read.")
    other_readings: tuple[OtherReading, ...] = Field(
        (), description="Other ways to read it, which the user may choose."
    )

    def read_as(self, name: str) -> Limit:
        """The same limit under another of its readings.

        Raises
        ------
        InvalidInput
            If it has no reading of that name.
        """
        known = {other.name: other for other in self.other_readings}
        if name not in known:
            choice = ", ".join(known) or "no other"
            raise InvalidInput(f"Limit {self.name} has no reading {name!r}; it has: {choice}.")
        other = known[name]
        return self.model_copy(
            update={
                "metric": other.metric,
                "at_most": other.at_most,
                "at_least": other.at_least,
                "reading": other.reading,
                "stated": other.stated,
                "source": other.source,
                "status": other.status,
            }
        )

    def applies(self, facts: Mapping[str, str | None]) -> bool | None:
        """Whether the stated facts make it apply; None while the fact is not known."""
        if self.applies_when is None:
            return True
        answer = facts.get(self.applies_when.fact)
        return None if answer is None else answer == self.applies_when.answer


class Advice(Sourced):
    """Something to do for the patient when a number is reached."""

    structure: StructureName = Field(description="The structure it is about.")
    metric: MetricText = Field(description="What is measured.")
    at_least: Bound = Field(description="From this value on, in the metric's unit.")
    advise: Text = Field(description="What to do.")


class Row(Sourced):
    """The numbers to report about one structure."""

    structure: StructureName = Field(description="The structure they are about.")
    metrics: tuple[MetricText, ...] = Field(min_length=1, description="Metrics in TG-263 grammar.")


class Report(Sourced):
    """What a report on a plan contains besides limits and risk."""

    rows: tuple[Row, ...] = Field(min_length=1, description="One row per structure.")


def _one_by_one(limits: tuple[Limit, ...]) -> tuple[Limit, ...]:
    """A limit on each of several structures becomes one limit per structure."""
    return tuple(
        limit.model_copy(update={"structure": name})
        for limit in limits
        for name in limit.each_of or (limit.structure,)
    )


class Protocol(Sourced):
    """A written treatment."""

    name: Slug = Field(description="Name by which it is called; also the name of its file.")
    title: Text = Field(description="One line.")
    version: Text = Field(description="Version of this document, in quotation marks.")
    modality: Modality = Field(
        description="What kind of treatment it is; it decides which parts must be there."
    )
    summary: Text = Field(description="What is done, to whom and why, in a few sentences.")
    sources: tuple[Work, ...] = Field(
        min_length=1, description="The publications that the numbers come from."
    )
    study: Study | None = Field(None, description="The study in which it was given.")
    eligibility: CriterionTree | None = Field(
        None, description="Who may be treated: a tree of `all`, `any`, `not` and criteria."
    )
    facts: tuple[Fact, ...] = Field((), description="What the user is asked.")
    derived: tuple[Derived, ...] = Field((), description="Structures made of others.")
    targets: tuple[Target, ...] = Field((), description="Volumes to be treated.")
    prescription: Prescription | None = Field(
        None, description="How the dose is chosen, where it is not the same for everybody."
    )
    phases: tuple[Phase, ...] = Field(
        (), description="Radiotherapy whose dose is the same for everybody, part by part."
    )
    drugs: tuple[Drug, ...] = Field((), description="Agents with dose, way and days.")
    infusion: Infusion | None = Field(None, description="Device for the hepatic artery.")
    heat: Heat | None = Field(None, description="Regional heating.")
    procedure: tuple[Step, ...] = Field((), description="What is done by hand, step by step.")
    washout: tuple[Washout, ...] = Field((), description="What is not given around it.")
    limits: Annotated[tuple[Limit, ...], AfterValidator(_one_by_one)] = Field(
        (), description="Bounds on organs, targets and the patient."
    )
    advice: tuple[Advice, ...] = Field((), description="What to do when a number is reached.")
    motion: Motion | None = Field(None, description="Breathing and position.")
    imaging: tuple[Examination, ...] = Field((), description="Examinations and what they find.")
    toxicity: Toxicity | None = Field(None, description="How harm is graded.")
    dose_modification: tuple[Modification, ...] = Field(
        (), description="What changes when the treatment is not tolerated."
    )
    design: Design | None = Field(None, description="How the study finds the dose.")
    stopping: tuple[Stopping, ...] = Field((), description="When treatment or study ends early.")
    calendar: CalendarRules | None = Field(None, description="Days of doses, visits and tasks.")
    endpoints: tuple[Endpoint, ...] = Field((), description="What was measured.")
    population: tuple[Figure, ...] = Field((), description="Who was treated, as printed.")
    outcomes: tuple[Figure, ...] = Field((), description="What became of them, as printed.")
    findings: tuple[Finding, ...] = Field(
        (), description="Results that are told in words, without a number."
    )
    complications: tuple[Complication, ...] = Field(
        (), description="Harm that is named without a frequency."
    )
    options: tuple[Option, ...] = Field((), description="Treatments that a selection offers.")
    missing: tuple[Missing, ...] = Field((), description="What the publication does not say.")
    conflicts_with: tuple[Conflict, ...] = Field(
        (), description="Other written treatments that say otherwise; both stand."
    )
    report: Report | None = Field(None, description="What to report besides limits and risk.")
    sha256: SkipJsonSchema[str] = ""
    """Fingerprint of the text it was read from."""


class IsotoxicProtocol(Protocol):
    """A written treatment whose dose is chosen patient by patient at an equal risk."""

    prescription: Prescription = Field(description="How the dose is chosen.")
    targets: tuple[Target, ...] = Field(min_length=1, description="Volumes to be treated.")
    limits: Annotated[tuple[Limit, ...], AfterValidator(_one_by_one)] = Field(
        min_length=1, description="Bounds on organs, targets and the patient."
    )
    report: Report = Field(description="What to report besides limits and risk.")


def as_isotoxic(protocol: Protocol) -> IsotoxicProtocol:
    """The treatment, if its dose is chosen at an equal risk for everybody.

    Raises
    ------
    UsageError
        If it is another kind of treatment; photon plans are made for isotoxic ones only.
    """
    if isinstance(protocol, IsotoxicProtocol):
        return protocol
    raise UsageError(
        f"Protocol {protocol.name} is {protocol.modality} and has no isotoxic prescription, which "
        "this command needs; a photon plan is made and judged for photon_sbrt protocols. "
        "See hepatica protocol list."
    )


INTERNAL_KEYS = frozenset({"stated", "sha256"})
"""Attributes that a document cannot write; the loader fills them."""
