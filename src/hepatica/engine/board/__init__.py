"""The tumour board: every therapy on one patient, with reasons, gaps and the way to fill them."""

from hepatica.engine.board.board import board
from hepatica.engine.board.records import ROW_STATUSES, Board, Row

__all__ = ["ROW_STATUSES", "Board", "Row", "board"]
