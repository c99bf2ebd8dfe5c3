"""Where the numbers of a report come from, as a numbered list that the tables point to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hepatica.engine.evaluation import Evaluation


@dataclass(frozen=True)
class Reference:
    """One entry of the list of sources."""

    number: int
    citation: str
    status: str
    note: str = ""


@dataclass(frozen=True)
class References:
    """The sources of a report, numbered in the order in which the protocol names them."""

    entries: tuple[Reference, ...]

    def cite(self, source: object) -> str:
        """``[2] table 1`` for a source of the list; its own words where it is not in it.

        Parameters
        ----------
        source : text, or anything whose text is a citation, a comma and the place in it
        """
        text = str(source).strip()
        fitting = [e for e in self.entries if text.startswith(e.citation)]
        if not fitting:
            return text or "unknown: no source was recorded"
        entry = max(fitting, key=lambda e: len(e.citation))
        place = text[len(entry.citation) :].lstrip(" ,;")
        return f"[{entry.number}]\u00a0{place}" if place else f"[{entry.number}]"


def references(evaluation: Evaluation) -> References:
    """Every source that the evaluation leans on: the protocol's, the models', the limits'."""
    found: dict[str, tuple[str, str]] = {}
    for citation, status, note in _named(evaluation):
        text = citation.strip()
        if text and not any(text.startswith(known) for known in found):
            found[text] = (status, note)
    return References(
        tuple(
            Reference(k, citation, status, note)
            for k, (citation, (status, note)) in enumerate(found.items(), start=1)
        )
    )


def _named(evaluation: Evaluation) -> Iterator[tuple[str, str, str]]:
    for work in evaluation.protocol.sources:
        yield work.citation, work.status, work.note or ""
    if evaluation.risk is not None:
        model = evaluation.risk.reading.model
        yield model.source, model.status, ""
    for limit in evaluation.limits:
        yield limit.source, limit.status, ""
