"""`featx.tune`: search a head's settings, into a run folder."""

import math
from collections.abc import Sequence
from pathlib import Path

from pydantic import NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt

from featx.data.manifest import Manifest
from featx.engines.choices import EngineName
from featx.engines.engine import Engine
from featx.fitting.choices import Normalize
from featx.fitting.config import head_config
from featx.fitting.given_data import (
    Store,
    choose_data,
    compute_with,
    copied_settings,
    refuse_with_config,
)
from featx.fitting.training.actors import train_on
from featx.protocols.choices import TaskKind
from featx.protocols.protocol import Protocol
from featx.runs.folder import run_folder
from featx.runs.read import find_config
from featx.runs.run import Run
from featx.tuning.choices import WITH_CONFIG
from featx.tuning.config import InnerFolds, SearchSettings, TuneConfig
from featx.tuning.run import run_tune
from featx.tuning.space import read_space
from featx.utils.arguments import as_list, checked
from featx.utils.config import change, check_config, config_table
from featx.utils.files import AnyPath


@checked
def tune(
    head: str | Path = "dense",
    model: str | Sequence[str] | None = None,
    manifest: str | Path | Manifest = "manifest.csv",
    *,
    space: str | Path | None = None,
    trials: PositiveInt = 30,
    inner_folds: InnerFolds = 3,
    seed: NonNegativeInt = 0,
    features: Store | Sequence[Store] | None = None,
    store: str | None = None,
    layers: str | int | Sequence[int] = "all",
    normalize: Normalize = "global",
    protocol: str | Path | Protocol | None = None,
    target: str | Sequence[str] | None = None,
    task: TaskKind | None = None,
    seeds: PositiveInt = 1,
    folds: int = 5,
    speaker_dependent: bool = False,
    seconds: PositiveFloat = math.inf,
    skip_missing: bool = False,
    keep_duplicates: bool = False,
    settings: str | Sequence[str] = (),
    config: AnyPath | TuneConfig | None = None,
    name: str | None = None,
    memory: NonNegativeFloat | None = None,
    device: str = "cpu",
    engine: EngineName = "local",
    address: str | None = None,
    overwrite: bool = False,
) -> Run:
    """Search a head's settings, and score the search on speakers that had no part in it.

    In every fold of the protocol settings are chosen by the mean validation score over inner folds
    of the fold's training and validation utterances. A head with them is then trained as
    `featx.fit` does, and tested once. A last search, on all utterances, finds settings for use:
    `final.toml` in the run's folder is the `config` of a fit with them. The same call made again
    returns the finished run, or goes on where the search was stopped.

    Args:
        head: the head whose settings are searched, as for `featx.fit`; they are tried first if the
            space has them.
        model: whose features to use, as for `featx.fit`.
        manifest: the CSV with the labels, its URL, or a manifest that is loaded already.
        space: what may be chosen: the name of a shipped space, or the path of a TOML; by default
            the head's own.
        trials: how many settings are tried in each fold.
        inner_folds: into how many folds what trains and validates in a fold is divided, by speaker
            where those who are tested are new.
        seed: the seed of what is tried. The same seed gives the same run.
        features: the store, its folder or URL, or several for fusion, if not under `features`.
        store: use the features in features/STORE/MODEL, which several manifests share.
        layers: which layers of an encoder, as for `featx.fit`.
        normalize: how features are standardised, as for `featx.fit`.
        protocol: who trains and who is tested, as for `featx.fit`.
        target: the manifest's column that is learned in place of the label, such as "sex".
        task: how the target is learned, as for `featx.fit`.
        seeds: how many heads to train for each fold with the chosen settings.
        folds: how many folds to make where neither a protocol nor the manifest divides.
        speaker_dependent: let training and test share speakers.
        seconds: how much of the beginning of each utterance is used.
        skip_missing: leave out utterances that have no features.
        keep_duplicates: let the same sound be in training and test under several names.
        settings: changes of settings that are not searched, such as "training.epochs=30".
        config: repeat this search: its run, its folder, its config or its `config.toml`.
        name: what the run is called; by default "tune", its manifest, model, head and protocol.
        memory: GB that features may take while heads train; by default 60 % of what is free.
        device: "cpu", or "cuda" to keep the features and train on a GPU.
        engine: "local" searches in this process, "ray" on the machines of a Ray cluster, a fold
            each; they must see the store and this folder. Results are the same.
        address: the Ray cluster to join; by default this machine alone.
        overwrite: replace the run of that name, once the new one is finished.

    Returns:
        The run, whose folder is `runs/NAME`. `tuning.csv` in it has what each fold chose,
        `trials.csv` all that was tried, `importance.csv` how much each setting mattered.

    Raises:
        FeatxError: if an argument, the space, the manifest or a store can't be used, Optuna is not
            installed, the folder holds another run, or training diverges.

    Example:
        >>> run = featx.tune("linear", "encoder", trials=3, folds=3)
        >>> print(run.results.scores["uar"])
        >>> fitted = featx.fit(config=run.folder / "final.toml", final=True)
    """
    given = dict(locals())
    changes: list[str] = as_list(settings)
    corpus = None
    if config is not None:
        refuse_with_config(tune, given, WITH_CONFIG)
        resolved = _earlier(config, changes)
    else:
        corpus, data = choose_data(tune, given)
        base = head_config(str(head), {**data, **copied_settings(given)}, changes)
        searched = read_space(None if space is None else str(space), base)
        how = SearchSettings(trials=trials, inner_folds=inner_folds, seed=seed, space=searched)
        resolved = check_config({**base.to_table(), "search": how.to_table()}, TuneConfig, "tune")
    folder = run_folder(name or resolved.name)
    compute = compute_with(device, memory)
    with Engine(engine, address) as machines, train_on(machines) as trainers:
        run_tune(resolved, folder, overwrite, compute, corpus, trainers)
    return Run(folder)


def _earlier(config: AnyPath | TuneConfig, changes: Sequence[str]) -> TuneConfig:
    """Return the config of an earlier search, changed."""
    given = config if isinstance(config, TuneConfig) else find_config(config)
    table = config_table(given, TuneConfig)
    change(table, changes)
    return check_config(table, TuneConfig, "`settings`" if changes else "tune")
