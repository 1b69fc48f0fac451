"""Votes of systems that predict several labels at once."""
