"""An evaluation laid out as a report: which tables and pictures, in which order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from hepatica.report.answer import answer
from hepatica.report.dose_tables import allocation_table, organs_table
from hepatica.report.model_tables import model_facts, model_table, sensitivity_table
from hepatica.report.pictures import dvh_picture, isotoxic_picture, slices_picture
from hepatica.report.reading_order import reading_order
from hepatica.report.references import References, references
from hepatica.report.sheet import Block, Section, Sheet, Text
from hepatica.report.source_tables import (
    derived_table,
    limit_readings_table,
    notes_table,
    references_table,
    rule_table,
    run_table,
)
from hepatica.report.structure_tables import indices_table, metrics_table, structures_table
from hepatica.report.tables import limits_table
from hepatica.report.wording import sentence, unknown

if TYPE_CHECKING:
    from hepatica.engine.evaluation import Evaluation


def evaluation_sheet(evaluation: Evaluation, run: Mapping[str, Any] | None = None) -> Sheet:
    """The report on one evaluation, pictures drawn, ready to be written.

    Raises
    ------
    MissingExtra
        If matplotlib is not installed.
    """
    protocol = evaluation.protocol
    cited = references(evaluation)
    sections: tuple[Section, ...] = (
        Section("dose-allowed", "The dose this patient may receive", tuple(_dose(evaluation))),
        Section("distribution", "The dose distribution", tuple(_pictures(evaluation))),
        Section("limits", "Limits", (limits_table(evaluation.limits, cited),)),
        Section("structures", "Structures", tuple(_structures(evaluation))),
        Section("model", "Liver risk model", tuple(_model(evaluation, cited))),
        Section("case", "How the case was put together", tuple(_case(evaluation))),
        Section(
            "sources",
            "Sources of the numbers",
            tuple(_sources(evaluation, cited)),
        ),
    )
    if run is not None:
        sections = (*sections, Section("run", "This run", (run_table(run),)))
    return Sheet(
        title="Plan evaluation",
        subtitle=f"{protocol.title} (protocol {protocol.name}, version {protocol.version})",
        case_id=evaluation.case.case_id,
        answer=answer(evaluation),
        sections=sections,
    )


def _dose(evaluation: Evaluation) -> Iterator[Block]:
    allocation = evaluation.allocation
    if allocation.levels:
        yield allocation_table(allocation, evaluation.protocol.prescription)
    else:
        yield Text((sentence(unknown(allocation.reason)),))
    if allocation.organs:
        yield organs_table(allocation)
    yield isotoxic_picture(evaluation)


def _pictures(evaluation: Evaluation) -> Iterator[Block]:
    curves = dvh_picture(evaluation)
    if curves is None:
        yield Text((sentence(unknown("no structure lies within the dose grid")),))
    else:
        yield curves
    yield slices_picture(evaluation)


def _structures(evaluation: Evaluation) -> Iterator[Block]:
    names = reading_order(evaluation, evaluation.structures)
    rows = {name: evaluation.structures[name] for name in names}
    yield structures_table(rows)
    for table in (metrics_table(rows), indices_table(evaluation.indices)):
        if table is not None:
            yield table


def _model(evaluation: Evaluation, cited: References) -> Iterator[Block]:
    found = evaluation.risk
    if found is None:
        yield Text((sentence(unknown("the risk was not computed; see What is missing")),))
        return
    yield model_table(found.reading.model, cited)
    yield model_facts(found.reading.model)
    yield sensitivity_table(found, evaluation.allocation)


def _case(evaluation: Evaluation) -> Iterator[Block]:
    tables = (derived_table(evaluation.structures), notes_table(evaluation.case.notes))
    found = [table for table in tables if table is not None]
    yield from found
    if not found:
        yield Text(("All structures were used as drawn, and the import report is empty.",))


def _sources(evaluation: Evaluation, cited: References) -> Iterator[Block]:
    yield rule_table(evaluation.protocol, cited)
    readings = limit_readings_table(evaluation, cited)
    if readings is not None:
        yield readings
    yield references_table(cited)
