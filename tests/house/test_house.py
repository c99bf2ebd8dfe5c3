"""The rules of the house: sizes, imports, sources, a quick start."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / "src/hepatica").rglob("*.py"))
FILE_CEILING = 400
FUNCTION_CEILING = 50


def _functions(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]


def _length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    body = function.body
    if ast.get_docstring(function) is not None:
        body = body[1:]
    if not body:
        return 0
    return (body[-1].end_lineno or 0) - body[0].lineno + 1


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_file_is_short_enough_to_read_in_one_go(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= FILE_CEILING


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_function_fits_on_a_screen(path: Path) -> None:
    long = {f.name: _length(f) for f in _functions(path) if _length(f) > FUNCTION_CEILING}
    assert not long


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_module_and_public_function_says_what_it_is(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    silent = [] if ast.get_docstring(tree) else [path.name]
    public = (ast.FunctionDef, ast.ClassDef)
    silent += [
        node.name
        for node in tree.body
        if isinstance(node, public)
        and not node.name.startswith("_")
        and ast.get_docstring(node) is None
    ]
    assert not silent


def test_there_is_no_drawer() -> None:
    drawers = {"utils", "util", "common", "helpers", "core", "misc", "services"}
    parts = {part for path in SOURCES for part in (*path.parent.parts, path.stem)}
    assert not drawers & parts


def test_no_address_of_a_registry_stands_in_the_lock_file() -> None:
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert "://" not in text
    assert "--hash=sha256:" in text


def test_the_command_line_starts_without_heavy_libraries() -> None:
    code = (
        "import sys, hepatica.cli\n"
        "heavy = {'numba', 'scipy', 'pydicom', 'matplotlib', 'nibabel', 'typst', 'highdicom'}\n"
        "heavy |= {'sqlalchemy', 'alembic', 'openpyxl'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
