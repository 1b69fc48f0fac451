"""Cells of a CSV that a spreadsheet would take for formulas, written so that it does not."""

import re
from collections.abc import Sequence
from typing import Any

# what a formula can begin with, also at full width, after what marks a cell as text
_FORMULA = re.compile("'*[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_MARK = "'"  # which spreadsheets put before text themselves


def guard(cell: Any) -> Any:
    """Return a cell as it is written: text that could be a formula has an apostrophe before it.

    Numbers stay as they are, also negative ones and those that are text. OWASP's page on CSV
    injection names the characters.
    """
    if isinstance(cell, str) and _FORMULA.match(cell) and not _NUMBER.fullmatch(cell):
        return _MARK + cell
    return cell


def unguard(cells: Sequence[str]) -> list[str]:
    """Return the cells of a row as they were before `guard`."""
    return [cell[1:] if cell[:1] == _MARK and _FORMULA.match(cell) else cell for cell in cells]
