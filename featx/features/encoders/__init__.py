"""Frozen self-supervised speech models: waveforms in, every layer's features out."""
