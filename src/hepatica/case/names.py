"""What a structure is called, brought to the one spelling of AAPM TG-263 whatever the clinic wrote.

A name is compared without case, accents and separators. What fits several organs is an error with
the candidates; what fits none is kept as it was written and marked as unknown. The user's own map
always wins.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hepatica.case.name_table import fold, table
from hepatica.case.provenance import Note, NoteKind
from hepatica.case.structure import Role
from hepatica.errors import AmbiguousName, InvalidInput

LONGEST_NAME = 16
"""Characters that TG-263 allows in a name."""

_TARGETS: dict[str, Role] = {
    "GTV": "GTV",
    "CTV": "CTV",
    "ITV": "OTHER",
    "PTV": "PTV",
    "IGTV": "OTHER",
}

# TG-263 marks: part of a structure (~), a qualifier (^), a target without the critical organ (!).
# A name that carries one is not the plain organ.
_MARKS = re.compile(r"[~^!+*/\\&]")
_MINUS = re.compile(
    r"^(?P<whole>.+?)(?:\s*-\s*|[\s_]+(?:minus|without|ohne|sans|zonder)[\s_]+)(?P<part>.+)$", re.I
)
_TARGET = re.compile(
    r"^(?P<kind>i?gtv|ctv|itv|ptv)(?P<class>[pn]|sb|par|vas)?[\s_#.-]*(?P<number>\d*)$", re.I
)
# PTV-03 is in TG-263 a target cut back by 3 mm, so a number with a leading zero counts nothing.
_CROPPED = re.compile(r"[gcip]tv\w*\s*-\s*0\d$|-\s*[gcip]tv", re.I)
_PRV = re.compile(r"^(?P<organ>.+?)[\s_-]*prv[\s_-]*(?P<mm>\d{0,2})\s*(?:mm)?$", re.I)


@dataclass(frozen=True)
class NameMatch:
    """What one raw name was taken for, and why.

    ``name`` is empty when the user's map leaves the structure out. ``role`` is None when the name
    says nothing about it.
    """

    raw: str
    name: str
    known: bool
    how: str
    role: Role | None = None

    @property
    def left_out(self) -> bool:
        """Whether the user's map drops this structure."""
        return not self.name

    @property
    def too_long(self) -> bool:
        """Whether the name is longer than TG-263 allows."""
        return len(self.name) > LONGEST_NAME


def tg263_name(raw: str) -> str:
    """The TG-263 spelling of a name, or the name cleaned of spaces when it is unknown.

    Raises
    ------
    AmbiguousName
        If the name fits more than one organ.

    Examples
    --------
    >>> tg263_name("Niere links"), tg263_name("livertumor1")
    ('Kidney_L', 'GTV1')
    """
    return NameBook().match(raw).name


