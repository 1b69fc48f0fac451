"""Features that are computed without a model: descriptors of the voice and spectrograms."""
