"""CARRIES OUT a protocol on a case: the one room that knows all the others below it."""
