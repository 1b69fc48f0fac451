"""Times as tables write them."""

import re


def as_seconds(text: str, separator: str) -> str:
    """Return a time in seconds, as a manifest has it; what is no time is returned as it is.

    Args:
        text: seconds, with a decimal comma where that does not separate columns, or
            "hours:minutes:seconds" or "minutes:seconds".
        separator: what separates the table's columns.
    """
    if separator not in (",", "") and re.fullmatch(r"-?\d*,\d+", text):
        text = text.replace(",", ".")
    clock = re.fullmatch(r"(?:(\d+):)?(\d+):(\d+(?:[.,]\d+)?)", text)
    if not clock:
        return text
    hours, minutes, rest = clock.groups()
    return repr(3600 * int(hours or 0) + 60 * int(minutes) + float(rest.replace(",", ".")))
