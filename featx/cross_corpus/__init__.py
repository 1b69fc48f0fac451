"""Corpora that are learned from, each against corpora that are tested."""
