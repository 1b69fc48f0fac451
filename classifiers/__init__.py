"""Heads on stored features, and how they train. Tensors in, tensors out: no files, no commands."""
