"""Whether the names in a protocol document exist: structures, targets, facts, sources."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from pydantic import TypeAdapter, ValidationError

from hepatica.case.names import NameBook, canonical_names
from hepatica.document.fault import Path, did_you_mean, nearest, quoted
from hepatica.errors import AmbiguousName, InvalidInput
from hepatica.protocol.document import Document, Finding, rows
from hepatica.protocol.parts import Condition, ConditionText, Derivation, DerivationText

_DERIVATION: TypeAdapter[Derivation] = TypeAdapter(DerivationText)
_CONDITION: TypeAdapter[Condition] = TypeAdapter(ConditionText)


def names_are_unique(document: Document) -> Iterator[Finding]:
    """No two sources, facts, structures, limits or strata of one name."""
    prescription = document.get("prescription")
    groups = [
        list(rows(document, "sources")),
        list(rows(document, "facts")),
        [*rows(document, "derived"), *rows(document, "targets")],
        list(rows(document, "limits")),
        list(rows(prescription, "strata", ("prescription",))),
    ]
    groups += [
        list(rows(limit, "other_readings", path)) for path, limit in rows(document, "limits")
    ]
    for group in groups:
        seen: set[str] = set()
        for path, row in group:
            name = row.get("name")
            if isinstance(name, str) and name in seen:
                yield (*path, "name"), f"{name} is already taken; give each its own name."
            seen.add(str(name))


def structures_are_known(document: Document) -> Iterator[Finding]:
    """Every structure is of TG-263, or derived, or a target of this document."""
    own = _own_structures(document)
    for path, name in _structures_named(document):
        if name not in own:
            fault = _unknown_structure(name, own)
            if fault is not None:
                yield path, fault


def structures_are_not_circular(document: Document) -> Iterator[Finding]:
    """No structure is made, by whatever way round, of itself."""
    made_of = {
        str(row.get("name")): (path, tuple(_ingredients(row)))
        for key in ("derived", "targets")
        for path, row in rows(document, key)
    }
    for name, (path, _) in made_of.items():
        reached: set[str] = set()
        open_names = {name}
        while open_names:
            parts = {p for n in open_names if n in made_of for p in made_of[n][1]}
            open_names = parts - reached
            reached |= parts
        if name in reached:
            yield path, f"{name} is made of itself, so it can never be drawn."


def targets_have_a_margin(document: Document) -> Iterator[Finding]:
    """A fixed margin is written; a patient-specific one only has a minimum."""
    targets = {str(row.get("name")) for _, row in rows(document, "targets")}
    for path, row in rows(document, "targets"):
        rule = row.get("margin_rule", "fixed")
        if rule == "fixed" and "margin_mm" not in row:
            yield path, "a fixed margin needs margin_mm."
        if rule == "fixed" and "minimum_mm" in row:
            yield (*path, "minimum_mm"), "minimum_mm goes with margin_rule: patient_specific only."
        if rule == "patient_specific" and "minimum_mm" not in row:
            yield path, "a patient-specific margin needs minimum_mm; write 0 if none is published."
        if rule == "patient_specific" and "margin_mm" in row:
            message = (
                "margin_mm is for everybody; with a patient-specific margin the user gives it."
            )
            yield (*path, "margin_mm"), message
        if row.get("of") == "largest" and document.get("modality") == "photon_sbrt":
            message = (
                "a photon_sbrt plan treats all tumours; of: largest is for boosts. Leave it out."
            )
            yield (*path, "of"), message
        start = row.get("grown_from")
        if isinstance(start, str) and start not in targets | {"GTV"}:
            hint = did_you_mean(start, ["GTV", *sorted(map(str, targets))])
            yield (*path, "grown_from"), f"{start} is neither GTV nor a target; {hint}"


def conditions_are_asked(document: Document) -> Iterator[Finding]:
    """What a limit depends on is a question of this document, and the answer one of its answers."""
    asked = {str(row.get("name")): row.get("answers") for _, row in rows(document, "facts")}
    for path, row in rows(document, "facts"):
        assumed, answers = row.get("assumed"), row.get("answers")
        if assumed is not None and isinstance(answers, tuple) and assumed not in answers:
            hint = did_you_mean(str(assumed), map(str, answers))
            yield (*path, "assumed"), f"{quoted(assumed)} is not one of the answers; {hint}"
    for path, row in rows(document, "limits"):
        try:
            condition = _CONDITION.validate_python(row.get("applies_when"))
        except ValidationError:
            continue
        answers = asked.get(condition.fact)
        here = (*path, "applies_when")
        if condition.fact not in asked:
            hint = did_you_mean(condition.fact, map(str, asked))
            yield here, f"{condition.fact} is not an entry of facts; {hint}"
        elif isinstance(answers, tuple) and condition.answer not in answers:
            hint = did_you_mean(condition.answer, map(str, answers))
            yield here, f"{condition.answer} is not an answer to {condition.fact}; {hint}"


def _own_structures(document: Document) -> set[str]:
    made = [row for key in ("derived", "targets") for _, row in rows(document, key)]
    return {"GTV"} | {row["name"] for row in made if isinstance(row.get("name"), str)}


def _structures_named(document: Document) -> Iterator[tuple[Path, str]]:
    prescription = document.get("prescription")
    report = document.get("report")
    single: list[tuple[Path, Any]] = []
    if isinstance(prescription, dict):
        single.append((("prescription", "organ"), prescription.get("organ")))
        covers = prescription.get("covers")
        if isinstance(covers, dict):
            single.append((("prescription", "covers", "structure"), covers.get("structure")))
    single += [((*p, "inside"), row.get("inside")) for p, row in rows(document, "targets")]
    judged = (("limits", document, ()), ("advice", document, ()), ("rows", report, ("report",)))
    for path, row in (found for key, block, at in judged for found in rows(block, key, at)):
        single.append(((*path, "structure"), row.get("structure")))
        many = row.get("each_of")
        for i, name in enumerate(many if isinstance(many, tuple) else ()):
            single.append(((*path, "each_of", i), name))
    for path, row in rows(document, "derived"):
        single += [((*path, "made_of"), name) for name in _ingredients(row)]
    yield from ((path, name) for path, name in single if isinstance(name, str))


def _ingredients(row: dict[str, Any]) -> Iterator[str]:
    for key in ("grown_from", "inside"):
        if isinstance(row.get(key), str):
            yield row[key]
    try:
        yield from _DERIVATION.validate_python(row.get("made_of")).of
    except ValidationError:
        return


def _unknown_structure(name: str, own: Iterable[str]) -> str | None:
    """What to write instead of a name; None if the name can stand."""
    try:
        match = NameBook().match(name)
    except AmbiguousName as error:
        return str(error).replace(
            " Say which in a file of 'raw name: name' lines, with --names FILE.", ""
        )
    except InvalidInput as error:
        return str(error)
    if match.known and match.name == name:
        return None
    if match.known:
        return f"{name} is written {match.name} in TG-263; write it so."
    near = nearest(name, [*own, *canonical_names()])
    hint = f"did you mean {near}? " if near else ""
    what_to_do = "Use a TG-263 name, or say in derived what it is made of."
    return f"{name} is not a structure that is known here; {hint}{what_to_do}"
