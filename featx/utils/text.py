"""Words for people."""

import difflib
import re
from collections.abc import Collection, Sequence

_SHOWN = 12  # names in a hint
_PREFIX = "Value error, "  # which pydantic puts before the message of a check


def without_prefix(message: str) -> str:
    """Return the message of a failed check in its own words."""
    return re.sub(rf"(^|: ){_PREFIX}", r"\1", message)


def first_line(error: BaseException) -> str:
    """Return the first line of what an error says, or its kind if it says nothing."""
    return (str(error).strip() or repr(error)).splitlines()[0]


def counted(number: int, what: str) -> str:
    """Return "1 file", "2,000 files": a number with its noun, which takes a plain s."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def signed(value: float, digits: int = 1) -> str:
    """Return "+1.5", "−0.3" or "0.0": a difference to some decimals, with a real minus."""
    rounded = round(value, digits) + 0.0  # no "−0.0"
    return f"{rounded:+.{digits}f}".replace("-", "−") if rounded else f"{rounded:.{digits}f}"


def decibels(value: float) -> str:
    """Return "−57 dB": a level or a ratio to a whole number, with a real minus, on one line."""
    return f"{value:.0f}\u00a0dB".replace("-", "−")


def shorten(text: str, most: int) -> str:
    """Return a text of at most so many letters, the last of them an ellipsis if it was longer."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def listed(items: Sequence[object], shown: int = 3) -> str:
    """Return "a, b, c and 5 more": the first few items, and how many others there are."""
    rest = f" and {len(items) - shown:,} more" if len(items) > shown else ""
    return ", ".join(map(str, items[:shown])) + rest


def shortened(names: Sequence[str]) -> list[str]:
    """Return names without the words at both ends that all of them share: "b" of "a-b-run"."""
    words = [re.findall(r"[^-/]+[-/]?|[-/]", name) for name in names]
    most = min(map(len, words)) - 1 if len(names) > 1 else 0  # each keeps a word
    begin = _same(words, most)
    end = _same([list(reversed(word)) for word in words], most - begin)
    return ["".join(word[begin : len(word) - end]).rstrip("-/") for word in words]


def _same(words: Sequence[Sequence[str]], most: int) -> int:
    """Return how many words all of them begin with, at most so many."""
    alike = 0
    while alike < most and len({word[alike] for word in words}) == 1:
        alike += 1
    return alike


def first_lines(lines: Sequence[str], shown: int, kind: str = "") -> list[str]:
    """Return the first few lines, indented, and a line that counts the others.

    Args:
        lines: what there is to say.
        shown: how many lines are given in full.
        kind: what the lines are, in the plural.
    """
    rest = len(lines) - shown
    more = [f"  ... and {rest:,} more {kind}".rstrip()] if rest > 0 else []
    return [*(f"  {line}" for line in lines[:shown]), *more]


def is_warning(note: str) -> bool:
    """Tell whether a note begins in capitals, such as that a checkpoint was chosen on test data."""
    beginning, colon, _ = note.partition(":")
    return bool(colon) and beginning.isupper()


def closest(name: str, known: Collection[str]) -> str | None:
    """Return the known name that is most like another, whatever its case; None if none is."""
    lowered = {candidate.lower(): candidate for candidate in known}
    close = difflib.get_close_matches(name.lower(), lowered, n=1)
    return lowered[close[0]] if close else None


def nearest(name: str, known: Collection[str]) -> str:
    """Return a hint at the name that was meant, or at what there is."""
    close = closest(name, known)
    if close is not None:
        return f"did you mean {close!r}?"
    return f"there is {listed(sorted(known), _SHOWN) or 'none'}."