@dataclass(frozen=True)
class NameBook:
    """The built-in names, and above them those the user mapped.

    Parameters
    ----------
    own : raw name to canonical name
        From the user's file; an empty value leaves the structure out.
    """

    own: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        seen: dict[str, str] = {}
        for raw in self.own:
            key = fold(raw)
            if key in seen and self.own[raw] != self.own[seen[key]]:
                raise AmbiguousName(
                    f"The name file maps {seen[key]!r} to {self.own[seen[key]]!r} and {raw!r} to "
                    f"{self.own[raw]!r}, but they are the same name. Keep one of the two lines."
                )
            seen[key] = raw

    @classmethod
    def from_file(cls, path: Path) -> NameBook:
        """A book with the user's YAML file of ``raw name: TG-263 name`` lines.

        Raises
        ------
        InvalidInput
            If the file cannot be read as such a map.
        """
        return cls(_own_map(path))

    def match(self, raw: str) -> NameMatch:
        """What this name stands for.

        Raises
        ------
        AmbiguousName
            If it fits more than one organ; the message names them.
        InvalidInput
            If it is empty.
        """
        text = raw.strip()
        if not text:
            raise InvalidInput("A structure has an empty name; give it one in the planning system.")
        own = self._own_name(text)
        if own is not None:
            return _by_user(raw, own)
        return _built_in_match(raw, text)

    def matches(self, raws: Iterable[str]) -> tuple[NameMatch, ...]:
        """What several names of one patient stand for, each a different thing.

        Raises
        ------
        AmbiguousName
            If a name fits more than one organ or two names mean the same one; the message lists
            every such name at once.
        """
        found: list[NameMatch] = []
        faults: list[str] = []
        for raw in raws:
            try:
                found.append(self.match(raw))
            except AmbiguousName as error:
                faults.append(str(error))
        faults.extend(_shared_names(found))
        if faults:
            raise AmbiguousName("\n".join(faults))
        return tuple(found)

    def unused(self, raws: Iterable[str]) -> tuple[str, ...]:
        """Lines of the user's map that fit none of these names: probably typing errors."""
        present = {fold(raw) for raw in raws}
        return tuple(raw for raw in self.own if fold(raw) not in present)

    def _own_name(self, text: str) -> str | None:
        if text in self.own:
            return self.own[text]
        key = fold(text)
        return next((name for raw, name in self.own.items() if key and fold(raw) == key), None)


def canonical_names() -> tuple[str, ...]:
    """Every name of the built-in table, targets aside, in alphabetical order."""
    return tuple(sorted(table().canonical))


def name_notes(matches: Iterable[NameMatch]) -> tuple[Note, ...]:
    """What an import report says about names: renamed, unknown, left out, too long."""
    rows = list(matches)
    kept = [m for m in rows if not m.left_out]
    sayings: tuple[tuple[NoteKind, str, list[str]], ...] = (
        ("linked", "Renamed", [f"{m.raw} is {m.name}" for m in kept if m.raw != m.name]),
        ("assumed", "Not TG-263 names, kept", [m.name for m in kept if not m.known]),
        ("ignored", "Left out by the name file", [m.raw for m in rows if m.left_out]),
        ("warning", f"Longer than {LONGEST_NAME} characters", [m.name for m in kept if m.too_long]),
    )
    return tuple(
        Note(kind, "names", f"{what}: {', '.join(said)}.") for kind, what, said in sayings if said
    )


def role_of(name: str) -> Role | None:
    """The role that a name implies, however it is cased: targets, outline, couch; else None."""
    target = _TARGET.match(name) or re.match(r"^(?P<kind>I?GTV|CTV|ITV|PTV)[_!-]", name)
    if target:
        return _TARGETS[target["kind"].upper()]
    roles = {known.casefold(): role for known, role in table().roles.items()}
    return roles.get(name.casefold())


def _shared_names(found: list[NameMatch]) -> Iterator[str]:
    by_name: dict[str, list[NameMatch]] = {}
    for match in found:
        if not match.left_out:
            by_name.setdefault(match.name.casefold(), []).append(match)
    for same in by_name.values():
        raws = sorted({match.raw for match in same})
        if len(raws) > 1:
            listed = ", ".join(map(repr, raws))
            yield f"The structures {listed} would all be called {same[0].name}. {_HOW_TO_MAP}"
        elif len(same) > 1:
            yield (
                f"The structure {raws[0]!r} occurs {len(same)} times in these sources; rename or "
                "remove all but one where they come from."
            )


_HOW_TO_MAP = "Map them to different names in a file of 'raw name: name' lines, with --names FILE."


def _by_user(raw: str, own: str) -> NameMatch:
    if not own:
        return NameMatch(raw, "", True, "left out by your name file")
    known = table().names.get(fold(own)) if not _MARKS.search(own) else None
    name = own if known is None or own in table().canonical else known
    is_known = name in table().canonical or _target_name(name) is not None
    return NameMatch(raw, name, is_known, "your name file", role_of(name))


