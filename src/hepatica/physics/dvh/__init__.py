"""DOSE-VOLUME TRUTH: histograms, the metrics read off them, and indices of conformity."""

from hepatica.physics.dvh.curve import DVH
from hepatica.physics.dvh.histogram import dose_volume_histogram
from hepatica.physics.dvh.metrics import metric_value, scale_to_limit

__all__ = ["DVH", "dose_volume_histogram", "metric_value", "scale_to_limit"]
