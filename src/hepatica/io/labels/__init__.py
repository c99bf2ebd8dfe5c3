"""What each number of a label volume stands for: one YAML file per program that writes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import resources
from pathlib import Path

from hepatica.errors import InvalidInput


@dataclass(frozen=True)
class LabelMap:
    """Label numbers and the names that their program gives them.

    ``status`` is ``verified`` or ``recalled``, and ``user`` for the user's own file.
    """

    name: str
    labels: Mapping[int, str]
    source: str
    status: str


def shipped_maps() -> tuple[str, ...]:
    """The names of the label maps that come with Hepatica."""
    files = resources.files(__name__).iterdir()
    return tuple(sorted(f.name[:-5] for f in files if f.name.endswith(".yaml")))


def label_map(name: str) -> LabelMap:
    """A label map that comes with Hepatica, or the user's YAML file of ``number: name`` lines.

    Raises
    ------
    InvalidInput
        If there is none of that name, or the file is not such a map.
    """
    if name in shipped_maps():
        text = resources.files(__name__).joinpath(f"{name}.yaml").read_text(encoding="utf-8")
        return _parsed(text, name)
    path = Path(name)
    if not path.is_file():
        near = get_close_matches(name, shipped_maps(), n=1)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise InvalidInput(
            f"There is no label map {path.name}.{hint} Hepatica brings "
            f"{', '.join(shipped_maps())}; any other is a YAML file of 'number: name' lines."
        )
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"The label map {path.name} cannot be read as text.") from error
    return _parsed(text, path.name)


def _parsed(text: str, name: str) -> LabelMap:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        rows = YAML(typ="safe").load(text)
    except YAMLError as error:
        raise InvalidInput(f"The label map {name} is not valid YAML: {error}.") from error
    wrapped = isinstance(rows, dict) and isinstance(rows.get("labels"), dict)
    labels = rows["labels"] if wrapped else rows
    if not isinstance(labels, dict) or not labels:
        raise InvalidInput(f"The label map {name} is no map; it needs lines like '5: liver'.")
    for number, word in labels.items():
        whole = isinstance(number, int) and not isinstance(number, bool) and number > 0
        if not whole or not isinstance(word, str) or not word.strip():
            raise InvalidInput(
                f"The label map {name} holds {number!r}: {word!r}; it needs a whole number "
                "above 0 and a name, like '5: liver'."
            )
    source = str(rows.get("source", "")) if wrapped else ""
    status = str(rows.get("status", "user")) if wrapped else "user"
    return LabelMap(name, dict(labels), source, status)
