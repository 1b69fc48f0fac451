"""Experiment trackers that follow a training, each model in a run of its own there."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from featx.errors import FeatxError
from featx.finetuning.choices import Tracker
from featx.utils.arguments import check_choice
from featx.utils.text import first_line

PROJECTS = {
    "wandb": "WANDB_PROJECT",
    "trackio": "TRACKIO_PROJECT",
    "mlflow": "MLFLOW_EXPERIMENT_NAME",
}
PROJECT = "featx"
LOGS = "tensorboard"


def check_trackers(names: Sequence[str]) -> None:
    """Raise a FeatxError if a tracker is unknown, not installed, or would fail once it starts."""
    for name in names:
        check_choice("track", name, Tracker)
        if find_spec(name) is None:
            raise FeatxError(f"`track={name!r}`: not installed; `pip install {name}` adds it.")
        try:
            _callback(name)
        except (ImportError, RuntimeError) as error:  # a broken installation, or switched off
            reason = first_line(error)
            raise FeatxError(f"`track={name!r}`: installed, but can't be used: {reason}") from error
    if "wandb" in names:
        _check_login()


@contextmanager
def tracking(trainer: Any, names: Sequence[str], logs: Path) -> Iterator[None]:
    """Let trackers follow what a Trainer does, as one run, which ends with the context.

    Trainer's own `report_to` would leave a run of Weights & Biases open for the next model, and
    begin new ones for predictions.

    Args:
        trainer: transformers', whose `run_name` names the run. It must not report by itself.
        names: the trackers.
        logs: TensorBoard's folder for this model alone.
    """
    names = list(dict.fromkeys(names))
    callbacks = [_callback(name) for name in names]
    for name, callback in zip(names, callbacks, strict=True):
        if name == "tensorboard":
            callback.logging_dir = str(logs)  # its default is in the checkpoints' folder
        trainer.add_callback(callback)
    failed = True
    try:
        with _projects(trainer):
            yield
        failed = False
    finally:
        for name, callback in zip(names, callbacks, strict=True):
            trainer.remove_callback(callback)
            _finish(name, callback, failed)


def _callback(name: str) -> Any:
    from transformers.integrations import get_reporting_integration_callbacks  # slow to import

    (kind,) = get_reporting_integration_callbacks([name])
    return kind()


def _check_login() -> None:
    """Raise a FeatxError if Weights & Biases would fail during training, or ask for a login."""
    wandb = import_module("wandb")
    if wandb.setup().settings.mode in ("offline", "disabled", "dryrun"):
        return
    try:
        known = wandb.login(prompt=False)
    except TypeError:  # an older release, which can only ask
        return
    except Exception as error:  # a wrong key, no network
        reason = first_line(error).rstrip(".")
    else:
        reason = "" if known else "not logged in"
    if reason:
        raise FeatxError(
            f"`track='wandb'`: {reason}. `wandb login` logs in; WANDB_MODE=offline keeps "
            "everything on this machine."
        )


@contextmanager
def _projects(trainer: Any) -> Iterator[None]:
    """File runs under the project `featx` unless a tracker's own variable names one."""
    before = {variable: os.environ.get(variable) for variable in PROJECTS.values()}
    try:
        for variable in before:
            os.environ.setdefault(variable, PROJECT)
        trainer.args.project = os.environ[PROJECTS["trackio"]]
        yield
    finally:
        for variable, value in before.items():
            if value is None:
                os.environ.pop(variable, None)


def _finish(name: str, callback: Any, failed: bool) -> None:
    """Close a tracker's run, if it has begun one and not closed it."""
    if name == "tensorboard" and callback.tb_writer is not None:
        callback.tb_writer.close()
    elif name == "wandb" and import_module(name).run is not None:
        import_module(name).finish(exit_code=int(failed))
    elif name == "mlflow" and import_module(name).active_run() is not None:
        import_module(name).end_run("FAILED" if failed else "FINISHED")
    elif name == "trackio" and callback._initialized:
        import_module(name).finish()
