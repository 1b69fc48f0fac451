"""Voting: several systems' predictions combined into one run."""
