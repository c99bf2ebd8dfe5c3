"""Reads a mapping file, and says everything that is wrong with it at once, line by line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any, cast

from hepatica.case.record import ABSENT_REASONS, AbsentReason, field_named
from hepatica.errors import HepaticaError, InvalidInput
from hepatica.io.tables.mapping import (
    LAYOUTS,
    Checkbox,
    Column,
    Layout,
    Meaning,
    Stated,
    TableMapping,
)
from hepatica.io.tables.spoken import Writing, understood

REDCAP_OWN = "hepatica-redcap"
"""The mapping of projects that were made from the REDCap dictionary that Hepatica writes."""

_DOCUMENT_KEYS = (
    *("name", "title", "source", "layout", "case", "columns", "checkboxes", "stated", "missing"),
    *("empty", "left_out", "on", "on_from_event", "what", "value", "decimal", "thousands"),
    *("date_format", "sheet", "delimiter", "encoding", "identifying"),
)
_MEANING_KEYS = (
    *("field", "item", "unit", "unit_column", "values", "missing", "on", "reference_low"),
    *("reference_high", "comparator", "only"),
)
_COLUMN_KEYS = (*_MEANING_KEYS, "also", "optional", "note")


def mapping_names() -> tuple[str, ...]:
    """The mappings that come with Hepatica."""
    folder = resources.files("hepatica.io.tables").joinpath("mappings")
    shipped = (entry.name for entry in folder.iterdir())
    return (*sorted(n[:-5] for n in shipped if n.endswith(".yaml")), REDCAP_OWN)


def load_mapping(name_or_path: str | Path) -> TableMapping:
    """A mapping that comes with Hepatica by its name, or one's own by its path.

    Raises
    ------
    InvalidInput
        If there is none, or with every fault of the file at once.
    """
    name = str(name_or_path)
    if name == REDCAP_OWN:
        from hepatica.io.tables.redcap import own_mapping

        return own_mapping()
    if name in mapping_names():
        package = resources.files("hepatica.io.tables")
        text = package.joinpath("mappings", f"{name}.yaml").read_text(encoding="utf-8")
        return parse_mapping(text, f"{name}.yaml")
    path = Path(name_or_path)
    if path.suffix not in (".yaml", ".yml") or not path.is_file():
        raise InvalidInput(
            f"There is no mapping {name!r}; there are {', '.join(mapping_names())}. One of your "
            "own is given as a file that ends in .yaml."
        )
    try:
        return parse_mapping(path.read_text(encoding="utf-8-sig"), path.name)
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{path.name} is not UTF-8 text. Save it as UTF-8.") from error


def parse_mapping(text: str, shown: str = "mapping") -> TableMapping:
    """The mapping that a YAML text describes.

    Raises
    ------
    InvalidInput
        With every fault of the text at once.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        document = YAML(typ="rt").load(text)
    except YAMLError as error:
        raise InvalidInput(f"{shown} is no YAML: {error}") from error
    reader = _Reader()
    mapping = reader.document(document, Path(shown).stem)
    if reader.faults:
        said = (f"line {n}: {fault}" if n else fault for n, fault in sorted(reader.faults))
        lines = "\n".join(f"  {fault}" for fault in said)
        raise InvalidInput(f"{shown}: {len(reader.faults)} fault(s).\n{lines}")
    return mapping


