"""What a check of an experiment found."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from featx.errors import FeatxError, Interrupted


@dataclass(frozen=True)
class Finding:
    """One thing that a reader should know before anything runs.

    Attributes:
        where: the table of the experiment's file, such as "heads.dense".
        text: what was found.
        is_error: whether nothing can run as it is; otherwise it is a warning.
    """

    where: str
    text: str
    is_error: bool = True

    def __str__(self) -> str:
        kind = "error" if self.is_error else "warning"
        return f"{kind}: {self.where}: " + self.text.replace("\n", "\n  ")


class Findings(list[Finding]):
    """What was found so far; what follows from an earlier error is not told."""

    def error(self, where: str, text: str) -> None:
        """Add an error."""
        self.append(Finding(where, text))

    def warn(self, where: str, text: str) -> None:
        """Add a warning."""
        self.append(Finding(where, text, is_error=False))

    @contextmanager
    def at(self, where: str) -> Iterator[None]:
        """Turn an error into a finding, and go on behind the block."""
        try:
            yield
        except Interrupted:
            raise
        except FeatxError as error:
            self.error(where, str(error))

    @property
    def errors(self) -> list[Finding]:
        """Those that let nothing run."""
        return [finding for finding in self if finding.is_error]
