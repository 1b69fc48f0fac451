"""What a check of an experiment found."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from featx.errors import FeatxError, Interrupted

Explain = Callable[[FeatxError], str]
"""How a problem is written: `str` names arguments and calls of Python, the command line its own."""


@dataclass(frozen=True)
class Finding:
    """One thing that a reader should know before anything runs.

    Attributes:
        where: the table of the experiment's file that it is about, such as "heads.dense".
        problem: what was found, with its cure.
        is_error: whether the experiment can't run as it is; otherwise it is a warning.
    """

    where: str
    problem: FeatxError
    is_error: bool = True

    def to_text(self, explain: Explain = str) -> str:
        """Return the finding as a line, followed by indented ones if it has several."""
        kind = "error" if self.is_error else "warning"
        return f"{kind}: {self.where}: " + explain(self.problem).replace("\n", "\n  ")

    def __str__(self) -> str:
        return self.to_text()


class Findings(list[Finding]):
    """The findings so far; what only follows from an earlier error is not among them."""

    def error(self, where: str, text: str, cure: object = None) -> None:
        """Add an error, with the call that mends it if there is one."""
        self.append(Finding(where, FeatxError(text, cure)))

    def warn(self, where: str, text: str) -> None:
        """Add a warning."""
        self.append(Finding(where, FeatxError(text), is_error=False))

    @contextmanager
    def at(self, where: str) -> Iterator[None]:
        """Turn an error that is raised in the block into a finding, and go on after the block."""
        try:
            yield
        except Interrupted:
            raise
        except FeatxError as error:
            self.append(Finding(where, error))

    @property
    def errors(self) -> list[Finding]:
        """The findings with which the experiment can't run."""
        return [finding for finding in self if finding.is_error]
