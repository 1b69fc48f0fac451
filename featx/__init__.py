"""Speech emotion recognition from every layer of frozen self-supervised speech models."""

__version__ = "0.1.0"
