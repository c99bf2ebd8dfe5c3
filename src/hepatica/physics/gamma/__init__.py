"""Compares two dose distributions: the gamma index of Low et al. (1998)."""

from hepatica.physics.gamma.index import GammaCriteria, gamma_index, pass_rate

__all__ = ["GammaCriteria", "gamma_index", "pass_rate"]
