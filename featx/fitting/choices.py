"""The choices of a fit by name, for configs and the command line."""

from typing import Literal

Normalize = Literal["speaker", "global", "none"]
"""By whom features are standardised: each speaker's own utterances, all that train, or nobody."""
