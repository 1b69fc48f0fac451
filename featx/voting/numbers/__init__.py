"""Votes of systems that predict numbers: their mean."""
