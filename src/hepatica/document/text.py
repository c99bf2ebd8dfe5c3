"""The text of a written document, read into plain values that remember their line and column.

YAML 1.2 without its surprises: no tags, no anchors, no key twice. Whatever breaks these rules is
collected as a fault and reading goes on, so that all faults can be shown at once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from hepatica.document.fault import Fault, Path, quoted, spoken

Place = tuple[int, int]
"""(line, column), both counted from 1."""

_TAG = "tag:yaml.org,2002:"
_TAGS = {_TAG + word for word in ("map", "seq", "str", "int", "float", "bool", "null", "timestamp")}
_DEEPEST = 40


@dataclass
class Tree:
    """A document as plain dicts, tuples and scalars, with the place of each key and value.

    Parameters
    ----------
    root : object
        What the document says; None if it could not be read at all.
    keys, values : dict from Path to Place
        Where each key, and each value, starts.
    unreadable : list of Fault
        Values that could not be read; ``root`` has None in their place.
    faults : list of Fault
        Everything that is wrong, these included; whoever finds more adds it.
    """

    root: Any = None
    keys: dict[Path, Place] = field(default_factory=dict)
    values: dict[Path, Place] = field(default_factory=dict)
    unreadable: list[Fault] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def fault(self, path: Path, message: str, *, at_key: bool = False) -> Fault:
        """A fault at a path; a place that is not in the text is reported at its nearest parent."""
        value = self.at(path)
        first, second = (self.keys, self.values) if at_key else (self.values, self.keys)
        shown = "" if value is None else quoted(value)
        for end in range(len(path), -1, -1):
            place = first.get(path[:end]) or second.get(path[:end])
            if place is not None:
                return Fault(*place, spoken(path), shown, message)
            first, second = self.keys, self.values
        return Fault(1, 1, spoken(path), shown, message)

    def note(self, path: Path, message: str) -> None:
        """Add a fault; the first thing said about a path stands."""
        found = self.fault(path, message)
        if not any(other.path == found.path for other in self.faults):
            self.faults.append(found)

    def cannot_read(self, path: Path, message: str) -> None:
        """Note a value that is left out because it cannot be read."""
        self.unreadable.append(self.fault(path, message))
        self.faults.append(self.unreadable[-1])

    def at(self, path: Path) -> Any:
        """What stands at a path; None where there is nothing."""
        value = self.root
        for step in path:
            try:
                value = value[step]
            except (KeyError, IndexError, TypeError):
                return None
        return value


def read_tree(text: str) -> Tree:
    """Read YAML into plain values with places; never raises on a bad text, it lists faults.

    Parameters
    ----------
    text : str
        The whole document.

    Returns
    -------
    Tree
        Lists become tuples; dates stay text.
    """
    tree = Tree()
    yaml = YAML(typ="safe", pure=True)
    try:
        node = yaml.compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = (1, 1) if mark is None else _place(mark)
        what = " ".join(str(part) for part in (error.context, error.problem) if part)
        tree.faults.append(Fault(*place, "", "", f"this is not YAML: {what}."))
        return tree
    except (YAMLError, RecursionError) as error:
        what = " ".join(str(error).split())
        tree.faults.append(Fault(1, 1, "", "", f"this is not YAML: {what}."))
        return tree
    if not isinstance(node, MappingNode):
        place = (1, 1) if node is None else _place(node.start_mark)
        what = "is empty" if node is None else "is not a block of keys"
        message = f"the document {what}; it starts with keys such as name: and title:."
        tree.faults.append(Fault(*place, "", "", message))
        return tree
    tree.root = _plain(node, (), tree, yaml, set())
    return tree


def _place(mark: Any) -> Place:
    return mark.line + 1, mark.column + 1


def _plain(node: Node, path: Path, tree: Tree, yaml: YAML, seen: set[int]) -> Any:
    tree.values[path] = _place(node.start_mark)
    if id(node) in seen or len(path) > _DEEPEST:
        message = "anchors and aliases (& and *) are not read here; write the value out again."
        if id(node) not in seen:
            message = f"blocks are nested more than {_DEEPEST} deep; no document needs that."
        tree.cannot_read(path, message)
        return None
    seen.add(id(node))
    if str(node.tag) not in _TAGS:
        short = str(node.tag).removeprefix(_TAG)
        tree.cannot_read(path, f"the tag !{short} is not read here; leave it out.")
        return None
    if isinstance(node, MappingNode):
        return _block(node, path, tree, yaml, seen)
    if isinstance(node, SequenceNode):
        return tuple(_plain(n, (*path, i), tree, yaml, seen) for i, n in enumerate(node.value))
    return _scalar(node, path, tree, yaml)


def _block(node: MappingNode, path: Path, tree: Tree, yaml: YAML, seen: set[int]) -> dict[str, Any]:
    block: dict[str, Any] = {}
    for key_node, value_node in node.value:
        if not isinstance(key_node, ScalarNode):
            place = _place(key_node.start_mark)
            message = "a key is a single word, not a list or a block."
            tree.faults.append(Fault(*place, spoken(path), "", message))
            continue
        key = str(key_node.value)
        here = (*path, key)
        if key in block:
            first = tree.keys[here][0]
            message = f"{key} is given twice (first in line {first}); keep one of them."
            tree.faults.append(Fault(*_place(key_node.start_mark), spoken(here), "", message))
            continue
        tree.keys[here] = _place(key_node.start_mark)
        block[key] = _plain(value_node, here, tree, yaml, seen)
    return block


def _scalar(node: Node, path: Path, tree: Tree, yaml: YAML) -> Any:
    if str(node.tag) in (_TAG + "str", _TAG + "timestamp"):
        return str(node.value)
    try:
        return yaml.constructor.construct_object(node)
    except ValueError as error:
        tree.cannot_read(path, f"cannot be read: {error}.")
        return None
