"""Features are computed and written."""
