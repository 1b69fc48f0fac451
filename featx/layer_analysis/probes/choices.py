"""The choices of a probe by name, for configs and the command line."""

from typing import Literal

OwnOrGlobal = Literal["speaker", "global"]
"""How a probe's features are standardised: by all training utterances ("global"), or before that
by each speaker's own utterances ("speaker")."""
