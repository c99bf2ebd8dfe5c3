"""Steps from each older schema of the shelf to the next."""
