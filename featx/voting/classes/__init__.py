"""Votes of systems that predict a class of each utterance."""
