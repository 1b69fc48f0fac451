"""Trained models put to use: loaded from a run, applied to stored features or audio files."""
