"""Words for people."""

import difflib
from collections.abc import Collection

_SHOWN = 12  # names in a hint


def counted(number: int, what: str) -> str:
    """Return "1 file", "2,000 files": a number with its noun, which takes a plain s."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def nearest(name: str, known: Collection[str]) -> str:
    """Return a hint at the name that was meant, or at what there is."""
    close = difflib.get_close_matches(name, known, n=1)
    if close:
        return f"did you mean {close[0]!r}?"
    shown = sorted(known)[:_SHOWN]
    more = f" and {len(known) - _SHOWN} more" if len(known) > _SHOWN else ""
    return f"there is {', '.join(shown) or 'none'}{more}."
