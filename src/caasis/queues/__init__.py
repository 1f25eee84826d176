"""Work items and their order."""
