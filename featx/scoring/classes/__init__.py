"""Scores of predicted classes, such as emotions."""
