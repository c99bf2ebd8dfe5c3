"""Everything that is wrong with a table, said at once with column and rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from hepatica.errors import HepaticaError, InvalidInput

_ROWS_SHOWN = 12


@dataclass
class Faults:
    """What was found so far: the same fault of one column is said once, with all its rows."""

    table: str
    found: dict[tuple[str, str], list[int]] = field(default_factory=dict)

    def add(self, message: str, column: str = "", row: int = 0) -> None:
        """Keep a fault; row 0 stands for the table as a whole."""
        rows = self.found.setdefault((column, message), [])
        if row:
            rows.append(row)

    @contextmanager
    def kept(self, column: str, row: int) -> Iterator[None]:
        """What is raised in here is kept as a fault of that cell."""
        try:
            yield
        except HepaticaError as error:
            self.add(str(error), column, row)

    def raise_if_any(self) -> None:
        """End here if anything is wrong.

        Raises
        ------
        InvalidInput
            With every fault.
        """
        if self.found:
            lines = [_line(column, message, rows) for (column, message), rows in self.found.items()]
            text = "\n".join(f"  {line}" for line in lines)
            raise InvalidInput(f"{self.table}: {len(lines)} fault(s); nothing was read.\n{text}")


def _line(column: str, message: str, rows: list[int]) -> str:
    shown = ", ".join(str(row) for row in rows[:_ROWS_SHOWN])
    more = f" and {len(rows) - _ROWS_SHOWN} more" if len(rows) > _ROWS_SHOWN else ""
    where = f"row{'s' if len(rows) > 1 else ''} {shown}{more}" if rows else ""
    place = ", ".join(part for part in (where, f"column {column}" if column else "") if part)
    return f"{place}: {message}" if place else message
