"""Machine files of other programs."""

from hepatica.io.machine.matrad import read_matrad_machine

__all__ = ["read_matrad_machine"]
