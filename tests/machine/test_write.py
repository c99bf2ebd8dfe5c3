"""A machine that is written is read again as the same machine."""

from __future__ import annotations

import pytest

from hepatica.document.text import read_tree
from hepatica.machine import machine_names
from hepatica.machine.load import _content, parse_machine
from hepatica.machine.schema import MachineDocument
from hepatica.machine.write import machine_text

from .builders import DOCUMENT


@pytest.mark.parametrize("name", ["toy", *machine_names()])
def test_a_document_survives_writing_and_reading(name: str) -> None:
    text = DOCUMENT if name == "toy" else _content(name)[0].decode()
    document = MachineDocument.model_validate(read_tree(text).root)
    again = MachineDocument.model_validate(read_tree(machine_text(document)).root)
    assert again == document
    assert machine_text(again) == machine_text(document)


def test_odd_words_survive() -> None:
    title = " ".join(('yes: "no", #1 – it’s 5 % ' + "and long enough to be folded " * 4).split())
    document = MachineDocument.model_validate(read_tree(DOCUMENT).root | {"title": title})
    assert parse_machine(machine_text(document)).title == title


def test_lines_are_short_enough_for_a_screen() -> None:
    document = MachineDocument.model_validate(read_tree(DOCUMENT).root)
    assert max(map(len, machine_text(document).splitlines())) <= 110
