"""A run's folder, from its opening to its last file."""

import logging
import shutil
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cache import lock_file
from featx.errors import FeatxError, StoreError
from featx.runs.files import CONFIG, LOG, MEMBERS, PREDICTIONS, SCORES
from featx.runs.log_file import LogFile
from featx.runs.making import is_made, making
from featx.runs.read import damaged, read_config, read_environment, read_run_scores
from featx.scoring.results_file import RunResults
from featx.utils.files import portable_name, write_json, write_text

ROOT = Path("runs")
log = logging.getLogger("featx")


def run_folder(name: str, root: Path = ROOT) -> Path:
    """Return the folder of a run.

    Args:
        name: what the run is called.
        root: the folder of all runs of its kind.

    Raises:
        FeatxError: if the name is not that of a single folder.
    """
    if name in ("", ".", "..") or name != portable_name(name):
        raise FeatxError(
            f"`name={name!r}`: must be a plain name, which every system takes for a folder, such "
            f"as {portable_name(name).strip('-.') or 'first'!r}; {root.name} go to {root}/NAME."
        )
    return root / name


@dataclass
class OpenRun:
    """A run that is being made, or the same run made before.

    Attributes:
        folder: where its files are written; beside the run's own folder while that holds another.
        results: its scores, None until they are known.
    """

    folder: Path
    results: RunResults | None


@contextmanager
def open_run(config: str, inputs: str, folder: Path, overwrite: bool = False) -> Iterator[OpenRun]:
    """Open a run folder to make a run in it, unless the same run was made before.

    Whoever opens it sets `results`, if they are None, once all other files are written;
    `environment.json` must hold the digest as `inputs_sha256`. Files are complete or absent, and
    `metrics.json` comes last. A run that was stopped goes on with what is in its `members`.

    Args:
        config: the text of the run's `config.toml`, which determines the run.
        inputs: digest of the config and all data that the run depends on.
        folder: where the run is to be.
        overwrite: replace the run that the folder holds, once the new one is finished.

    Raises:
        FeatxError: if the folder holds a run of another config, or no run at all, or another
            process is making it.
    """
    with making(folder, changes=overwrite):
        if is_made(folder) and not overwrite:
            _end_writing(folder)
            yield _made_before(config, inputs, folder)
            return
        with _made_now(config, inputs, folder, overwrite) as run:
            yield run


def _made_before(config: str, inputs: str, folder: Path) -> OpenRun:
    """Return a finished run, if it is the same."""
    _check_same(config, folder)
    _check_inputs(inputs, folder)
    return OpenRun(folder, _results(folder))


@contextmanager
def _made_now(config: str, inputs: str, folder: Path, overwrite: bool) -> Iterator[OpenRun]:
    """Open a folder that no other process writes to."""
    _end_replacing(folder)
    replaces = overwrite and (folder / CONFIG).exists()
    place = folder.with_name(f".{folder.name}.new") if replaces else folder
    if replaces:  # the old run stays until the new one is finished
        same = is_made(place) and read_config(place) == tomllib.loads(config)
        finished = same and _inputs(place) == inputs
    else:
        _check_same(config, folder)
        finished = is_made(folder)
        if finished:
            _check_inputs(inputs, folder)
    run = OpenRun(place, _results(place) if finished else None)
    if finished:
        yield run
    else:
        (place / SCORES).unlink(missing_ok=True)  # of a finished run with other inputs
        write_text(place / CONFIG, config)
        with _logged(place):
            yield run
            _finish(run)
    if replaces:
        folder.rename(_old(folder))
        place.rename(folder)
        _end_replacing(folder)


