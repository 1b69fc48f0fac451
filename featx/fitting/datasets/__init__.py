"""Stored features for code outside featx: as arrays and as a dataset of PyTorch."""
