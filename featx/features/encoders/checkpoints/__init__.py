"""Checkpoints: where their files are, what they hold, and the model that they make."""
