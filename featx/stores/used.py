"""When a store's features were last read for something."""

from pathlib import Path

MARK = ".used"


def mark_used(folder: Path) -> None:
    """Note that a store is used now; where nothing can be written, nothing is noted.

    The time of reading that file systems keep would not do: most keep it for a day at best, or
    not at all, and every copy and check changes it.
    """
    try:
        (folder / MARK).touch()
    except OSError:
        return


def last_used(folder: Path) -> float | None:
    """Return when a store was last used, in seconds since 1970; None if that is not known."""
    try:
        return (folder / MARK).stat().st_mtime
    except OSError:
        return None
