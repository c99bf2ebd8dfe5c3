"""What a rule pack may say: when a therapy is open to a patient, why, and who says so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal, Self, get_args

from pydantic import Field, model_validator
from pydantic.json_schema import SkipJsonSchema
from pydantic_core import PydanticCustomError

from hepatica.protocol.criteria import CriterionTree
from hepatica.protocol.parts import Block, Slug, Source, Sourced, Text, Work

Status = Literal["indicated", "consider", "not_indicated", "contraindicated"]
"""What a rule that holds makes of its therapies."""
STATUSES: tuple[str, ...] = get_args(Status)

Argument = Literal["for", "against", "contraindication", "advice", "ignored", "work_up"]
ARGUMENTS: tuple[str, ...] = get_args(Argument)

Verdict = Literal["needed", "enough", "not_evidence", "not_needed"]
"""What a rule says of an examination."""

Strength = Literal["strong", "moderate", "weak"]
Level = Literal[
    "narrative_review", "case_series", "expert_panel", "phase_1_trial", "trial_protocol", "choice"
]
Scope = Literal["patient", "lesion"]
RuleId = Annotated[str, Field(pattern=r"^[A-Z][0-9]{1,3}[a-z]?$")]
TermName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Examination = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]

_GOES_WITH: dict[str, tuple[str | None, ...]] = {
    "for": (None, "indicated", "consider"),
    "against": (None, "not_indicated"),
    "contraindication": ("contraindicated",),
    "advice": (None,),
    "ignored": (None,),
    "work_up": (None,),
}


@dataclass(frozen=True)
class Evidence:
    """How well a rule is founded: the kind of its source, the source, and the place in it."""

    level: Level
    source: Source

    @property
    def place(self) -> str:
        """Section, table or page."""
        return self.source.where


class Term(Sourced):
    """A condition that several rules share, with its name in words."""

    name: TermName = Field(description="By which rules use it: `{term: name}`.")
    says: Text = Field(description="The condition as a clinician would say it.")
    when: CriterionTree = Field(description="The same as a tree.")


class Then(Block):
    """What follows when a rule holds."""

    argument: Argument = Field(
        description="Which way it points: `for`, `against`, `contraindication`; `advice`, how a "
        "therapy is done; `ignored`, a fact that deliberately changes nothing; `work_up`."
    )
    status: Status | None = Field(
        None, description="What it makes of its therapies; left out where it only argues."
    )
    verdict: Verdict | None = Field(None, description="What it says of its examinations.")
    otherwise: Verdict | None = Field(
        None, description="What it says of them where it does not hold; left out: nothing."
    )

    @model_validator(mode="after")
    def _status_fits(self) -> Self:
        if self.status not in _GOES_WITH[self.argument]:
            fitting = ", ".join(s for s in _GOES_WITH[self.argument] if s) or "none"
            _refuse(f"status {self.status} does not go with {self.argument}; {fitting} does.")
        return self


class Advice(Sourced):
    """Something to do or to heed with a therapy."""

    says: Text = Field(description="In a sentence.")
    when: CriterionTree | None = Field(
        None, description="A condition beside that of the rule; left out: always."
    )


class Rule(Sourced):
    """One rule: for which therapies it speaks, when, and what then."""

    id: RuleId = Field(description="Its name on the board, such as R1.")
    title: Text = Field(description="What it says, in one line.")
    scope: Scope = Field("patient", description="`lesion`: asked of each metastasis by itself.")
    therapies: tuple[Slug, ...] = Field((), description="Names of the list of therapies.")
    examinations: tuple[Examination, ...] = Field((), description="Names of the work-up list.")
    when: CriterionTree = Field(description="The condition; `{term: name}` stands for a term.")
    while_unknown: tuple[Text, ...] = Field(
        (), description="Facts that must still be unknown; only where it asks for an examination."
    )
    then: Then = Field(description="What follows when it holds.")
    strength: Strength = Field(description="How firmly the source says it.")
    level: Level = Field(description="What kind of source it is.")
    reading: Text | None = Field(None, description="How an ambiguous text was read.")
    non_factors: tuple[Text, ...] = Field(
        (), description="Facts that the source declares to be of no account."
    )
    advice: tuple[Advice, ...] = Field((), description="What to do or to heed when it holds.")

    @property
    def evidence(self) -> Evidence:
        """How well it is founded."""
        return Evidence(self.level, self.source)

    @model_validator(mode="after")
    def _has_a_subject(self) -> Self:
        if not self.therapies and not self.examinations:
            _refuse("a rule speaks for therapies or examinations; name at least one.")
        if self.examinations and self.then.verdict is None:
            _refuse("examinations need a verdict: in then.")
        if self.while_unknown and (self.then.status or not self.examinations):
            _refuse("while_unknown goes with examinations only; a gap never opens a therapy.")
        return self


class Step(Sourced):
    """One step of a sequence: a therapy, or something that happens between two."""

    therapy: Slug | None = Field(None, description="A therapy of the list.")
    event: Text | None = Field(None, description="Or an event, in a sentence.")
    says: Text | None = Field(None, description="What the therapy does here.")

    @model_validator(mode="after")
    def _is_one_thing(self) -> Self:
        if (self.therapy is None) == (self.event is None):
            _refuse("a step is a therapy or an event; give one of the two.")
        return self


class Sequence(Sourced):
    """Therapies in their order, and what brings the patient back to the board."""

    id: Slug = Field(description="Its name.")
    title: Text = Field(description="In one line.")
    when_open: tuple[Slug, ...] = Field(
        min_length=1, description="It is shown when one of these therapies is open."
    )
    when: CriterionTree | None = Field(None, description="A condition beside that; left out: none.")
    steps: tuple[Step, ...] = Field(min_length=1, description="In their order.")
    re_entry: tuple[Text, ...] = Field((), description="What brings the patient back.")


class RulePack(Sourced):
    """Rules of one source, or of several that belong together."""

    name: Slug = Field(description="By which it is chosen; also the name of its file.")
    title: Text = Field(description="One line.")
    version: Text = Field(description="Of this document, in quotation marks.")
    summary: Text = Field(description="What the rules come to, in a few sentences.")
    sources: tuple[Work, ...] = Field(min_length=1, description="Publications.")
    order: tuple[Slug, ...] = Field(
        min_length=1, description="Therapies in the hierarchy of the source."
    )
    terms: tuple[Term, ...] = Field((), description="Shared conditions.")
    rules: tuple[Rule, ...] = Field(min_length=1, description="The rules.")
    sequences: tuple[Sequence, ...] = Field((), description="Therapies one after the other.")
    sha256: SkipJsonSchema[str] = ""
    """Fingerprint of the text it was read from."""

    def rule(self, name: str) -> Rule:
        """The rule of that id."""
        return next(rule for rule in self.rules if rule.id == name)


def _refuse(why: str) -> None:
    raise PydanticCustomError("words", "{why}", {"why": why})
