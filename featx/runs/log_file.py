"""A run's log, which never stops the work that it tells of."""

import logging
import sys
from contextlib import suppress
from pathlib import Path

from cache import filling


class LogFile(logging.FileHandler):
    """Writes what is said of a run; on a disk without room lines are lost, and nothing else is.

    Args:
        path: the log.

    Raises:
        DiskFull: if the disk has no room for the file.

    Attributes:
        lost: how many lines could not be written.
    """

    def __init__(self, path: Path) -> None:
        with filling(path):
            super().__init__(path, encoding="utf-8")
        self.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        self.lost = 0

    def handleError(self, record: logging.LogRecord) -> None:
        """Count a line that could not be written."""
        if isinstance(sys.exception(), OSError):
            self.lost += 1
        else:
            super().handleError(record)

    def close(self) -> None:
        """Close the file; what it still lacks is lost."""
        with suppress(OSError):
            super().close()
