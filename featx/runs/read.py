"""What a run's folder says of the run: its config, its environment, its scores."""

import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from featx.errors import FeatxError
from featx.runs.files import CONFIG, DESCRIPTION, ENVIRONMENT, PREDICTIONS, SCORES
from featx.runs.safe_files import TEXT_LIMIT, check_file
from featx.scoring.results_file import RunResults, read_run_results
from featx.utils.config import first_problem
from featx.utils.files import AnyPath


def is_unfinished(folder: Path) -> bool:
    """Tell whether a folder is a run that is not finished; what it holds may be of another.

    The config is written first, the scores last.
    """
    return (folder / CONFIG).exists() and not (folder / SCORES).is_file()


def find_config(config: AnyPath) -> Path:
    """Return the file of a config, given as it is or by its run or the run's folder."""
    path = Path(config)
    return path / CONFIG if path.is_dir() else path


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


def read_run_scores(folder: Path) -> RunResults | None:
    """Return what a run says of itself in its `metrics.json`, None if the folder holds no run.

    A fit from the Hub has no predictions: its heads tell that the scores are its own.

    Raises:
        FeatxError: if it can't be read or doesn't hold the scores of a run.
    """
    path = folder / SCORES
    is_run = (folder / PREDICTIONS).is_file() or (folder / DESCRIPTION).is_file()
    if not is_run or not path.exists():
        return None
    try:
        check_file(path, TEXT_LIMIT)
        return read_run_results(path)
    except OSError as error:
        raise damaged(path, str(error.strerror)) from None
    except ValidationError as error:
        raise damaged(path, first_problem(error)) from None


def locate(folder: Path, name: str) -> Path | None:
    """Find what a run's config names by a path, which is relative to where the run was made.

    That is the folder above `runs`; for a run that was put elsewhere, the working folder.

    Args:
        folder: the run's.
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
        what: what is wrong with it.
    """
    return FeatxError(
        f"{path}: damaged, or of another version of featx ({what}). Make the run again with "
        f"`overwrite`, or copy its {PREDICTIONS} to a folder of its own to use just that."
    )


def _read(path: Path) -> str | None:
    """Return the text of a file, None if it is not there."""
    try:
        check_file(path, TEXT_LIMIT)
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
