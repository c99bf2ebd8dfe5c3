"""The text of a machine document, read into plain values that remember their lines.

YAML 1.2, of which JSON is a part; no tags, no anchors, no key twice.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

Path = tuple[str | int, ...]
"""Where something is in a document: keys, and counts from 0 within lists."""

_TAG = "tag:yaml.org,2002:"
_SCALARS = {_TAG + word for word in ("str", "int", "float", "bool", "null", "timestamp")}


@dataclass
class Text:
    """A document as dicts, tuples and scalars; the line of each place; what could not be read."""

    root: Any = None
    lines: dict[Path, int] = field(default_factory=dict)
    faults: dict[tuple[int, Path], str] = field(default_factory=dict)

    def fault(self, path: Path, message: str) -> None:
        """Note what is wrong at a place; the first thing said about a place stands."""
        line = next((n for n in map(self.lines.get, _inside_out(path)) if n is not None), 1)
        self.faults.setdefault((line, path), message)

    def at(self, path: Path) -> Any:
        """What stands at a place; None where there is nothing."""
        value = self.root
        for step in path:
            try:
                value = value[step]
            except (KeyError, IndexError, TypeError):
                return None
        return value

    def shown_faults(self) -> tuple[str, ...]:
        """All faults in the order of their lines, as sentences."""
        return tuple(
            f"line {line}  {spoken(path)}: {message}" if path else f"line {line}  {message}"
            for (line, path), message in sorted(self.faults.items(), key=_line_then_place)
        )


def spoken(path: Path) -> str:
    """A path as a reader counts: ``sources[2].name`` is the second source's name."""
    text = ""
    for step in path:
        text += f"[{step + 1}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def read_text(text: str) -> Text:
    """Read YAML or JSON into plain values; never raises on a bad text, it notes faults."""
    found = Text()
    yaml = YAML(typ="safe", pure=True)
    try:
        node = yaml.compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = " ".join(str(part) for part in (error.context, error.problem) if part)
        found.faults[(1 if mark is None else mark.line + 1, ())] = f"this is not YAML: {what}."
        return found
    except (YAMLError, RecursionError) as error:
        found.faults[(1, ())] = f"this is not YAML: {' '.join(str(error).split())}."
        return found
    if not isinstance(node, MappingNode):
        message = "the document is not a block of keys; it starts with keys such as name:."
        found.faults[(1, ())] = message
        return found
    found.root = _plain(node, (), found, yaml, set())
    return found


def _plain(node: Node, path: Path, text: Text, yaml: YAML, seen: set[int]) -> Any:
    text.lines[path] = min(node.start_mark.line + 1, text.lines.get(path, node.start_mark.line + 1))
    if id(node) in seen:
        text.fault(path, "anchors and aliases (& and *) are not read; write the value out again.")
        return None
    seen.add(id(node))
    if isinstance(node, MappingNode):
        return _block(node, path, text, yaml, seen)
    if isinstance(node, SequenceNode):
        return tuple(_plain(n, (*path, i), text, yaml, seen) for i, n in enumerate(node.value))
    return _scalar(node, path, text, yaml)


def _block(node: MappingNode, path: Path, text: Text, yaml: YAML, seen: set[int]) -> dict[str, Any]:
    block: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = str(key_node.value) if isinstance(key_node, ScalarNode) else ""
        here = (*path, key)
        text.lines[here] = line = key_node.start_mark.line + 1
        if not key:
            text.fault(path, "a key is a single word, not a list or a block.")
        elif key in block:
            text.faults.setdefault((line, here), "is given twice; keep one of them.")
        else:
            block[key] = _plain(value_node, here, text, yaml, seen)
    return block


def _scalar(node: Node, path: Path, text: Text, yaml: YAML) -> Any:
    tag = str(node.tag)
    if tag not in _SCALARS:
        text.fault(path, f"the tag {tag.removeprefix(_TAG)} is not read here; leave it out.")
        return None
    if tag in (_TAG + "str", _TAG + "timestamp"):
        return str(node.value)
    try:
        return yaml.constructor.construct_object(node)
    except ValueError as error:
        text.fault(path, f"cannot be read: {error}.")
        return None


def _inside_out(path: Path) -> tuple[Path, ...]:
    return tuple(path[:end] for end in range(len(path), -1, -1))


def _line_then_place(item: tuple[tuple[int, Path], str]) -> tuple[int, str]:
    (line, path), _ = item
    return line, spoken(path)
