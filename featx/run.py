"""A fit as a run folder, from its config to its figures."""

import logging
from collections.abc import Sequence
from pathlib import Path

from featx.cost import Cost, write_cost
from featx.environment import device_name, peak_memory
from featx.fit import Resources, digest_inputs, fit_members
from featx.fit_config import FitConfig
from featx.fit_data import FitData, load_data
from featx.member import Member, is_statistic
from featx.outcomes import score_outcomes
from featx.results import Results
from featx.run_files import write_files
from featx.run_folder import MEMBERS, Job, do

ANYTHING = Resources()
OWN_STATISTICS = (
    "Normalised by speaker: a test utterance is standardised by all test utterances of its "
    "speaker, which must be known before the first is recognised."
)
log = logging.getLogger("featx")


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

    A run that was stopped goes on with the heads not yet trained.

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

    def work(folder: Path) -> Results:
        return _fit(config, data, folder, resources)

    return do(Job(config.to_toml(), digest_inputs(config, data), work), folder, overwrite)


def _fit(config: FitConfig, data: FitData, folder: Path, resources: Resources) -> Results:
    log.info("%s", _title(config, data))
    log.info("%s", "; ".join([f"{len(data.utterances):,} utterances", *data.notes]))
    members = fit_members(config, data, folder / MEMBERS, resources)
    remarks = [f"Note: {note}." for note in data.notes]
    if config.normalize == "speaker":
        remarks.append(OWN_STATISTICS)
    results = score_outcomes(_title(config, data), data, members, remarks)
    write_files(config, data, members, results, folder)
    write_cost(folder, _cost(data, members, resources))
    return results


def _cost(data: FitData, members: Sequence[Member], resources: Resources) -> Cost:
    held, on_gpu = peak_memory(resources.device)
    weights = members[0].weights.items()
    return Cost(
        seconds=sum(epoch.seconds for member in members for epoch in member.history),
        models=len(members),
        peak_memory=held,
        peak_gpu_memory=on_gpu,
        parameters_trained=sum(w.numel() for name, w in weights if not is_statistic(name)),
        features=sum(selection.store.nbytes for selection in data.selections),
        device=device_name(resources.device),
    )


def _title(config: FitConfig, data: FitData) -> str:
    described = data.describe(config.protocol, config.seeds)
    return f"{config.head.kind} head on {data.features}, {config.manifest.name}: {described}"
