"""The layers of encoders, rebuilt for speed and blind to padding."""
