"""The errors that people see."""

from collections.abc import Sequence
from pathlib import Path


class FeatxError(Exception):
    """A problem its reader can mend: what is wrong, where, and what to do next.

    The message names arguments of the Python API in backquotes, alone or with their value, such as
    `max_seconds` or `max_seconds=60`; the command line shows its options instead.

    Attributes:
        message: the problem in whole sentences.
        cure: a call that mends it, if there is one; the command line shows the command.
    """

    exit_code = 1

    def __init__(self, message: str, cure: object = None) -> None:
        super().__init__(message if cure is None else f"{message} {cure}")
        self.message = message
        self.cure = cure


class StoreError(FeatxError):
    """A feature store that can't be used as asked."""


class InUseError(StoreError):
    """A folder, of a store or of a run, that another process is writing to."""


class DiskFull(FeatxError):
    """A disk without room for what was to be written: which file, its need, and what is free."""


class DamagedStore(StoreError):
    """A store whose bytes are not those that were written.

    Attributes:
        path: the damaged file, or the store's folder if utterances are damaged in several.
        utterances: the damaged utterances; empty if the file's tables are damaged, which say where
            the features of all its utterances are.
    """

    def __init__(self, path: Path, message: str, utterances: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.path, self.utterances = path, tuple(utterances)

    @classmethod
    def of_features(cls, path: Path, folder: Path, utterances: Sequence[str]) -> "DamagedStore":
        """Return the error that the features of some utterances in a file are damaged.

        Args:
            path: the file.
            folder: the store's.
            utterances: whose features they are.
        """
        return cls(
            path,
            f"{path}: the features of {len(utterances):,} utterances are damaged, such as "
            f"{utterances[0]!r}. Clear them with `featx cache verify {folder} --repair`, then "
            "extract the features again.",
            utterances,
        )
