"""What a run's folder says of the run: its config, its environment, its scores."""

import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from featx.errors import FeatxError
from featx.scoring.results import Results, read_results

CONFIG, ENVIRONMENT, SCORES = "config.toml", "environment.json", "metrics.json"
RUN_FILE = "predictions.csv"


def is_unfinished(folder: Path) -> bool:
    """Tell whether a folder is a run that is not finished; what it holds may be of another.

    The config is written first, the scores last.
    """
    return (folder / CONFIG).exists() and not (folder / SCORES).is_file()


def read_config_text(folder: Path) -> str:
    """Return a run's `config.toml` as it is written, empty if there is none.

    Raises:
        FeatxError: if it can't be read.
    """
    return _read(folder / CONFIG) or ""


def read_config(folder: Path) -> dict[str, Any]:
    """Return a run's `config.toml` as a table, empty if there is none.

    Raises:
        FeatxError: if it can't be read or is not TOML.
    """
    return _read_table(folder / CONFIG, "TOML", tomllib.loads)


def read_environment(folder: Path) -> dict[str, Any]:
    """Return a run's `environment.json` as a table, empty if there is none.

    Raises:
        FeatxError: if it can't be read or is not a JSON object.
    """
    return _read_table(folder / ENVIRONMENT, "JSON", json.loads)


def read_scores(folder: Path) -> Results | None:
    """Return what a run says of itself in its `metrics.json`, None if the folder is no run.

    Raises:
        FeatxError: if it can't be read or doesn't hold the scores of a run.
    """
    path = folder / SCORES
    if not (folder / RUN_FILE).is_file() or not path.exists():
        return None
    try:
        results = read_results(path)
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise damaged(path, f"{type(error).__name__}: {error}") from None
    if fault := _fault(results):
        raise damaged(path, fault)
    return results


def locate(folder: Path, name: str) -> Path | None:
    """Find what a run's config names by a path, which is relative to where the run was made.

    That is the folder above `runs`; for a run that was put elsewhere, the working folder.

    Args:
        folder: of the run.
        name: the path.

    Returns:
        The first of the two that is there; None if neither is.
    """
    places = (folder.absolute().parent.parent, Path())
    return next((place / name for place in places if (place / name).exists()), None)


def damaged(path: Path, what: str) -> FeatxError:
    """Say that a run's file can't be used, and what to do.

    Args:
        path: the file.
        what: is wrong with it.
    """
    return FeatxError(
        f"{path}: damaged, or of another version of featx ({what}). Make the run again with "
        f"--overwrite, or copy its {RUN_FILE} to a folder of its own to use just that."
    )


def _read(path: Path) -> str | None:
    """Return the text of a file, None if it is not there."""
    try:
        return path.read_text("utf-8")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError:
        raise damaged(path, "not UTF-8") from None
    except OSError as error:
        raise damaged(path, str(error.strerror)) from None


def _read_table(path: Path, form: str, parse: Callable[[str], Any]) -> dict[str, Any]:
    text = _read(path)
    try:
        value = {} if text is None else parse(text)
    except (ValueError, RecursionError) as error:
        raise damaged(path, f"not {form}: {error}") from None
    if not isinstance(value, dict):
        raise damaged(path, f"no table but {type(value).__name__}")
    return value


def _fault(results: Results) -> str:
    """Say what is of the wrong kind, empty if nothing is."""
    kinds = {
        "title": isinstance(results.title, str),
        "classes": _are_strings(results.classes),
        "seeds": type(results.seeds) is int and results.seeds > 0,
        "speakers": type(results.speakers) is int,
        "speakers_shared": results.speakers_shared in (True, False, None),
        "remarks": _are_strings(results.remarks),
    }
    if wrong := [name for name, right in kinds.items() if not right]:
        return f"{wrong[0]} is {getattr(results, wrong[0])!r}"
    square = (len(results.classes),) * 2
    if results.confusion.shape != square or results.confusion.dtype.kind not in "iu":
        return f"confusion is no table of {square[0]} by {square[1]} counts"
    figures = (value for score in results.scores.values() for value in vars(score).values())
    return "" if all(type(value) in (int, float) for value in figures) else "scores that are none"


def _are_strings(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)
