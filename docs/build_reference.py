"""Writes the reference pages from the program itself, so that they cannot be out of date.

python docs/build_reference.py           write docs/reference/*.md and docs/index.md
python docs/build_reference.py --check   fail if a page differs from what would be written
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import typer

from hepatica.cli import app
from hepatica.physics.biology import model_named, model_names
from hepatica.protocol.reference import schema_markdown

DOCS = Path(__file__).resolve().parent
GENERATED = "<!-- Written by docs/build_reference.py; do not edit. -->\n\n"


def pages() -> dict[str, str]:
    """Every generated page: path under docs/ to its text."""
    readme = (DOCS.parent / "README.md").read_text(encoding="utf-8")
    return {
        "index.md": readme.replace("](docs/", "]("),
        "reference/commands.md": GENERATED + commands_markdown(),
        "reference/protocol.md": GENERATED + schema_markdown(),
        "reference/parameters.md": GENERATED + parameters_markdown(),
    }


def commands_markdown() -> str:
    """One heading for every command, with its words and options."""
    root = typer.main.get_command(app)
    parts = ["# Commands\n", "Every command takes `--help`. Exit codes:\n", EXIT_CODES]
    for path, command in _walk(root, "hepatica"):
        parts.append(f"\n## `{path}`\n\n{(command.help or '').strip()}\n")
        rows = [_row(parameter) for parameter in command.params if parameter.name != "help"]
        if rows:
            parts.append("| word | what |\n|---|---|\n" + "\n".join(rows) + "\n")
    return "\n".join(parts)


EXIT_CODES = """| code | meaning |
|---|---|
| 0 | done; a limit that is not met is a result, not an error |
| 2 | the call's words are off |
| 3 | an input cannot be used as it is |
| 4 | two inputs contradict each other in geometry or identity |
| 5 | a limit is not met and `--fail-on` asked |
| 6 | no dose satisfies what is asked, or a solver did not converge |
| 7 | an optional part is not installed; the message names the extra |
"""


def parameters_markdown() -> str:
    """Every liver risk model with its numbers and where they come from."""
    head = "# Parameters and their sources\n\n| model | n | m | TD50 | reference fraction | "
    head += "alpha/beta | status | source |\n|---|---|---|---|---|---|---|---|\n"
    rows = []
    for name in model_names():
        m = model_named(name)
        rows.append(
            f"| `{name}` | {m.n:g} | {m.m:g} | {m.td50_gy:g} Gy | {m.reference_fraction_gy:g} Gy | "
            f"{m.alpha_beta_gy:g} Gy | {m.status} | {m.source} |"
        )
    return head + "\n".join(rows) + "\n"


def _walk(command: Any, path: str) -> list[tuple[str, Any]]:
    if not hasattr(command, "commands"):
        return [(path, command)]
    found: list[tuple[str, Any]] = []
    for name, child in command.commands.items():
        found += _walk(child, f"{path} {name}")
    return found


def _row(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        text = getattr(parameter, "help", None) or "required"
        return f"| `{(parameter.metavar or parameter.name).upper()}` | {text} |"
    text = (parameter.help or "").strip()
    default = parameter.default
    if isinstance(default, str | int | float) and not isinstance(default, bool) and default != "":
        text += f" Default: {default}."
    required = " Required." if parameter.required else ""
    return f"| `{', '.join(parameter.opts)}` | {text}{required} |"


def main() -> int:
    """Write the pages, or compare them."""
    stale = []
    for name, text in pages().items():
        path = DOCS / name
        if "--check" in sys.argv:
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                stale.append(name)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    if stale:
        sys.stderr.write(f"Out of date: {', '.join(stale)}. Run: make docs\n")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
