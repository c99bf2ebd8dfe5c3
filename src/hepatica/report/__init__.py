"""SHEETS: what a person reads, from what the engine computed."""
