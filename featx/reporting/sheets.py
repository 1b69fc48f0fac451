"""The tables of a report, in a form that each of HTML, Markdown and LaTeX is made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple


class Audio(NamedTuple):
    """A link to a sound file.

    Attributes:
        url: relative to the page.
        name: what is heard.
    """

    url: str
    name: str


class Cell(NamedTuple):
    """An entry of a table.

    Attributes:
        text: what it shows.
        key: what it is sorted by: a number; None for its text.
        other: what it shows instead, when asked.
        share: how far it is filled, 0 to 1; None for no filling.
        span: low end, middle and high end of an interval to draw, 0 to 1.
        lines: what stands below the text, one paragraph each.
        audio: to play.
    """

    text: str
    key: float | None = None
    other: str = ""
    share: float | None = None
    span: tuple[float, float, float] | None = None
    lines: Sequence[str] = ()
    audio: Audio | None = None


@dataclass(frozen=True)
class Sheet:
    """A table.

    Attributes:
        caption: what it shows.
        header: names of its columns.
        rows: of cells; the first names the row.
        notes: how to read it.
        kind: "plain"; "bars", whose shares are lengths; or "heat", whose shares are tints.
        sortable: whether its readers can sort it.
        words: how many of its first columns hold words; the others hold figures.
    """

    caption: str
    header: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    notes: Sequence[str] = ()
    kind: str = "plain"
    sortable: bool = False
    words: int = 1


def figure(value: float, digits: int = 1) -> Cell:
    """Return a cell with a number that it is sorted by."""
    return Cell(f"{value:.{digits}f}", value)
