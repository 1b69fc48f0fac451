"""Scores of groups of test utterances, such as women and men."""
