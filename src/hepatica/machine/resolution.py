"""How finely a machine can be set: the steps of monitor units, leaf tips and jaws."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np

from hepatica.errors import InvalidInput


@dataclass(frozen=True)
class Resolution:
    """The smallest steps in which a machine takes a plan.

    Parameters
    ----------
    meterset_mu : float
        Step of the monitor units of one segment, MU.
    leaf_mm, jaw_mm : float
        Step of a leaf tip and of a jaw in the isocentre plane, mm.

    Raises
    ------
    InvalidInput
        If a step is not above 0.
    """

    meterset_mu: float
    leaf_mm: float
    jaw_mm: float

    def __post_init__(self) -> None:
        for name in ("meterset_mu", "leaf_mm", "jaw_mm"):
            value = getattr(self, name)
            if not (np.isfinite(value) and value > 0):
                raise InvalidInput(
                    f"resolution.{name}: {value:g}; a machine is set in steps above 0. Write the "
                    "step that its console shows."
                )

    def __str__(self) -> str:
        return f"{self.meterset_mu:g} MU, {self.leaf_mm:g} mm (leaves), {self.jaw_mm:g} mm (jaws)"


@cache
def default_resolution() -> Resolution:
    """The steps taken for a machine whose document does not state its own."""
    from ruamel.yaml import YAML

    text = resources.files("hepatica.machine").joinpath("resolution.yaml").read_text("utf-8")
    row = YAML(typ="safe").load(text)["resolution"]
    return Resolution(row["meterset_mu"], row["leaf_mm"], row["jaw_mm"])
