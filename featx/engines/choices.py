"""The engines by name, for the command line."""

from typing import Literal

EngineName = Literal["local", "ray"]
"""Where work is done: "local" in this process, "ray" by the actors of a Ray cluster."""
