"""The tables of an experiment's file."""
