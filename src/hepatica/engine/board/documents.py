"""What the written treatments of the library add to a board: criteria, results and conflicts."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from hepatica.engine.board.records import Dispute, Result
from hepatica.protocol import Protocol, load_protocol, protocol_names
from hepatica.protocol.blocks import Conflict, Figure
from hepatica.protocol.rules import Rule, Therapy

ELIGIBILITY = "E1"
_SHOWN = ("survival", "local-control", "response", "resection", "morbidity", "mortality")
_LEVELS = {
    "review": "narrative_review",
    "phase-1": "phase_1_trial",
    "retrospective": "case_series",
}


_names = cache(protocol_names)


@cache
def document_named(name: str) -> Protocol:
    """A written treatment of the library, read once."""
    return load_protocol(name)


def document_of(therapy: Therapy) -> Protocol | None:
    """The written treatment of a therapy; None where the library has none."""
    if therapy.protocol is None or therapy.protocol not in _names():
        return None
    return document_named(therapy.protocol)


@cache
def eligibility_rule(therapy: Therapy) -> Rule | None:
    """The criteria of a therapy's own document as a rule: who fulfils them may be considered."""
    document = document_of(therapy)
    if document is None or document.eligibility is None:
        return None
    tree, study = document.eligibility, document.study
    return Rule.model_validate(
        {
            "id": ELIGIBILITY,
            "title": f"Fulfils the criteria of {document.name}",
            "therapies": (therapy.name,),
            "when": tree,
            "then": {"argument": "for", "status": "consider"},
            "strength": "moderate",
            "level": _LEVELS.get(study.kind if study else "", "trial_protocol"),
            "source": tree.source,
            "status": tree.status,
        }
    )


def results_of(therapy: Therapy) -> Iterator[Result]:
    """What the document of a therapy prints about its results."""
    document = document_of(therapy)
    for figure in document.outcomes if document is not None else ():
        if figure.kind in _SHOWN:
            yield Result(figure.kind, figure_in_words(figure), str(figure.source))


def disputes_of(therapy: Therapy) -> Iterator[Dispute]:
    """Where documents say otherwise, each pair once; both stand with their dates.

    What the therapy's own document says of another comes before what that one says of it.
    """
    own = document_of(therapy)
    if own is None:
        return
    told = [_dispute(own, conflict) for conflict in own.conflicts_with]
    yield from told
    others = {dispute.other for dispute in told}
    for document in map(document_named, _names()):
        for conflict in document.conflicts_with:
            if conflict.document == own.name and document.name not in others:
                yield _dispute(document, conflict)


def figure_in_words(figure: Figure) -> str:
    """``Operative death, major resections: 0 to 7 %``; n only where it is printed."""
    unit = f" {figure.unit}" if figure.unit else ""
    group = f", {figure.group[0].lower()}{figure.group[1:]}" if figure.group else ""
    return f"{figure.what}{group}: {_value_in_words(figure, unit)}{_count_in_words(figure)}"


def _value_in_words(figure: Figure, unit: str) -> str:
    ends = f"{figure.low:g} to {figure.high:g}" if None not in (figure.low, figure.high) else ""
    if figure.value is None:
        return f"{ends}{unit}" if ends else "printed without a number"
    kind = {"range": "range ", "ci95": "95 % interval "}.get(figure.interval or "", "")
    return f"{figure.bound or ''}{figure.value:g}{unit}" + (f" ({kind}{ends})" if ends else "")


def _count_in_words(figure: Figure) -> str:
    if figure.of is None:
        return ""
    return f" ({figure.count} of {figure.of})" if figure.count is not None else f" (n {figure.of})"


def _dispute(document: Protocol, conflict: Conflict) -> Dispute:
    return Dispute(
        document=document.name,
        dated=conflict.own_date,
        other=conflict.document,
        other_dated=conflict.date,
        what=" ".join(conflict.what.split()),
        source=str(conflict.source),
    )
