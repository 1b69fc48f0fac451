"""What files of featx hold without the times at which they were made."""

import re
from pathlib import Path

_TIMES = re.compile(rb'"time": "[^"]*"|\d+ \w+ \d{4}, \d\d:\d\d UTC')


def without_times(path: Path) -> bytes:
    """Return what a file holds, but for dates and times of the day."""
    return _TIMES.sub(b"", path.read_bytes())