@dataclass
class _Reader:
    """Walks through the document and collects what is wrong with it."""

    faults: list[tuple[int, str]] = field(default_factory=list)
    layout: Layout = "wide"

    def document(self, document: Any, name: str) -> TableMapping:
        """The whole mapping."""
        top = self.block(document, "", "", _DOCUMENT_KEYS)
        self.layout = cast(Layout, self.choice(top, "layout", LAYOUTS, "wide"))
        self.need(top, "case", "the column with the pseudonym")
        if self.layout == "long":
            self.need(top, "what", "the column that names the thing")
            self.need(top, "value", "the column with its value")
        empty = self.choice(top, "empty", ("nothing", *ABSENT_REASONS), "nothing")
        plain = {key: _text(top.get(key)) for key in ("title", "source", "on", "what", "value")}
        files = {key: _text(top[key]) for key in ("sheet", "encoding") if key in top}
        return TableMapping(
            name=_text(top.get("name")) or name,
            case=_text(top.get("case")),
            layout=self.layout,
            columns=tuple(self.columns(top.get("columns"))),
            checkboxes=tuple(self.checkboxes(top.get("checkboxes"))),
            stated=tuple(self.stated(top.get("stated"))),
            missing=self.reasons(top, "missing"),
            empty=None if empty == "nothing" else cast(AbsentReason, empty),
            left_out=_texts(self.block(top.get("left_out"), "left_out", top, None)),
            identifying=tuple(_text(heading) for heading in _listed(top.get("identifying"))),
            on_from_event=top.get("on_from_event") is True,
            writing=self.writing(top),
            delimiter=str(top.get("delimiter", "")),
            **plain,
            **files,
        )

    def writing(self, top: Mapping[str, Any]) -> Writing:
        """How numbers and dates are written."""
        decimal = self.choice(top, "decimal", (".", ","), ".")
        if str(top.get("thousands", "")) == decimal:
            text = f"thousands: {decimal!r} parts decimals already; 1{decimal}234 could be both."
            self.fault((top, "thousands"), text)
        return Writing(decimal, str(top.get("thousands", "")), _text(top.get("date_format")))

    def columns(self, block: Any) -> Iterator[Column]:
        """One column after the other."""
        rows = self.block(block, "columns", block, None)
        for name, row in rows.items():
            place = f"columns.{name}"
            parts = row if isinstance(row, Sequence) and not isinstance(row, str) else [row]
            read = [self.block(_full(p), place, (rows, name), _COLUMN_KEYS) for p in parts]
            meanings = tuple(self.meaning(p, place, (rows, name)) for p in read)
            also = [str(word) for p in read for word in _listed(p.get("also"))]
            optional = any(p.get("optional") is True for p in read)
            yield Column(str(name), meanings, tuple(also), optional)

    def checkboxes(self, block: Any) -> Iterator[Checkbox]:
        """One question with boxes after the other."""
        rows = self.block(block, "checkboxes", block, None)
        for name, row in rows.items():
            place = f"checkboxes.{name}"
            read = self.block(row, place, (rows, name), ("boxes", "unchecked", "optional", "note"))
            said = _text(read.get("unchecked"))
            if said not in ("no", "nothing"):
                self.fault(
                    (rows, name),
                    f"{place}.unchecked: {said!r}; say what an empty box means: no or nothing.",
                )
            boxes = self.block(read.get("boxes"), f"{place}.boxes", (rows, name), None)
            meanings = {}
            for code, part in boxes.items():
                where = f"{place}.boxes.{code}"
                full = self.block(_full(part), where, (boxes, code), _MEANING_KEYS)
                meanings[str(code)] = self.meaning(full, where, (boxes, code))
            unchecked = "no" if said == "no" else "nothing"
            yield Checkbox(str(name), meanings, unchecked, read.get("optional") is True)  # type: ignore[arg-type]

    def meaning(self, row: Mapping[str, Any], place: str, at: Any) -> Meaning:
        """What one column says."""
        plain = {
            key: _text(row.get(key))
            for key in ("field", "item", "unit", "unit_column", "on", "comparator")
        }
        limits = {key: _text(row.get(key)) for key in ("reference_low", "reference_high")}
        only = self.block(row.get("only"), f"{place}.only", at, None)
        if self.layout == "redcap" and not plain["item"] and _repeats(plain["field"]):
            plain["item"] = "{redcap_repeat_instance}"
        found = Meaning(
            **plain,
            **limits,
            values=_texts(self.block(row.get("values"), f"{place}.values", at, None)),
            missing=self.reasons(row, "missing", place),
            only={str(k): tuple(str(v) for v in _listed(part)) for k, part in only.items()},
        )
        self.check(found, place, at)
        return found

    def check(self, meaning: Meaning, place: str, at: Any) -> None:
        """That the field exists and can have the unit, item and answers that the mapping says."""
        if not meaning.field:
            self.fault(at, f"{place}: it needs a field of the record; see hepatica case fields.")
            return
        try:
            known = field_named(meaning.field)
        except InvalidInput as error:
            self.fault(at, f"{place}: {error}")
            return
        if bool(known.group) != bool(meaning.item):
            need = f"an item of {known.group}" if known.group else "no item"
            self.fault(at, f"{place}: field {meaning.field} needs {need}; it has {meaning.item!r}.")
        if meaning.unit and known.kind != "quantity":
            self.fault(at, f"{place}: {meaning.field} is a {known.kind}; it takes no unit.")
        answers = list(meaning.values.values())
        tried = [*answers, *(["1"] if known.kind == "quantity" and meaning.unit else [])]
        for answer in tried:
            try:
                understood(known, answer, meaning.unit or known.unit)
            except HepaticaError as error:
                self.fault(at, f"{place}: {error}")

    def stated(self, rows: Any) -> Iterator[Stated]:
        """What holds for every patient."""
        for n, row in enumerate(_listed(rows)):
            place = f"stated[{n + 1}]"
            read = self.block(row, place, (rows, n), ("field", "value", "item", "source", "note"))
            fact = Stated(
                *(_text(read.get(key)) for key in ("field", "value", "item", "source")),
            )
            self.check(Meaning(fact.field, fact.item, values={"": fact.value}), place, (rows, n))
            yield fact

    def reasons(self, row: Mapping[str, Any], key: str, place: str = "") -> dict[str, AbsentReason]:
        """Codes with the reason for having no value that each stands for."""
        where = f"{place}.{key}" if place else key
        found = _texts(self.block(row.get(key), where, (row, key), None))
        for code, reason in found.items():
            if reason not in ABSENT_REASONS:
                allowed = ", ".join(ABSENT_REASONS)
                self.fault((row, key), f"{where}.{code}: {reason!r}; reasons are {allowed}.")
        return cast(dict[str, AbsentReason], found)

    def block(
        self, found: Any, place: str, at: Any, known: tuple[str, ...] | None
    ) -> Mapping[str, Any]:
        """A block of keys; empty where there is none."""
        if found is None:
            return {}
        if not isinstance(found, Mapping):
            self.fault(at, f"{place or 'The document'}: it needs keys with values.")
            return {}
        for key in found if known is not None else ():
            if key not in (known or ()):
                self.fault((found, key), f"{_joined(place, key)}: {_unknown(str(key), known)}")
        return found

    def choice(
        self, row: Mapping[str, Any], key: str, allowed: tuple[str, ...], default: str
    ) -> str:
        """One word of several."""
        said = _text(row.get(key)) or default
        if said not in allowed:
            self.fault((row, key), f"{key}: {said!r}; it needs to be one of {', '.join(allowed)}.")
            return default
        return said

    def need(self, row: Mapping[str, Any], key: str, what: str) -> None:
        """A key that must be there."""
        if not _text(row.get(key)):
            self.fault(row, f"{key}: it is missing; it names {what}.")

    def fault(self, at: Any, message: str) -> None:
        """Keep a fault with the line where it stands."""
        self.faults.append((_line(at), message))


