"""Features that others made, as any format gives them."""

import typing
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from featx.errors import FeatxError
from featx.stores.exchange.formats.description import Description

Arrays = Iterator[tuple[str, np.ndarray]]


class SourceError(FeatxError):
    """Features of another tool that can't be read."""


class Source(typing.Protocol):
    """Arrays by name, which can be read as often as they are needed."""

    @property
    def path(self) -> Path:
        """The file or folder."""

    @property
    def description(self) -> Description | None:
        """What the arrays are, if featx exported them."""

    def arrays(self) -> Arrays:
        """Yield the name and the array of each utterance, in the order of the files.

        Raises:
            SourceError: if an array can't be read.
        """
