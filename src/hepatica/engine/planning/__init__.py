"""The pieces of planning: the patient as physics sees it, beams, apertures, the planned result."""
