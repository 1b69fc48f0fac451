"""The choices of an extraction by name, for configs and the command line."""

from typing import Literal

Dtype = Literal["float16", "float32", "int8"]
"""The types that features are stored in."""

Pool = Literal["mean", "mean+deviation"]
"""What is kept of an utterance's frames where they are pooled: one vector a layer."""

Precision = Literal["auto", "float32", "bfloat16", "float16"]
"""The types that encoders compute in; "auto" measures, once a machine, which is fast and exact."""

Window = Literal["30", "short"]
"""What Whisper sees at once: 30 s, filled up with silence, or the utterance and no silence."""

NormalizeWaveform = Literal["yes", "no"]
"""Whether each waveform is brought to mean 0 and variance 1 before an encoder takes it."""

TooLong = Literal["refuse", "trim"]
"""What becomes of an utterance longer than the limit."""
