"""What an experiment runs, and of which features, from its file."""
