"""One file for each schema of the shelf."""
