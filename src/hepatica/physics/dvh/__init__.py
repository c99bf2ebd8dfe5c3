"""DOSE-VOLUME TRUTH: histograms, the metrics read off them, and indices of conformity."""

from hepatica.physics.dvh.curve import DVH
from hepatica.physics.dvh.histogram import dose_volume_histogram

__all__ = ["DVH", "dose_volume_histogram"]
