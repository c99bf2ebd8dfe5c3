"""PURE NUMBERS: physics knows arrays, never patients or protocols."""
