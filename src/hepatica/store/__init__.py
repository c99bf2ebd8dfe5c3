"""THE SHELF: cases and runs on disk."""
