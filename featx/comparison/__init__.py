"""Scores of several systems, and tests of their differences."""
