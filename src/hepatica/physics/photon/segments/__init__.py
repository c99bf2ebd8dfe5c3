"""THE SEGMENTS: openings of the leaves that a machine can deliver, made from ideal fluence."""

from hepatica.physics.photon.segments.aperture import Aperture
from hepatica.physics.photon.segments.exposure import LeafRaster, bixel_weights
from hepatica.physics.photon.segments.faults import faults
from hepatica.physics.photon.segments.lattice import carried_over, leaf_lattice
from hepatica.physics.photon.segments.options import SegmentOptions
from hepatica.physics.photon.segments.result import SegmentedPlan
from hepatica.physics.photon.segments.rounding import metered, placed
from hepatica.physics.photon.segments.segmented import segmented
from hepatica.physics.photon.segments.shape import Shape, ShapeGradient

__all__ = [
    "Aperture",
    "LeafRaster",
    "SegmentOptions",
    "SegmentedPlan",
    "Shape",
    "ShapeGradient",
    "bixel_weights",
    "carried_over",
    "faults",
    "leaf_lattice",
    "metered",
    "placed",
    "segmented",
]
