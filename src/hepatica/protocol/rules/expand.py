"""A rule pack as it is written, made ready for the schema: terms put in, sources and ids filled."""

from __future__ import annotations

from typing import Any

from hepatica.document.fault import Path, did_you_mean
from hepatica.document.text import Tree
from hepatica.protocol.resolve import Resolver
from hepatica.protocol.rules.pack import RulePack

_TERM = "term"
_TREES = ("terms", "rules", "sequences")


def expanded(tree: Tree) -> tuple[dict[str, Any], frozenset[Path]]:
    """The document for ``RulePack.model_validate``, and where terms were put in.

    Faults are added to the tree.
    """
    book = _Terms(tree)
    root = dict(tree.root)
    for key in _TREES:
        rows = root.get(key)
        if isinstance(rows, tuple):
            root[key] = tuple(book.row(row, (key, i)) for i, row in enumerate(rows))
    document = Resolver(tree).block(root, RulePack, (), None)
    return document, frozenset(book.inserted)


class _Terms:
    """Puts the terms of a pack where rules use them, and numbers the questions."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.inserted: set[Path] = set()
        rows = tree.root.get("terms")
        self.terms = {
            str(row["name"]): row["when"]
            for row in (rows if isinstance(rows, tuple) else ())
            if isinstance(row, dict) and "name" in row and "when" in row
        }

    def row(self, row: Any, path: Path) -> Any:
        """A rule or a term with its trees complete."""
        if not isinstance(row, dict):
            return row
        name = str(row.get("id") or row.get("name") or path[-1])
        made = dict(row)
        if "when" in made:
            made["when"] = self._tree(made["when"], (*path, "when"), ())
            _number(made["when"], name)
        if isinstance(made.get("advice"), tuple):
            made["advice"] = tuple(
                self._advice(one, (*path, "advice", i), f"{name}-advice-{i + 1}")
                for i, one in enumerate(made["advice"])
            )
        return made

    def _advice(self, raw: Any, path: Path, name: str) -> Any:
        if not isinstance(raw, dict) or "when" not in raw:
            return raw
        made = {**raw, "when": self._tree(raw["when"], (*path, "when"), ())}
        _number(made["when"], name)
        return made

    def _tree(self, raw: Any, path: Path, within: tuple[str, ...]) -> Any:
        if isinstance(raw, tuple):
            return tuple(self._tree(part, (*path, i), within) for i, part in enumerate(raw))
        if not isinstance(raw, dict):
            return raw
        if _TERM not in raw:
            return {
                key: self._tree(value, (*path, key), within)
                if key in ("all", "any", "not")
                else value
                for key, value in raw.items()
            }
        return self._term(raw, path, within)

    def _term(self, raw: dict[str, Any], path: Path, within: tuple[str, ...]) -> Any:
        name = str(raw[_TERM])
        if len(raw) > 1:
            self._fault(path, "a term stands alone; put it beside the others in all: or any:.")
        if name in within:
            self._fault(path, f"the term {name} is made of itself; write its condition out.")
            return {}
        if name not in self.terms:
            hint = did_you_mean(name, self.terms)
            self._fault((*path, _TERM), f"{name!r} is no term of this pack; {hint}")
            self.inserted.add(path)
            return {}
        self.inserted.add(path)
        return self._tree(self.terms[name], path, (*within, name))

    def _fault(self, path: Path, message: str) -> None:
        self.tree.faults.append(self.tree.fault(path, message))


def _number(raw: Any, name: str) -> None:
    """Questions are listed under the name of their rule and their place in it."""
    for count, leaf in enumerate(_leaves(raw), start=1):
        leaf.setdefault("id", f"{name}-{count}".lower().replace("_", "-"))


def _leaves(raw: Any) -> list[dict[str, Any]]:
    if isinstance(raw, tuple):
        return [leaf for part in raw for leaf in _leaves(part)]
    if not isinstance(raw, dict):
        return []
    if "fact" in raw:
        return [raw]
    return [leaf for key in ("all", "any", "not") for leaf in _leaves(raw.get(key))]
