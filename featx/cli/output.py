"""Results as people or programs read them."""

import json
from collections.abc import Callable, Mapping
from typing import Annotated, Any

import typer

Json = Annotated[
    bool,
    typer.Option("--json", help="Print one JSON object; messages go to standard error."),
]


def show(
    as_json: bool, value: Callable[[], Mapping[str, Any] | str], text: Callable[[], str]
) -> None:
    """Print a result.

    Args:
        as_json: whether --json is given.
        value: gives the result as JSON values, or as JSON.
        text: gives it in words.
    """
    if not as_json:
        print(text())
        return
    found = value()
    if not isinstance(found, str):
        found = json.dumps(found, indent=2, allow_nan=False, ensure_ascii=False, default=str)
    print(found)


def written(text: str, *files: object) -> str:
    """Return a text with a line below it that names the files that were written."""
    return f"{text}\nWritten: {', '.join(map(str, files))}" if files else text
