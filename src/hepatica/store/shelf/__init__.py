"""The shelf: every version of every case, kept in a database, and who changed what and why.

Documents lie in SQLite (the default) or PostgreSQL, arrays as files named by their SHA-256. Nothing
on the shelf is ever overwritten.
"""

from hepatica.store.shelf.opening import open_shelf, restore_shelf
from hepatica.store.shelf.place import Place, place_of, user_data_folder
from hepatica.store.shelf.records import (
    AuditRow,
    Backup,
    Fault,
    ShelvedCase,
    Stored,
    Tidied,
    Verification,
)

__all__ = [
    "AuditRow",
    "Backup",
    "Fault",
    "Place",
    "ShelvedCase",
    "Stored",
    "Tidied",
    "Verification",
    "open_shelf",
    "place_of",
    "restore_shelf",
    "user_data_folder",
]
