"""The work of an experiment, step by step."""