@contextmanager
def extend_run(config: str, inputs: str, folder: Path) -> Iterator[OpenRun]:
    """Open a finished run to add to it, which leaves its predictions as they are.

    Until all is added, and also after a kill, it is the finished run that it was. What is kept in
    its `members` meanwhile is there the next time.

    Args:
        config: the text of the run's new `config.toml`, which is written last.
        inputs: digest as for `open_run`.
        folder: the run's folder.

    Raises:
        FeatxError: if what the run was made from has changed.
    """
    with making(folder, changes=True):
        _check_inputs(inputs, folder)
        run = OpenRun(folder, _results(folder))
        with _logged(folder):
            yield run
        assert run.results is not None, "it had some when it was opened"
        write_json(folder / SCORES, run.results.to_json())
        write_text(folder / CONFIG, config)
        shutil.rmtree(folder / MEMBERS, ignore_errors=True)


def _end_writing(folder: Path) -> None:
    """Remove what a kill left beside a finished run, unless a process is at work there."""
    left = (folder / MEMBERS, _old(folder), lock_file(folder, within=False))
    if any(path.exists() for path in left):
        with suppress(StoreError), making(folder, changes=True):  # it may be for reading only
            _end_replacing(folder)
            shutil.rmtree(folder / MEMBERS, ignore_errors=True)


def _end_replacing(folder: Path) -> None:
    """End what a kill may have left half done: the old run goes if the new one is in place."""
    old = _old(folder)
    if old.exists() and folder.exists():
        shutil.rmtree(old)
    elif old.exists():
        old.rename(folder)


def _old(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.old")


def _inputs(folder: Path) -> str | None:
    """Return the digest of what a run was made from, if it says so."""
    inputs: str | None = read_environment(folder).get("inputs_sha256")
    return inputs


@contextmanager
def _logged(folder: Path) -> Iterator[None]:
    """Write what is said of the work to a run's `run.log`."""
    handler = LogFile(folder / LOG)
    log.addHandler(handler)
    before = log.level
    log.setLevel(logging.DEBUG)  # the details too
    try:
        yield
    finally:
        log.setLevel(before)
        log.removeHandler(handler)
        handler.close()
    if handler.lost:
        log.warning("%s lacks lines, which the disk had no room for.", folder / LOG)


def _finish(run: OpenRun) -> None:
    assert run.results is not None, "whoever opens a run sets its results"
    write_json(run.folder / SCORES, run.results.to_json())
    shutil.rmtree(run.folder / MEMBERS, ignore_errors=True)  # all in the run's own files now
    scores = run.results.scores.items()
    log.debug("done: %s", ", ".join(f"{name} {score.mean:.4g}" for name, score in scores))


def _check_same(config: str, folder: Path) -> None:
    """Raise a FeatxError if the folder holds a run of another config."""
    if not (folder / CONFIG).exists():
        if folder.exists() and any(folder.iterdir()):
            raise FeatxError(f"{folder}: not a run folder and not empty. Choose another `name`.")
        return
    changed = _differences(read_config(folder), tomllib.loads(config))
    if changed:
        raise FeatxError(
            f"{folder} holds a run of another config:\n  "
            + "\n  ".join(changed)
            + "\nChoose another `name`, or `overwrite` it."
        )


def _differences(before: Mapping[str, Any], now: Mapping[str, Any], table: str = "") -> list[str]:
    """Return a line for each setting that differs, with dots for the tables that it is in."""
    lines = []
    for key in {**before, **now}:
        old, new = before.get(key, "nothing"), now.get(key, "nothing")
        if isinstance(old, dict) and isinstance(new, dict):
            lines += _differences(old, new, f"{table}{key}.")
        elif old != new:
            lines.append(f"{table}{key}: {old} there, now {new}")
    return lines


def _check_inputs(inputs: str, folder: Path) -> None:
    """Raise a FeatxError if a run was made from other data."""
    if _inputs(folder) != inputs:
        raise FeatxError(
            f"{folder}: the manifest, features, model or predictions that it was made from have "
            "changed since it was run. Choose another `name`, or `overwrite` it."
        )


def _results(folder: Path) -> RunResults:
    """Return the results of a finished run."""
    results = read_run_scores(folder)
    if results is None or not (folder / PREDICTIONS).is_file():
        raise damaged(folder / PREDICTIONS, "it is not there")
    return results
