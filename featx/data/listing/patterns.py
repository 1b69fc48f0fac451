"""Regular expressions that find a speaker or a label in a path."""

import re
from collections.abc import Sequence

from featx.data.listing.files import CorpusError
from featx.utils.text import counted


class Pattern:
    """A regular expression whose only group finds something in a text.

    Args:
        argument: the argument that gave it.
        text: the expression.
        what: what it finds.

    Raises:
        CorpusError: if it is none, or has not exactly one group.
    """

    def __init__(self, argument: str, text: str, what: str = "") -> None:
        self.argument, what = argument, what or argument
        given = f"`{argument}='{text}'`"
        try:
            self.pattern = re.compile(text)
        except (re.error, OverflowError, RecursionError) as error:
            raise CorpusError(f"{given}: not a regular expression ({error})") from error
        if self.pattern.groups != 1:
            raise CorpusError(
                f"{given}: has {self.pattern.groups} groups where exactly one must hold the "
                rf"{what}, as in 'spk(\d+)'. Write (?:...) for a group that holds nothing."
            )

    def find(self, *texts: str) -> str:
        """Return what the group holds in the first text that it is found in; empty if in none."""
        for text in texts:
            if match := self.pattern.search(text):
                return (match[1] or "").strip()
        return ""

    def notes(self, texts: Sequence[str], unknown: Sequence[str]) -> list[str]:
        """Return a note if it was not found in some texts.

        Args:
            texts: all texts in which it was looked for.
            unknown: those without it.

        Raises:
            CorpusError: if it was found in none.
        """
        if not unknown:
            return []
        if len(unknown) == len(texts):
            given = f"`{self.argument}='{self.pattern.pattern}'`"
            raise CorpusError(f"{given}: found in no path, such as {unknown[0]}")
        where = f"{len(unknown):,} of {counted(len(texts), 'path')}, such as {unknown[0]}"
        return [f"`{self.argument}` was not found in {where}"]
