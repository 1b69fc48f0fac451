"""The choices of a fit by name, for configs and the command line."""

from importlib.resources import files
from typing import Literal

Normalize = Literal["speaker", "corpus", "global", "none"]
"""What features are standardised by: the own utterances of each speaker or corpus, all utterances
that train, or nothing."""
OWN = ("speaker", "corpus")  # those by which utterances are standardised together with others


def head_names() -> list[str]:
    """Return the names of the heads that come with featx: those of their TOMLs."""
    shipped = (file.name for file in (files("configs") / "heads").iterdir())
    return sorted(name.removesuffix(".toml") for name in shipped if name.endswith(".toml"))


WITH_CONFIG = {
    "config", "settings", "final", "name", "memory", "device", "engine", "address", "overwrite",
}  # fmt: skip
"""The arguments that can be given beside an earlier config."""
