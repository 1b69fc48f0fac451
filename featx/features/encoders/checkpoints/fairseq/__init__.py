"""Checkpoints of fairseq, read without it."""