def _built_in_match(raw: str, text: str) -> NameMatch:
    if text in table().canonical:
        return NameMatch(raw, text, True, "TG-263 name", role_of(text))
    rules = (_target_name, _difference_name, _plain_name, _tumour_name, _prv_name)
    for rule in rules:
        name = rule(text)
        if name is not None:
            how = "synonym" if rule is _plain_name else "pattern"
            return NameMatch(raw, name, True, how, role_of(name))
    return NameMatch(raw, _cleaned(text), False, "kept as written", None)


def _target_name(text: str) -> str | None:
    """GTV1, GTVp1, CTV, PTV_6000: the target grammar of TG-263; a number over 99 is a dose."""
    found = _TARGET.match(text)
    if found is None or _CROPPED.search(text):
        return None
    number = found["number"]
    if len(number) > 2:
        number = f"_{number}"
    elif number:
        number = str(int(number))
    return found["kind"].upper() + (found["class"] or "").lower() + number


def _difference_name(text: str) -> str | None:
    """Liver - GTV, Leber ohne Tumor, Lungs-GTV: an organ without all tumours."""
    found = _MINUS.match(text)
    if found is None or _MARKS.search(text):
        return None
    whole = table().names.get(fold(found["whole"]))
    part = "CTV" if fold(found["part"]) == "ctv" else _tumour_name(found["part"])
    if whole not in ("Liver", "Lungs") or part not in ("GTV", "CTV"):
        return None
    name = f"{whole}-{part}"
    return name if name in table().canonical else None


def _plain_name(text: str) -> str | None:
    if _MARKS.search(text):
        return None
    key = fold(text)
    candidates = table().ambiguous.get(key)
    if candidates:
        raise AmbiguousName(
            f"The structure name {text!r} fits {', '.join(candidates)}. "
            "Say which in a file of 'raw name: name' lines, with --names FILE."
        )
    return table().names.get(key)


def _tumour_name(text: str) -> str | None:
    """livertumor1, Lebermetastase 2, GTV_met1: GTV with the number."""
    if _MARKS.search(text) or _CROPPED.search(text):
        return None
    found = re.match(r"^(.*?)0*(\d{0,2})$", fold(text))
    if found is None or found[1] not in table().tumours:
        return None
    return f"GTV{found[2]}"


def _prv_name(text: str) -> str | None:
    """Cord PRV 5 mm is SpinalCord_PRV05; the side goes last, as in Kidney_PRV05_L."""
    found = _PRV.match(text)
    organ = _plain_name(found["organ"]) if found else None
    if found is None or organ is None:
        return None
    prv = f"_PRV{int(found['mm']):02d}" if found["mm"] else "_PRV"
    stem, side = (organ[:-2], organ[-2:]) if organ[-2:] in ("_L", "_R") else (organ, "")
    return stem + prv + side


def _cleaned(text: str) -> str:
    """Spaces to underscores, and only signs that a name may carry."""
    joined = re.sub(r"\s+", "_", text)
    kept = re.sub(r"[^\w+\-~^!.]", "", joined)
    if not kept:
        raise InvalidInput(f"The structure name {text!r} holds no letter or digit; rename it.")
    return kept


def _own_map(path: Path) -> dict[str, str]:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        loaded = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, YAMLError) as error:
        raise InvalidInput(
            f"The name file {path.name} cannot be read: {error}. It needs lines like "
            "'Tumor links: GTV1'."
        ) from error
    if not isinstance(loaded, dict):
        raise InvalidInput(
            f"The name file {path.name} is not a map. It needs lines like 'Tumor links: GTV1'."
        )
    return {str(raw): _own_value(raw, name, path) for raw, name in loaded.items()}


def _own_value(raw: object, name: object, path: Path) -> str:
    if name is None:
        return ""
    if not isinstance(name, str) or _cleaned(name.strip()) != name.strip():
        raise InvalidInput(
            f"The name file {path.name} maps {str(raw)!r} to {name!r}; a name holds letters, "
            "digits and _ + - ~ ^ ! . and no space. Leave it empty to leave the structure out."
        )
    return name.strip()
