"""Scores of predicted numbers, such as arousal."""
