"""Radiobiology in plain numbers: what fractions are worth, and what risk or control they carry."""

from __future__ import annotations

from hepatica.physics.biology.beyond_lq import (
    bed_incomplete_repair,
    bed_lql,
    bed_universal,
    bed_with_repopulation,
)
from hepatica.physics.biology.fractionation import (
    CourseDose,
    bed,
    eqd2,
    equivalent_dose,
    physical_dose,
    sum_of_courses,
)
from hepatica.physics.biology.isotoxic import (
    TwoStepDose,
    binwise_dose_gy,
    curve_dose_gy,
    two_step_dose_gy,
)
from hepatica.physics.biology.ntcp import (
    LymanModel,
    equivalent_geud,
    lq_effective_volume,
    ntcp,
    ntcp_from_geud,
    ntcp_of_courses,
    ntcp_uniform,
)
from hepatica.physics.biology.parameters import (
    Parameter,
    alpha_beta_named,
    alpha_beta_names,
    cell_parameter_named,
    model_named,
    model_names,
    tcp_model_named,
    tcp_model_names,
)
from hepatica.physics.biology.tcp import LogisticTcp, tcp_logistic, tcp_poisson
from hepatica.physics.biology.volume_effect import effective_volume, generalised_eud

__all__ = [
    "CourseDose",
    "LogisticTcp",
    "LymanModel",
    "Parameter",
    "TwoStepDose",
    "alpha_beta_named",
    "alpha_beta_names",
    "bed",
    "bed_incomplete_repair",
    "bed_lql",
    "bed_universal",
    "bed_with_repopulation",
    "binwise_dose_gy",
    "cell_parameter_named",
    "curve_dose_gy",
    "effective_volume",
    "eqd2",
    "equivalent_dose",
    "equivalent_geud",
    "generalised_eud",
    "lq_effective_volume",
    "model_named",
    "model_names",
    "ntcp",
    "ntcp_from_geud",
    "ntcp_of_courses",
    "ntcp_uniform",
    "physical_dose",
    "sum_of_courses",
    "tcp_logistic",
    "tcp_model_named",
    "tcp_model_names",
    "tcp_poisson",
    "two_step_dose_gy",
]
