"""DICOM: the only place that knows tags, cGy, scaling and slice order."""
