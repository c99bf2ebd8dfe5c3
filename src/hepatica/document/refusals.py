"""What a schema can refuse, in words: kinds of values and bounds, by pydantic's names for them."""

from __future__ import annotations

TYPES = {
    "float_type": "a number",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "string_type": "text",
    "bool_type": "true or false",
    "tuple_type": "a list",
    "model_type": "a block of keys",
    "model_attributes_type": "a block of keys",
}
"""Kind of error to the kind of value that is wanted."""

BOUNDS = {
    "greater_than": ("above", "gt"),
    "greater_than_equal": ("at least", "ge"),
    "less_than": ("below", "lt"),
    "less_than_equal": ("at most", "le"),
}
"""Kind of error to how the bound is spoken of, and its name in the error's context."""
