"""The errors that people see."""


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


class DiskFull(FeatxError):
    """A disk without room for what was to be written: which file, its need, and what is free."""
