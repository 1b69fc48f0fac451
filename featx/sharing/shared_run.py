"""A finished fit as others may have it: without places of this machine, with a card."""

import json
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from featx.fitting.config import FitConfig
from featx.runs.files import (
    CARD,
    CONFIG,
    ENVIRONMENT,
    LAYER_WEIGHTS,
    LOG,
    PREDICTIONS,
    SCORES,
)
from featx.runs.read import read_environment
from featx.sharing.card import write_card
from featx.sharing.contents import FIT
from featx.sharing.facts import RunFacts
from featx.sharing.places import check_cleaned, clean, has_place, last_name, store_place
from featx.utils.config import read_config
from featx.utils.csv_files import read_lines
from featx.utils.files import write_csv, write_json, write_text


def share_run(
    run: Path, folder: Path, repository: str, licence: str, with_predictions: bool
) -> list[str]:
    """Copy what is sent of a fit to a folder, with its card.

    Args:
        run: the finished fit's folder.
        folder: where to; empty.
        repository: OWNER/NAME, for the card.
        licence: the licence of the heads for the card; empty if nobody said.
        with_predictions: whether the predictions of each utterance are sent too.

    Returns:
        What is left out or rewritten, in sentences.

    Raises:
        FeatxError: if a text still names a folder of this machine.
    """
    for name in FIT.names:
        if name != CARD and (run / name).is_file() and (name != PREDICTIONS or with_predictions):
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(run / name, target)
    notes = [note for rewrite in _REWRITES for note in rewrite(folder)]
    facts = RunFacts.read(folder, repository, licence)
    write_card(facts, folder / CARD)
    check_cleaned(folder, (Path.home(), Path.cwd(), run.resolve(), Path(tempfile.gettempdir())))
    return [*notes, *_left_out(run, folder)]


def _left_out(run: Path, folder: Path) -> list[str]:
    absent = sorted(
        path.name
        for path in run.iterdir()
        if not (folder / path.name).exists() and path.name != LOG
    )
    notes = [f"{LOG} is not sent: it tells times and places."] if (run / LOG).exists() else []
    if PREDICTIONS in absent:
        absent.remove(PREDICTIONS)
        notes.append(
            f"{PREDICTIONS} is not sent: names of utterances may tell about people. "
            "`with_predictions` sends it."
        )
    return notes + ([f"Not sent either: {', '.join(absent)}."] if absent else [])


def _rewrite_config(folder: Path) -> list[str]:
    path = folder / CONFIG
    config = read_config(path, FitConfig)
    protocol = config.protocol
    texts = {name: getattr(protocol, name) for name in ("title", "source", "manifest")}
    changed = config.model_copy(
        update={
            "manifest": Path(last_name(str(config.manifest))),
            "joined": tuple(Path(last_name(str(path))) for path in config.joined),
            "features": tuple(Path(store_place(str(store))) for store in config.features),
            "augmented": tuple(Path(store_place(str(store))) for store in config.augmented),
            "protocol": protocol.model_copy(update=clean(texts)),
        }
    )
    if changed == config:
        return []
    write_text(path, changed.to_toml())
    return [f"{CONFIG}: of paths on this machine only the last names are left."]


def _rewrite_environment(folder: Path) -> list[str]:
    if not (folder / ENVIRONMENT).exists():
        return []
    table: dict[str, Any] = read_environment(folder)
    notes = []
    if has_place(str(table.get("command", ""))):
        del table["command"]
        notes.append(f"{ENVIRONMENT}: the command is left out, as it names places.")
    if table.pop("platform", None):
        notes.append(f"{ENVIRONMENT}: the operating system is left out.")
    write_json(folder / ENVIRONMENT, clean(table))
    return notes


def _rewrite_scores(folder: Path) -> list[str]:
    table = json.loads((folder / SCORES).read_text("utf-8"))
    changed = {**table, **clean({key: table.get(key) for key in ("title", "remarks")})}
    if changed == table:
        return []
    write_json(folder / SCORES, changed)
    return [f"{SCORES}: of paths in its title and remarks only the last names are left."]


def _rewrite_layer_weights(folder: Path) -> list[str]:
    path = folder / LAYER_WEIGHTS
    if not path.exists():
        return []
    header, *rows = (fields for _, fields in read_lines(path))
    place = header.index("features")
    changed = [[*row[:place], store_place(row[place]), *row[place + 1 :]] for row in rows]
    if changed == rows:
        return []
    write_csv(path, header, changed)
    return [f"{LAYER_WEIGHTS}: of paths of stores only the last names are left."]


_REWRITES: tuple[Callable[[Path], list[str]], ...] = (
    _rewrite_config, _rewrite_environment, _rewrite_scores, _rewrite_layer_weights,
)  # fmt: skip
