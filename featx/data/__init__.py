"""From audio files to a manifest: decoding, resampling, corpora, labels."""
