"""Numbers as they were printed, with their readings and with what contradicts them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from hepatica.protocol.parts import Slug, Sourced, Text

Number = Annotated[float, Field(allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0)]
Comparator = Literal["<", "<=", ">", ">="]


class Contradiction(Sourced):
    """Another place that says otherwise; its `source` is that place."""

    says: Text = Field(description="What stands there, or what follows by arithmetic.")
    value: Number | None = Field(None, description="The other number, in the unit of the first.")
    taken: Text | None = Field(None, description="Which of the two is used here, and why.")


class Disputed(Sourced):
    """A part of a treatment whose numbers may be contradicted elsewhere."""

    contradictions: tuple[Contradiction, ...] = Field(
        (), description="Other places that print something else, beside the value."
    )


class Told(Disputed):
    """A part of a treatment that may have needed a reading."""

    reading: Text | None = Field(None, description="How an ambiguous text was read.")


class Measured(Told):
    """A number as it was printed: alone, as a bound, or with a range."""

    value: Number | None = Field(None, description="The number, or the middle of its range.")
    bound: Comparator | None = Field(
        None, description="Where `value` is a bound: `<`, `<=`, `>` or `>=`."
    )
    low: Number | None = Field(None, description="Lower end of the printed range or interval.")
    high: Number | None = Field(None, description="Upper end of the printed range or interval.")
    unit: Text | None = Field(
        None, description="`%`, `Gy`, `months`, `mL`, ...; left out for a bare number."
    )


class Setting(Measured):
    """One number by which a step is carried out."""

    name: Slug = Field(description="What it is, in words joined by hyphens.")


FigureKind = Literal[
    "population",
    "treatment",
    "survival",
    "progression",
    "local-control",
    "response",
    "symptoms",
    "resection",
    "recurrence",
    "morbidity",
    "mortality",
    "prognosis",
    "diagnosis",
]


class Figure(Measured):
    """A result or a property of the patients, as the publication prints it."""

    name: Slug = Field(description="Name of the row.")
    kind: FigureKind = Field(description="What sort of result it is.")
    what: Text = Field(description="What was counted or measured, in a few words.")
    group: Text | None = Field(None, description="In whom, if not in all patients.")
    count: Count | None = Field(None, description="How many patients or events.")
    of: Count | None = Field(None, description="Out of how many.")
    interval: Literal["range", "ci95"] | None = Field(
        None, description="What `low` and `high` are: extremes, or a 95 per cent interval."
    )
    at_months: Number | None = Field(None, description="Months after the start of the clock.")
    p: Annotated[float, Field(ge=0, le=1)] | None = Field(None, description="Printed P value.")
    p_below: bool = Field(False, description="Whether P was printed as below `p`.")


class Missing(Told):
    """Something that the publication does not say and that the treatment would need."""

    name: Slug = Field(description="What is missing, in words joined by hyphens.")
    what: Text = Field(description="The same in a sentence.")
    needed_for: Text = Field(description="What cannot be done without it.")
    recalled: tuple[Setting, ...] = Field(
        (),
        description="Values known from elsewhere; shown to the reader, never used to prescribe.",
    )


class Conflict(Told):
    """Another written treatment that this one contradicts; both stand."""

    document: Slug = Field(description="Name of the other protocol.")
    what: Text = Field(description="In what they differ.")
    date: Text = Field(description="When the other was published, as far as its text says.")
    own_date: Text = Field(description="When this one was published, as far as its text says.")


class Study(Told):
    """The study in which the treatment was given."""

    kind: Literal["phase-1", "phase-2", "phase-3", "prospective", "retrospective", "review"] = (
        Field(description="Design; a reader weighs the results by it.")
    )
    purpose: Text = Field(description="What it set out to find.")
    patients: Count | None = Field(None, description="How many were analysed.")
    first_patient: Text | None = Field(None, description="Year and month, as printed.")
    last_patient: Text | None = Field(None, description="Year and month, as printed.")
    centre: Text | None = Field(None, description="Where, as printed.")
