"""Scores where several labels may fit an utterance."""
