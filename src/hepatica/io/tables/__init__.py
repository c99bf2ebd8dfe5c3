"""Tables (CSV and spreadsheets) become clinical records, and records become tables."""

from hepatica.io.tables.dictionary import data_dictionary
from hepatica.io.tables.mapping import TableMapping
from hepatica.io.tables.mapping_file import load_mapping, mapping_names, parse_mapping
from hepatica.io.tables.own import OwnLayout, write_record_table
from hepatica.io.tables.read import TableReading, read_record_table, read_table
from hepatica.io.tables.redcap import redcap_dictionary
from hepatica.io.tables.sheet import is_table

__all__ = [
    "OwnLayout",
    "TableMapping",
    "TableReading",
    "data_dictionary",
    "is_table",
    "load_mapping",
    "mapping_names",
    "parse_mapping",
    "read_record_table",
    "read_table",
    "redcap_dictionary",
    "write_record_table",
]
