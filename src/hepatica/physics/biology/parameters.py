"""The published model parameters that Hepatica knows, each with its unit, source and status."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from hepatica.errors import InvalidInput
from hepatica.physics.biology.ntcp import LymanModel
from hepatica.physics.biology.tcp import LogisticTcp

_STATUSES = ("verified", "recalled")


@dataclass(frozen=True)
class Parameter:
    """One number with its unit, where it was published, and whether that was looked up."""

    value: float
    unit: str
    source: str
    status: str

    def __post_init__(self) -> None:
        if not (self.unit and self.source and self.status in _STATUSES):
            raise InvalidInput(
                f"The parameter of value {self.value:g} has unit {self.unit!r}, source "
                f"{self.source!r} and status {self.status!r}; it needs a unit (1 for a bare "
                "number), a source, and verified or recalled."
            )


def model_names() -> tuple[str, ...]:
    """Names of the complication models, in the order of the file."""
    return tuple(_section("ntcp"))


def model_named(name: str) -> LymanModel:
    """The complication model of that name.

    Raises
    ------
    InvalidInput
        There is none; the message names the nearest and all others.
    """
    entry = _entry("ntcp", name, "complication model")
    return LymanModel(name=name, **_numbers(entry, ("n", "m", *_LYMAN_DOSES)), **_words(entry))


def tcp_model_names() -> tuple[str, ...]:
    """Names of the tumour control models, in the order of the file."""
    return tuple(_section("tcp"))


def tcp_model_named(name: str) -> LogisticTcp:
    """The tumour control model of that name.

    Raises
    ------
    InvalidInput
        There is none; the message names the nearest and all others.
    """
    entry = _entry("tcp", name, "tumour control model")
    return LogisticTcp(name=name, **_numbers(entry, _LOGISTIC_DOSES), **_words(entry))


def alpha_beta_names() -> tuple[str, ...]:
    """Tissues with a published alpha/beta, in the order of the file."""
    return tuple(_section("alpha_beta"))


def alpha_beta_named(tissue: str) -> Parameter:
    """The alpha/beta of a tissue in Gy, with its source.

    Raises
    ------
    InvalidInput
        There is none; the message names the nearest and all others.
    """
    return Parameter(**_entry("alpha_beta", tissue, "alpha/beta"))


def cell_parameter_named(name: str) -> Parameter:
    """A parameter of the Poisson or the straight-tailed survival models, with its source.

    Raises
    ------
    InvalidInput
        There is none; the message names the nearest and all others.
    """
    return Parameter(**_entry("cells", name, "cell parameter"))


_LYMAN_DOSES = ("td50_gy", "reference_fraction_gy", "alpha_beta_gy")
_LOGISTIC_DOSES = ("tcd50_gy", "tcd90_gy", "alpha_beta_gy")


@cache
def _document() -> Mapping[str, Any]:
    from ruamel.yaml import YAML

    text = files(__package__).joinpath("parameters.yaml").read_text(encoding="utf-8")
    document: Mapping[str, Any] = YAML(typ="safe").load(text)
    return document


def _section(title: str) -> Mapping[str, Any]:
    section: Mapping[str, Any] = _document()[title]
    return section


def _entry(title: str, name: str, what: str) -> Mapping[str, Any]:
    section = _section(title)
    if name not in section:
        nearest = difflib.get_close_matches(name, section, n=1, cutoff=0.0)
        raise InvalidInput(
            f"There is no {what} called {name!r}. The nearest is {nearest[0]}; "
            f"known are {', '.join(section)}."
        )
    entry: Mapping[str, Any] = section[name]
    return entry


def _numbers(entry: Mapping[str, Any], keys: Iterable[str]) -> dict[str, Any]:
    return {key: Parameter(**entry[key]).value for key in keys}


def _words(entry: Mapping[str, Any]) -> dict[str, Any]:
    """The sentences of an entry; it counts as verified only if each of its numbers does."""
    parameters = [Parameter(**value) for value in entry.values() if isinstance(value, Mapping)]
    doubtful = any(parameter.status == "recalled" for parameter in parameters)
    keys = ("endpoint", "patients", "source", "validity")
    return {key: entry[key] for key in keys} | {"status": "recalled" if doubtful else "verified"}
