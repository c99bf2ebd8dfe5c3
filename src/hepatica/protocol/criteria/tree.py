"""How a criterion is written: all, any or not of others, or one question about one fact."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self, get_args

from pydantic import Field, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError

from hepatica.protocol.criteria.form import form_fault
from hepatica.protocol.criteria.values import (
    DateText,
    ValueText,
    Written,
    op_fault,
    unit_fault,
    value_fault,
)
from hepatica.protocol.criteria.vocabulary import known_facts, unknown_fact
from hepatica.protocol.parts import Slug, Sourced, Text

if TYPE_CHECKING:
    from hepatica.protocol.criteria.rule import Node

Op = Literal["<", "<=", ">", ">=", "is", "is_not", "in", "known", "within_days"]
OPS: tuple[str, ...] = get_args(Op)
Items = Literal["each", "any"]
Times = Annotated[float, Field(gt=0, le=100)]


class Amendment(Sourced):
    """A bound that replaced the earlier one on a day."""

    since: DateText = Field(description="The first day on which it was in force, 2005-01-31.")
    value: ValueText | None = Field(None, description="The new value, in the leaf's unit.")
    uln_times: Times | None = Field(
        None, description="The new multiple of the upper limit of normal."
    )


class CriterionTree(Sourced):
    """A condition on a patient: `all`, `any` or `not` of others, or one question about one fact."""

    all: tuple[CriterionTree, ...] = Field(
        (), min_length=1, description="Each of these must be fulfilled."
    )
    any: tuple[CriterionTree, ...] = Field(
        (), min_length=1, description="One of these must be fulfilled."
    )
    not_: CriterionTree | None = Field(None, alias="not", description="This must not be fulfilled.")
    id: Slug | None = Field(None, description="Short name; results are listed under it.")
    text: Text | None = Field(None, description="The criterion in words, as a person reads it.")
    fact: Text | None = Field(
        None,
        description="What is asked about: a field of the record (`lab.bilirubin`), a derived fact "
        "(`derived.child_pugh_class`) or a computed one (`computed.veff`).",
    )
    op: Op | None = Field(
        None,
        validate_default=True,
        description="How it is asked. `known`: something was stated. `within_days`: a date lies at "
        "most that many days before the day of judgement.",
    )
    uln_times: Times | None = Field(
        None,
        description="Instead of `value`: this many times the upper limit of normal of the "
        "laboratory that measured the value.",
    )
    unit: Text | None = Field(None, validate_default=True, description="Unit of `value`, UCUM.")
    value: ValueText | None = Field(
        None, validate_default=True, description="What it is held against; a list with `in`."
    )
    max_age_days: Annotated[int, Field(ge=0, le=36525)] | None = Field(
        None,
        description="How old the fact may be on the day of judgement; an older or an undated one "
        "counts as unknown.",
    )
    items: Items | None = Field(
        None,
        description="Of a repeated fact (`lesion.diameter`): whether `each` listed item must "
        "answer it, or `any` one.",
    )
    reading: Text | None = Field(None, description="How an ambiguous text was read.")
    since: DateText | None = Field(None, description="First day in force; left out before it.")
    until: DateText | None = Field(None, description="Last day in force; left out after it.")
    amended: tuple[Amendment, ...] = Field(
        (), description="Later values of the bound, each with the day from which it held."
    )

    @cached_property
    def rule(self) -> Node:
        """The tree made ready to be asked: bounds in the units of the record."""
        from hepatica.protocol.criteria.rule import rule_of

        return rule_of(self)

    @field_validator("fact")
    @classmethod
    def _is_known(cls, fact: str | None) -> str | None:
        if fact is not None and fact not in known_facts():
            _refuse_if(unknown_fact(fact))
        return fact

    @field_validator("op")
    @classmethod
    def _op_fits(cls, op: str | None, info: ValidationInfo) -> str | None:
        _refuse_if(op_fault(_written(info, op=op)))
        return op

    @field_validator("unit")
    @classmethod
    def _unit_fits(cls, unit: str | None, info: ValidationInfo) -> str | None:
        _refuse_if(unit_fault(_written(info, unit=unit)))
        return unit

    @field_validator("value")
    @classmethod
    def _value_fits(cls, value: Any, info: ValidationInfo) -> Any:
        _refuse_if(value_fault(_written(info, value=value)))
        return value

    @field_validator("amended")
    @classmethod
    def _amendments_fit(
        cls, amended: tuple[Amendment, ...], info: ValidationInfo
    ) -> tuple[Amendment, ...]:
        for one in amended:
            fault = value_fault(_written(info, value=one.value, uln_times=one.uln_times))
            _refuse_if(fault and f"amended since {one.since}: {fault}")
        days = [one.since for one in amended]
        if days != sorted(set(days)):
            _refuse_if("the days in amended must rise from first to last.")
        return amended

    @model_validator(mode="after")
    def _has_one_form(self) -> Self:
        names = {name: info.alias or name for name, info in type(self).model_fields.items()}
        _refuse_if(form_fault({names[name] for name in self.model_fields_set}))
        return self


def _written(info: ValidationInfo, **now: Any) -> Written:
    """What stands in a leaf as far as it was read; nothing at all if its fact is wrong."""
    keys = ("fact", "op", "uln_times", "unit", "value")
    return Written(**{key: info.data.get(key) for key in keys} | now)


def _refuse_if(why: str | None) -> None:
    if why is not None:
        raise PydanticCustomError("words", "{why}", {"why": why})
