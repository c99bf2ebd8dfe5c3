"""The questions at the terminal: prompts on stderr, one line of input for each answer."""

from __future__ import annotations

import sys
from datetime import date
from itertools import groupby
from typing import TYPE_CHECKING

from hepatica.cli.output import tell
from hepatica.errors import HepaticaError

if TYPE_CHECKING:
    from hepatica.case.record import Record
    from hepatica.engine.form import Question
    from hepatica.engine.form.answers import Said

_MOST_ITEMS = 200


class _Ended(Exception):
    """The lines are at an end, or the user has had enough."""


def filled(record: Record, questions: tuple[Question, ...], said: Said, today: date) -> Record:
    """The record with what was answered until the lines ended.

    Parameters
    ----------
    record : Record
    questions : those that it answers already are not asked
    said : what holds for all answers
    today : the day on which it is judged whether an answer is too old
    """
    tell("Enter leaves a question open, ? explains it, a lone . ends the form.")
    tell("Behind a value: (0.2-1.2) the laboratory's limits, @2024-05-31 its day.")
    form = _Form(record, said, today)
    try:
        for group, asked in groupby(questions, key=lambda question: question.field.group):
            form.walk(group, tuple(asked))
    except _Ended:
        tell("The form ends here; what was answered is kept.")
    return form.record


def read_line(prompt: str) -> str | None:
    """One line of input; None when there are no more."""
    sys.stderr.write(f"{prompt}: ")
    sys.stderr.flush()
    line = sys.stdin.readline()
    return line.strip() if line else None


class _Form:
    """A record while it is being filled in."""

    def __init__(self, record: Record, said: Said, today: date) -> None:
        self.record, self.said, self.today = record, said, today

    def walk(self, group: str, questions: tuple[Question, ...]) -> None:
        """All questions of one group, item by item; those of no group one by one."""
        from hepatica.engine.form import open_items

        listed = self.record.items(group) if group else ("",)
        items = listed or self._counted(group)
        for item in items:
            for question in questions:
                if item not in listed or item in open_items(question, self.record, self.today):
                    self._ask(question, item)

    def _counted(self, group: str) -> tuple[str, ...]:
        """How many there are of a group of which nothing is known yet."""
        while True:
            line = self._line(f"How many entries for {_group_label(group)}? (Enter: none now)")
            if not line:
                return ()
            if line.isdigit() and int(line) <= _MOST_ITEMS:
                return tuple(str(n) for n in range(1, int(line) + 1))
            tell(f"  {line!r} is not a number from 0 to {_MOST_ITEMS}.")

    def _ask(self, question: Question, item: str) -> None:
        from hepatica.engine.form import answered, fact_from_answer

        while line := self._line(_prompt(question, item)):
            if line == "?":
                tell(_explained(question))
                continue
            try:
                fact = fact_from_answer(question.field, line, self.said, item)
                self.record = answered(self.record, [fact])
                return
            except HepaticaError as error:
                tell(f"  {error}")

    def _line(self, prompt: str) -> str:
        line = read_line(prompt)
        if line is None or line == ".":
            raise _Ended
        return line


def _prompt(question: Question, item: str) -> str:
    field = question.field
    which = f" {item}" if item else ""
    ways = {
        "quantity": f"{field.unit} or another unit",
        "count": "a whole number",
        "flag": "yes or no",
        "code": ", ".join(field.answers),
        "date": "2024-05-31",
        "text": "text",
    }
    limit = "; with the upper limit of normal" if question.needs_upper_limit else ""
    return f"{_group_label(field.group)}{which}: {field.label} [{ways[field.kind]}{limit}]".lstrip(
        ": "
    )


def _explained(question: Question) -> str:
    from hepatica.case.record import ABSENT_REASONS, known_units

    field = question.field
    ends = ["" if end is None else f"{end:g}" for end in (field.low, field.high)]
    lines = [
        f"{field.name}: {field.help}" if field.help else field.name,
        f"can be {' to '.join(ends)} {field.unit}".rstrip() if any(ends) else "",
        f"units: {', '.join(known_units(field.name))}" if field.kind == "quantity" else "",
        f"asked by: {', '.join(question.asked_by)}" if question.asked_by else "",
        f"not older than {question.max_age_days} days" if question.max_age_days else "",
        f"if there is no value: {', '.join(ABSENT_REASONS)}",
    ]
    return "\n".join(f"  {line}" for line in lines if line)


def _group_label(group: str) -> str:
    return group.replace("_", " ").capitalize()
