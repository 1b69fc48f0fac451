"""A single thing that was looked at, and guards for those that raise."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from featx.utils.text import first_line

State = Literal["ok", "warning", "problem"]


@dataclass(frozen=True)
class Check:
    """What was looked at and found.

    Attributes:
        name: what was looked at.
        found: what was found, in words.
        state: "ok"; "warning" if featx works, but slower or not in full; "problem" if it does not.
        cure: what mends it, a command where there is one; empty if there is nothing to mend.
    """

    name: str
    found: str
    state: State = "ok"
    cure: str = ""


def guarded(name: str, look: Callable[[], Iterable[Check]]) -> list[Check]:
    """Return what is found; that looking fails is found too, as whatever is broken may raise.

    Args:
        name: what is looked at.
        look: gives what is found.
    """
    try:
        return list(look())
    except Exception as error:
        return [Check(name, f"can't be told: {first_line(error)}", "warning")]
