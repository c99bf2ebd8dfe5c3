"""What a review says in words alone: results without a number, harm without a frequency."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from hepatica.protocol.blocks import FigureKind, Told
from hepatica.protocol.parts import Slug, Text


class Finding(Told):
    """A result that is told in words, without a number."""

    name: Slug = Field(description="Name of the row.")
    kind: FigureKind = Field(description="What sort of result it is.")
    what: Text = Field(description="The result in a sentence.")
    speaks: Literal["for", "against", "neither"] = Field(
        description="Whether it speaks for the treatment or against it."
    )


class Complication(Told):
    """Harm that a treatment may do, named without a frequency."""

    name: Slug = Field(description="Name of the row.")
    what: Text = Field(description="The harm, in a few words.")
    weight: Literal["complication", "severe", "death"] = Field(
        description="How the publication ranks it: among complications, among those that may "
        "become fatal, or among the causes of death."
    )
    prevented_by: Text | None = Field(None, description="What is said to prevent it.")
