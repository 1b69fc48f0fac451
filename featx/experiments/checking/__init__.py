"""All that can be known of an experiment before any work."""
