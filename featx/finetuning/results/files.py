"""The files of a finished run beside its models: environment, history, report, cost, figures."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from featx.features.encoders.checkpoints.registry import store_name
from featx.finetuning.identity import Identity
from featx.finetuning.results.course import pace
from featx.finetuning.results.figures import draw_tuning
from featx.finetuning.results.history import write_history
from featx.finetuning.results.member import TunedMember
from featx.finetuning.training.trial import Setting
from featx.fitting.objective import loss_name, score_name
from featx.fitting.results.figures import draw_layer_weights
from featx.fitting.results.layer_weights import AveragedStore, write_layer_weights
from featx.runs.cost import Cost, write_cost
from featx.runs.files import ENVIRONMENT, FIGURES, REPORT
from featx.scoring.results_file import RunResults
from featx.utils.files import write_json, write_text
from featx.utils.machine import describe_environment, device_name


def write_files(
    setting: Setting,
    identity: Identity,
    members: Sequence[TunedMember],
    results: RunResults,
    folder: Path,
) -> None:
    """Write what a finished run leaves but its config, log, models and what was predicted.

    Args:
        setting: what the models share.
        identity: the encoder and the data, identified by digests.
        members: the models.
        results: their scores.
        folder: the run's.
    """
    encoder = asdict(identity)
    inputs = encoder.pop("inputs")
    environment = {**describe_environment(), "inputs_sha256": inputs, "encoder": encoder}
    write_json(folder / ENVIRONMENT, environment)
    write_history(members, folder)
    score = score_name(setting.task)
    times = pace(members, folder, setting.config.training.best_by, score)
    write_text(folder / REPORT, f"{results.to_text()}\n\n{times}\n")
    write_cost(folder, _cost(setting, identity, members))
    figures = folder / FIGURES
    loss = loss_name(setting.task, setting.config.training)
    chosen_on_test = setting.config.select_on == "test"
    draw_tuning(members, figures / "training", loss, score, chosen_on_test)
    if members[0].layer_weights:
        layers = [str(layer) for layer in range(len(members[0].layer_weights[0]))]
        averaged = [AveragedStore(store_name(setting.config.model), layers)]
        write_layer_weights(averaged, members, folder)
        draw_layer_weights(members, averaged, figures / "layer_weights")


def _cost(setting: Setting, identity: Identity, members: Sequence[TunedMember]) -> Cost:
    on_gpu = [m.peak_gpu_memory for m in members if m.peak_gpu_memory is not None]
    return Cost(
        seconds=sum(member.history[-1].seconds for member in members),
        models=len(members),
        peak_memory=max(member.peak_memory for member in members),
        peak_gpu_memory=max(on_gpu, default=None),
        parameters_trained=identity.trained,
        features=0,
        device=device_name(setting.device),
    )
