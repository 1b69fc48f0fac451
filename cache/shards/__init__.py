"""The files of a store: how they are made, written, read, compressed and rewritten."""
