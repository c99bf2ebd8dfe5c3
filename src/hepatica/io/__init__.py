"""THE BORDER: files of the outside world become cases, and cases become files."""
