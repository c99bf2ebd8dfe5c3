"""The small words of a protocol document: a dose, a metric, a source, a derived structure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, WithJsonSchema
from pydantic.json_schema import SkipJsonSchema
from pydantic_core import PydanticCustomError

from hepatica.case import Margin
from hepatica.case.metric import Metric, parse_metric
from hepatica.errors import InvalidInput

Status = Literal["verified", "recalled"]

Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+([-_][a-z0-9]+)*$", max_length=60)]
Text = Annotated[str, Field(min_length=1)]
StructureName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_~^+-]*$", max_length=64)]
Gy = Annotated[float, Field(gt=0, le=200)]
Millimetre = Annotated[float, Field(ge=0, le=100)]
Risk = Annotated[float, Field(gt=0, lt=1)]
Part = Annotated[float, Field(ge=0, le=1)]
Bound = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Block(BaseModel):
    """A group of keys; a key that is not listed is refused, and nothing changes once read."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")


class Work(Block):
    """A publication, or another place that numbers come from."""

    name: Slug = Field(description="Short name; every `source:` of the document starts with one.")
    citation: Text = Field(description="Authors, journal, year and pages, as in a reference list.")
    status: Status = Field(
        description="`verified` if the text was read while writing the document, else `recalled`."
    )
    note: Text | None = Field(None, description="Anything a reader of the numbers should know.")


@dataclass(frozen=True)
class Source:
    """Where a number comes from: a publication and the place in it.

    Parameters
    ----------
    document : str
        Short name of the publication within the protocol.
    citation : str
        The publication as in a reference list.
    where : str
        Section, table, figure or page; may be empty.
    status : "verified" or "recalled"
    note : str
    """

    document: str
    citation: str
    where: str = ""
    status: Status = "verified"
    note: str = ""

    def __str__(self) -> str:
        return f"{self.citation}, {self.where}" if self.where else self.citation


SourceText = Annotated[
    Source,
    WithJsonSchema({"type": "string", "description": "name of a source, then the place in it"}),
]


class Stated(Block):
    """Where one number of a block comes from, when that differs from the rest of the block."""

    key: str
    source: SourceText
    status: Status
    note: Text | None = None
    reading: Text | None = None


STATED_KEYS = ("value", "source", "status", "note", "reading")
"""What may stand around one value that has its own source."""


class Sourced(Block):
    """A group of keys whose numbers share a source."""

    source: SourceText = Field(
        description="Name of an entry in `sources`, a comma, and the place in it: "
        "`lee2009, Radiation Treatment`. A block inside a block inherits it."
    )
    status: Status = Field(
        description="`verified` or `recalled`; taken from the source where it is left out."
    )
    note: Text | None = Field(None, description="A remark for the reader of the report.")
    stated: SkipJsonSchema[tuple[Stated, ...]] = ()

    def source_of(self, key: str) -> Source:
        """Where the value of a key comes from: its own source, or else that of the block."""
        return next((s.source for s in self.stated if s.key == key), self.source)

    def status_of(self, key: str) -> Status:
        """Whether the value of a key was read in its source or recalled."""
        return next((s.status for s in self.stated if s.key == key), self.status)

    def remark_on(self, key: str) -> str:
        """How an ambiguous text was read for a key, and what else is to know; may be empty."""
        about = next((s for s in self.stated if s.key == key), None)
        parts = () if about is None else (about.reading, about.note)
        return " ".join(part for part in parts if part)


@dataclass(frozen=True)
class Derivation:
    """How a structure is made of others.

    Parameters
    ----------
    how : "minus", "plus", "or" or "and"
        Difference, growth by a margin, union, intersection.
    of : tuple of str
        The structures, the first being the one that is cut, grown or joined.
    margin_mm : float, optional
        Only with "plus".
    """

    how: Literal["minus", "plus", "or", "and"]
    of: tuple[str, ...]
    margin_mm: float | None = None

    def __str__(self) -> str:
        if self.margin_mm is not None:
            return f"{self.of[0]} plus {self.margin_mm:g} mm"
        return f" {self.how} ".join(self.of)


@dataclass(frozen=True)
class Condition:
    """A fact that the user states, and the answer for which something applies."""

    fact: str
    answer: str

    def __str__(self) -> str:
        return f"{self.fact} is {self.answer}"


_NAME = r"[A-Za-z][A-Za-z0-9_~^+-]*"
_PLUS = re.compile(rf"({_NAME}) plus (\d+(?:\.\d+)?) mm")
_JOINED = re.compile(rf"{_NAME}(?: (minus|or|and) {_NAME})(?: \1 {_NAME})*")
_CONDITION = re.compile(r"([a-z][a-z0-9_]*) is ([a-z0-9_]+)")


def _derivation(value: Any) -> Derivation:
    text = value if isinstance(value, str) else ""
    plus = _PLUS.fullmatch(text)
    if plus is not None:
        return Derivation("plus", (plus[1],), float(plus[2]))
    joined = _JOINED.fullmatch(text)
    if joined is None:
        raise PydanticCustomError(
            "words",
            "write how it is made: 'Liver minus GTV', 'Kidney_L or Kidney_R', 'PTV_CTV and Liver' "
            "or 'SpinalCord plus 5 mm' (one kind of word at a time).",
        )
    how = joined[1]
    return Derivation(how, tuple(text.split(f" {how} ")))  # type: ignore[arg-type]


def _condition(value: Any) -> Condition:
    found = _CONDITION.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise PydanticCustomError(
            "words", "write it as 'fact is answer', such as 'functioning_kidneys is left'."
        )
    return Condition(found[1], found[2])


def _metric(value: Any) -> Metric:
    if not isinstance(value, str):
        raise PydanticCustomError("words", "a metric is text such as D0.5cc[Gy].")
    try:
        return parse_metric(value)
    except InvalidInput as error:
        raise PydanticCustomError("words", "{why}", {"why": str(error)}) from None


_SIDES = ("left", "right", "anterior", "posterior", "superior", "inferior")


def _margin(value: Any) -> Margin:
    if isinstance(value, int | float) and not isinstance(value, bool):
        sides: tuple[Any, ...] = (value,) * 6
    elif isinstance(value, dict) and set(value) == set(_SIDES):
        sides = tuple(value[side] for side in _SIDES)
    else:
        raise PydanticCustomError(
            "words", f"a margin is one number in mm, or the six sides {', '.join(_SIDES)}."
        )
    if not all(isinstance(s, int | float) and not isinstance(s, bool) for s in sides):
        raise PydanticCustomError("words", "each side of a margin is a number in mm.")
    if not all(0 <= side <= 100 for side in sides):
        raise PydanticCustomError("words", "each side of a margin lies between 0 and 100 mm.")
    return Margin(*(float(side) for side in sides))


def _text_schema(pattern: str, description: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": pattern, "description": description})


MetricText = Annotated[
    Metric, PlainValidator(_metric), _text_schema(r"\[(Gy|%|cc)\]$", "TG-263 metric")
]
DerivationText = Annotated[
    Derivation,
    PlainValidator(_derivation),
    _text_schema(r" (minus|or|and|plus) ", "Liver minus GTV"),
]
ConditionText = Annotated[
    Condition, PlainValidator(_condition), _text_schema(r" is ", "fact is answer")
]
MarginText = Annotated[
    Margin,
    PlainValidator(_margin),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "minimum": 0, "maximum": 100},
                {
                    "type": "object",
                    "properties": {side: {"type": "number"} for side in _SIDES},
                    "required": list(_SIDES),
                    "additionalProperties": False,
                },
            ]
        }
    ),
]
