"""A synthetic corpus and an untrained encoder, to show the whole path offline."""
