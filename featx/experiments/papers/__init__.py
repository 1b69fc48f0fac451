"""Papers: what they ran and printed, run again, with ours beside it."""
