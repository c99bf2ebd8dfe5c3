"""ORGANS FROM THE IMAGE: documented rules that find body, lungs, canal and kidneys in a CT."""

from hepatica.physics.anatomy.body import body_outline
from hepatica.physics.anatomy.canal import Canal, canal_window, spinal_canal
from hepatica.physics.anatomy.kidneys import kidneys
from hepatica.physics.anatomy.lungs import lungs
from hepatica.physics.anatomy.rules import Rule, rule, rules
from hepatica.physics.anatomy.scan import Finding, NotFound, Scan

__all__ = [
    "Canal",
    "Finding",
    "NotFound",
    "Rule",
    "Scan",
    "body_outline",
    "canal_window",
    "kidneys",
    "lungs",
    "rule",
    "rules",
    "spinal_canal",
]
