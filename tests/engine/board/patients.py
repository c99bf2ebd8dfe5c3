"""The written patients of vignettes.yaml as records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from hepatica.case.record import Fact, Record, field_named
from hepatica.engine.board.board import board
from hepatica.engine.board.records import Board
from hepatica.engine.computed_facts import ComputedFact

ON = date(2024, 5, 1)
_FILE = Path(__file__).with_name("vignettes.yaml")


@dataclass(frozen=True)
class Vignette:
    """One written patient with what the board is to say."""

    id: str
    pack: str = "review"
    like: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    lesions: tuple[Mapping[str, float], ...] = ()
    computed: Mapping[str, float] = field(default_factory=dict)
    says: Mapping[str, str] = field(default_factory=dict)
    by: tuple[str, ...] = ()
    not_by: tuple[str, ...] = ()
    open: tuple[str, ...] = ()
    advice: Mapping[str, str] = field(default_factory=dict)
    work_up: Mapping[str, str] = field(default_factory=dict)
    each: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def record(self) -> Record:
        """The facts, all of the week before the board."""
        told = {**_patient(self.like), **self.facts}
        # Of a repeated group, `prior.kind@1` is the kind of the first earlier treatment.
        stated = [(*key.partition("@")[::2], v) for key, v in told.items() if v is not None]
        facts = [_fact(name, value, item) for name, item, value in stated]
        for item, lesion in enumerate(self.lesions, start=1):
            facts += [_fact(f"lesion.{k}", v, str(item)) for k, v in lesion.items()]
        return Record(self.id, tuple(facts))

    def board(self, record: Record | None = None, *, detail: bool = True) -> Board:
        """The board on this patient, or on a variant of the record."""
        computed = [ComputedFact(k, v, ("vignette",)) for k, v in self.computed.items()]
        return board(
            record or self.record(), on=ON, pack=self.pack, detail=detail, computed=computed
        )


@cache
def _document() -> dict[str, Any]:
    from ruamel.yaml import YAML

    return YAML(typ="safe").load(_FILE.read_text(encoding="utf-8"))


@cache
def vignettes() -> tuple[Vignette, ...]:
    """Every written patient."""
    return tuple(
        Vignette(**{k: tuple(v) if isinstance(v, list) else v for k, v in row.items()})
        for row in _document()["vignettes"]
    )


def _patient(name: str) -> dict[str, Any]:
    if not name:
        return {}
    own = dict(_document()["patients"][name])
    return {**_patient(own.pop("like", "")), **own}


def _fact(name: str, value: Any, item: str = "") -> Fact:
    about = field_named(name)
    unit = about.unit if about.kind == "quantity" else ""
    return Fact(name, value, item=item, unit=unit, on=date(2024, 4, 25), source="vignette")
