"""A run: a folder with everything a fit leaves, from its config to its figures."""

import json
import logging
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from featx.config import read_config
from featx.errors import FeatxError
from featx.files import write_json, write_text
from featx.fit import Resources, digest_inputs, fit_members
from featx.fit_config import FitConfig
from featx.fit_data import FitData, load_data
from featx.member import Member
from featx.results import Results, read_results, score_predictions
from featx.run_files import write_files

ROOT = Path("runs")
ANYTHING = Resources()
OWN_STATISTICS = (
    "Normalised by speaker: a test utterance is standardised by all test utterances of its "
    "speaker, which must be known before the first is recognised."
)
log = logging.getLogger("featx")


def run_folder(name: str) -> Path:
    """Return the folder of a run.

    Raises:
        FeatxError: if the name is not that of a single folder.
    """
    if name in ("", ".", "..") or name != Path(name).name:
        raise FeatxError(f"--name {name}: must be a plain name; runs go to {ROOT}/NAME.")
    return ROOT / name


def default_run_name(config: FitConfig) -> str:
    """Return manifest-model-head, as in "manifest-wav2vec2-base-dense", and a named protocol."""
    parts = (config.manifest.stem, config.models, config.head.kind, config.protocol.name)
    return "-".join(filter(None, parts))


def run_fit(
    config: FitConfig,
    folder: Path,
    overwrite: bool = False,
    resources: Resources = ANYTHING,
) -> Results:
    """Fit into a run folder, or return the results of the same fit done before.

    Files are complete or absent, and `metrics.json` comes last. A run that was stopped goes on
    with the heads not yet trained.

    Args:
        config: what to fit.
        folder: of the run.
        overwrite: replace the run that the folder holds, once the new one is finished.
        resources: what to use; of no effect on the result.

    Raises:
        FeatxError: if the folder holds a run of another config, or no run at all, or the data
            can't be used.
        StoreError: if the store can't be opened.
        Interrupted: on Ctrl-C.
    """
    data = load_data(config, resources.device)
    if overwrite and (folder / "config.toml").exists():
        return _replace(config, data, folder, resources)
    _check_same(config, folder)
    if (folder / "metrics.json").exists():
        return _finished(config, data, folder)
    return _fit_logged(config, data, folder, resources)


def _replace(config: FitConfig, data: FitData, folder: Path, resources: Resources) -> Results:
    """Fit beside a run, then take its place; until then the old one stays.

    Heads that a stopped attempt left there are taken up again if they fit.
    """
    beside = folder.with_name(f".{folder.name}.new")
    results = _fit_logged(config, data, beside, resources)
    old = folder.rename(folder.with_name(f".{folder.name}.old"))
    beside.rename(folder)
    shutil.rmtree(old)
    return results


def _fit_logged(config: FitConfig, data: FitData, folder: Path, resources: Resources) -> Results:
    write_text(folder / "config.toml", config.to_toml())
    handler = logging.FileHandler(folder / "run.log", encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    try:
        return _fit(config, data, folder, resources)
    finally:
        log.removeHandler(handler)
        handler.close()


def _fit(config: FitConfig, data: FitData, folder: Path, resources: Resources) -> Results:
    log.info("%s", _title(config, data))
    log.info("%s", "; ".join([f"{len(data.utterances):,} utterances", *data.notes]))
    members = fit_members(config, data, folder / "members", resources)
    results = _score(config, data, members)
    write_files(config, data, members, results, folder)
    write_json(folder / "metrics.json", results.to_json())
    shutil.rmtree(folder / "members")  # all in the run's own files now
    log.info("done: UAR %.2f %%, WA %.2f %%", results.scores["uar"].mean, results.scores["wa"].mean)
    return results


def _check_same(config: FitConfig, folder: Path) -> None:
    """Raise a FeatxError if the folder holds a run of another config."""
    path = folder / "config.toml"
    if not path.exists():
        if folder.exists() and any(folder.iterdir()):
            raise FeatxError(f"{folder}: not a run folder and not empty. Choose another --name.")
        return
    before = read_config(path, FitConfig).model_dump(mode="json")
    now = config.model_dump(mode="json")
    changed = [
        f"{key}: {before[key]} there, now {now[key]}" for key in now if before[key] != now[key]
    ]
    if changed:
        raise FeatxError(
            f"{folder} holds a run of another config:\n  "
            + "\n  ".join(changed)
            + "\nChoose another --name, or --overwrite it."
        )


def _finished(config: FitConfig, data: FitData, folder: Path) -> Results:
    """Return the results of a run made before with the same config and data."""
    shutil.rmtree(folder / "members", ignore_errors=True)  # if a kill left it
    path = folder / "environment.json"
    environment = json.loads(path.read_text("utf-8")) if path.exists() else {}
    if environment.get("inputs_sha256") != digest_inputs(config, data):
        raise FeatxError(
            f"{folder}: its manifest or features have changed since it was run. "
            "Choose another --name, or --overwrite it."
        )
    return read_results(folder / "metrics.json")


def _title(config: FitConfig, data: FitData) -> str:
    protocol = config.protocol.name or config.protocol.title
    speakers = "speaker-dependent" if data.speakers_shared else "speaker-independent"
    seeds = f"{config.seeds} seed{'s' if config.seeds > 1 else ''}"
    return (
        f"{config.head.kind} head on {data.features}, {config.manifest.name}: {protocol}, "
        f"{speakers}, {seeds}"
    )


def _score(config: FitConfig, data: FitData, members: Sequence[Member]) -> Results:
    seeds = []
    for seed in range(config.seeds):
        rows = [row for member in members if member.seed == seed for row in _tested(data, member)]
        labels, predictions, speakers = zip(*rows, strict=True)
        seeds.append((np.array(labels), np.array(predictions), speakers))
    remarks = [f"Note: {note}." for note in data.notes]
    if config.normalize == "speaker":
        remarks.append(OWN_STATISTICS)
    title = _title(config, data)
    return score_predictions(title, data.classes, seeds, data.speakers_shared, remarks)


def _tested(data: FitData, member: Member) -> Iterator[tuple[int, int, str]]:
    predictions = member.probabilities["test"].argmax(1).tolist()
    for utterance, prediction in zip(data.folds[member.fold].test, predictions, strict=True):
        yield data.classes.index(utterance.label), prediction, utterance.speaker
