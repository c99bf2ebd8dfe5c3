"""Everything that can go wrong, each with the exit code that the command line returns for it.

HepaticaError              1   something the program itself got wrong
|-- UsageError             2   the call's words are off
|-- InvalidInput           3   a file or value cannot be used as it is
|   `-- AmbiguousName      3   a structure name fits more than one organ
|-- Inconsistent           4   two inputs contradict each other in geometry or identity
|-- GoalNotMet             5   a limit or criterion is not met and the caller asked to fail on it
|-- Infeasible             6   no dose satisfies what is asked, or a solver did not converge
`-- MissingExtra           7   an optional part is not installed

A message says what happened, where, the value, what is allowed and what to do. It never holds a
patient's name.
"""

from __future__ import annotations


class HepaticaError(Exception):
    """Root of every error that Hepatica raises on purpose."""

    exit_code = 1


class UsageError(HepaticaError):
    """The words of a call do not fit together."""

    exit_code = 2


class InvalidInput(HepaticaError):
    """A file or a value cannot be used as it is."""

    exit_code = 3


class AmbiguousName(InvalidInput):
    """A structure name fits more than one organ."""


class Inconsistent(HepaticaError):
    """Two inputs contradict each other in geometry or identity."""

    exit_code = 4


class GoalNotMet(HepaticaError):
    """A limit or criterion is not met and the caller asked to fail on it."""

    exit_code = 5


class Infeasible(HepaticaError):
    """No dose satisfies what is asked, or a solver did not converge."""

    exit_code = 6


class MissingExtra(HepaticaError):
    """An optional part is not installed; the message names the extra that brings it."""

    exit_code = 7

    def __init__(self, package: str, extra: str, purpose: str) -> None:
        super().__init__(
            f"{purpose} needs the package {package}, which is not installed. "
            f"Install it with: pip install 'hepatica[{extra}]'"
        )
