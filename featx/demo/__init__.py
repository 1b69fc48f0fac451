"""A synthetic corpus and a tour of the ordinary commands, with a pretrained encoder."""