def _line(at: Any) -> int:
    """The line of a block, or of a key in it; 0 where it is not known."""
    block, key = at if isinstance(at, tuple) else (at, None)
    lines = getattr(block, "lc", None)
    if lines is None:
        return 0
    try:
        place = lines.line if key is None else lines.data[key][0]
    except (KeyError, TypeError, AttributeError):
        place = lines.line
    return int(place) + 1


def _unknown(key: str, known: tuple[str, ...] | None) -> str:
    from difflib import get_close_matches

    near = get_close_matches(key, known or (), n=1)
    return (
        f"unknown key; did you mean {near[0]}?"
        if near
        else (f"unknown key; known are {', '.join(known or ())}.")
    )


def _repeats(name: str) -> bool:
    try:
        return bool(field_named(name).group)
    except InvalidInput:
        return False


def _joined(place: str, key: object) -> str:
    return f"{place}.{key}" if place else str(key)


def _full(part: Any) -> Any:
    """A column that is mapped to a bare name means that field."""
    return {"field": part} if isinstance(part, str) else part


def _listed(part: Any) -> list[Any]:
    if part is None:
        return []
    return list(part) if isinstance(part, Sequence) and not isinstance(part, str) else [part]


def _texts(block: Mapping[Any, Any]) -> dict[str, str]:
    return {_text(key): _text(value) for key, value in block.items()}


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value).strip()
