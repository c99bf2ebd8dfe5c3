"""How a board is put into words: its statuses, its reasons and what is missing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hepatica.engine.board.records import Because, Dispute, MissingFact, Number, Reason, Row
from hepatica.protocol.criteria import known_facts
from hepatica.protocol.criteria.listed import UNLISTED
from hepatica.report.wording import listed, plain

_SIGNS = {"for": "+", "against": "\u2212", "contraindication": "!", "advice": "\u203a"}
_MOST_FACTS = 4
_BARRING = ("against", "contraindication")
HOW_TO_RECORD = (
    "To record what is missing, write the lines with their answers into a YAML file, or the fields "
    "as columns of a table, and run: hepatica case new --from CASE --answers FILE --out CASE "
    "--force. What there is none of is recorded as no, none or 0."
)
"""How the lines of the missing facts are used."""


def status_in_words(status: str) -> str:
    """``not indicated``, ``needs data``."""
    return status.replace("_", " ")


def outlook(row: Row) -> str:
    """The status; of a row that needs data, what it can become at best, or is at least."""
    said = status_in_words(row.status)
    if row.status != "needs_data":
        return said
    if not {"not_indicated", "contraindicated"} & set(row.possible):
        return f"{said}; at least {status_in_words(row.possible[0])}"
    return f"{said}; at best {status_in_words(row.possible[-1])}"


def reasons_in_words(row: Row) -> Iterator[str]:
    """One line for each rule that bears on a row, with its sign."""
    yield from (reason_in_words(one) for one in row.reasons)
    if row.status == "not_indicated":
        barred = any(one.effect == "not_indicated" for one in row.reasons)
        yield from () if barred else (_lacking(one) for one in row.lacking)


def reason_in_words(reason: Reason) -> str:
    """``+ R1 Every metastasis can be removed with 1 cm of free margin (margin: yes)``."""
    where = f" (metastasis {listed(reason.lesions)})" if reason.lesions else ""
    facts = facts_in_words(reason.because, asked=False)
    said = f" ({facts})" if facts else ""
    return f"{_SIGNS.get(reason.argument, ' ')} {reason.rule} {reason.title}{where}{said}"


def facts_in_words(because: Sequence[Because], *, asked: bool) -> str:
    """Every fact that decides, with what was asked for where that is wanted, and their days once.

    ``Fit for a liver operation: no, asked: yes; of 2024-04-25``.
    """
    said = dict.fromkeys(
        f"{one.found}, asked: {one.asked}" if asked else one.found for one in because
    )
    days = sorted({one.on for one in because if one.on})
    when = [f"of {' to '.join(dict.fromkeys((days[0], days[-1])))}"] if days else []
    return "; ".join([*said, *when])


def advice_in_words(row: Row) -> Iterator[str]:
    """What to do or to heed, each once; of a closed therapy only what goes with what closes it."""
    closed = row.status in ("not_indicated", "contraindicated")
    heard = [one for one in row.reasons if not closed or one.argument in _BARRING]
    yield from dict.fromkeys(said for one in heard for said in one.advice)


def gap_in_words(gap: MissingFact) -> str:
    """``Lung shunt fraction (lesion 2)``."""
    item = gap.fact.partition("[")[2].rstrip("]")
    if item == UNLISTED:
        return f"{gap.label} of every metastasis, also of those not listed yet"
    return f"{gap.label} ({item})" if item else gap.label


def next_step_in_words(gap: MissingFact) -> str:
    """How to record a missing fact, and what its negative answer makes superfluous."""
    if not gap.spares:
        return gap.answer
    spared = _cut([_label(fact.partition("[")[0]) for fact in gap.spares])
    return f"{gap.answer}\nif {gap.none.partition(': ')[2]}, not needed: {spared}"


def dispute_in_words(dispute: Dispute) -> str:
    """``resection (2003) and whole-liver-boost (after 2013)``."""
    ends = ((dispute.document, dispute.dated), (dispute.other, dispute.other_dated))
    return " and ".join(f"{name} ({dated.partition(' (')[0]})" for name, dated in ends)


def gaps_in_words(row: Row) -> str:
    """The shortest list of what would decide a row; what one value would decide is marked."""
    return _cut(list(dict.fromkeys(gap_in_words(gap) for gap in row.missing)))


def number_in_words(number: Number) -> str:
    """``Tumour burden: 12.3 %``, or what it would take."""
    if number.value is None:
        named = (_label(name) for name in number.missing)
        why = listed(named) or number.caveat or "no reason was recorded"
        return f"{number.label}: unknown ({why})"
    unit = "" if number.unit in ("", "1") else f" {number.unit}"
    estimate = " (estimate, no plan)" if number.estimate else ""
    return f"{number.label}: {plain(round(number.value, 2))}{unit}{estimate}"


def _label(name: str) -> str:
    known = known_facts().get(name)
    return name if known is None else known.label


def _cut(named: Sequence[str]) -> str:
    more = len(named) - _MOST_FACTS
    return "; ".join(named[:_MOST_FACTS]) + (f" and {more} more" if more > 0 else "")


def _lacking(reason: Reason) -> str:
    found = facts_in_words(reason.because, asked=True)
    return f"  {reason.rule} does not hold: {found or reason.title}"
