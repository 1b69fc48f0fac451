"""The errors that people see, and the calls that mend them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from cache.errors import DiskFull, FeatxError, StoreError

__all__ = ["Call", "DiskFull", "FeatxError", "Interrupted", "StoreError"]


@dataclass(frozen=True)
class Call:
    """A call of the Python API that mends a problem.

    Attributes:
        purpose: what it does, such as "Make one".
        function: its name in `featx`, such as "extract".
        arguments: its arguments by name.
    """

    purpose: str
    function: str
    arguments: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        """Return the call as it is written in Python."""
        written = {n: v if isinstance(v, bool) else str(v) for n, v in self.arguments.items()}
        given = ", ".join(f"{name}={value!r}" for name, value in written.items())
        return f"{self.purpose}: featx.{self.function}({given})"


class Interrupted(FeatxError):
    """Ctrl-C during long work: what was finished is kept, and the message says how to go on."""

    exit_code = 130  # as shells report an interrupt
