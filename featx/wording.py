"""Words for people."""


def counted(number: int, what: str) -> str:
    """Return "1 file", "2,000 files": a number with its noun, which takes a plain s."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"
