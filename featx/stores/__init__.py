"""Feature stores as files: listed, checked, cleaned, exported and imported."""
