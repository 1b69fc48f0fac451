"""Trained heads: saved, read back, applied to features."""
