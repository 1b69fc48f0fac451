"""Where things lie on this machine, taken out of what is sent."""

import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from featx.errors import FeatxError

# /a/b, ~/a, ../a, C:\a, also behind an = or a quote; not the slashes of https://a or "and/or"
_PLACE = re.compile(r"(?<![\w.:/\\~-])(?:~?/|~\w*/|\.\.[/\\]|[A-Za-z]:[/\\]|\\\\)[^\s\"'`,;)]+")


def has_place(text: str) -> bool:
    """Tell whether a text names a place outside the working folder."""
    return _PLACE.search(text) is not None


def without_places(text: str) -> str:
    """Return a text in which of each such place only the last name is left."""
    return _PLACE.sub(lambda found: last_name(found[0]), text)


def last_name(path: str) -> str:
    """Return the last name of a path, of any system."""
    return PureWindowsPath(path).name or "elsewhere"


def store_place(path: str) -> str:
    """Return where a feature store lies: features/MANIFEST/MODEL, or its name alone."""
    parts = PurePosixPath(path.replace("\\", "/")).parts
    return "/".join(parts[-3:]) if parts[-3:-2] == ("features",) else parts[-1]


def leads_out(path: str) -> bool:
    """Tell whether a path of a config is absolute, or climbs out of the working folder."""
    windows = PureWindowsPath(path)
    return bool(windows.drive or windows.root) or ".." in windows.parts or path.startswith("~")


def clean(value: Any) -> Any:
    """Return JSON or TOML with `without_places` done to every text in it, except for names."""
    if isinstance(value, str):
        return without_places(value)
    if isinstance(value, Mapping):
        return {key: clean(inner) for key, inner in value.items()}
    return [clean(inner) for inner in value] if isinstance(value, list | tuple) else value


def check_cleaned(folder: Path, here: tuple[Path, ...]) -> None:
    """Refuse to send texts that still name this machine's folders.

    Args:
        folder: what is to be sent.
        here: folders whose names must not be told, such as the user's own.

    Raises:
        FeatxError: names the file.
    """
    names = [str(place) for place in here if len(place.parts) > 2]
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".json", ".toml", ".csv", ".md"):
            text = path.read_text("utf-8")
            if found := next((name for name in names if name in text), None):
                raise FeatxError(
                    f"{path.name} of the run names {found}, a folder of this machine, so nothing "
                    "is sent. Make the run again with paths relative to the working folder."
                )
