"""DOSE-VOLUME TRUTH: histograms, the figures read off them, and indices of conformity."""

from hepatica.physics.dvh.conformity import PlanIndices, isodose_volumes, plan_indices
from hepatica.physics.dvh.curve import DVH
from hepatica.physics.dvh.histogram import dose_volume_histogram
from hepatica.physics.dvh.limits import scale_to_limit
from hepatica.physics.dvh.metrics import metric_value
from hepatica.physics.dvh.volume_check import VolumeCheck, check_volumes

__all__ = [
    "DVH",
    "PlanIndices",
    "VolumeCheck",
    "check_volumes",
    "dose_volume_histogram",
    "isodose_volumes",
    "metric_value",
    "plan_indices",
    "scale_to_limit",
]
