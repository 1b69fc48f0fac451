"""wav2vec 2.0 and its kin."""
