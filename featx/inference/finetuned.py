"""The models of a finished fine-tuning, applied to audio."""

import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from featx.data.audio import SAMPLE_RATE, AudioError, Waveform, count_samples, read_audio
from featx.data.manifest import Utterance
from featx.errors import FeatxError
from featx.features.encoders.devices import find_devices, keep_float32
from featx.features.encoders.families import prepare_waveform
from featx.finetuning.config import FinetuneConfig
from featx.finetuning.saving.load import TunedModel, load_tuned
from featx.inference.inputs import Recordings, StoredFeatures
from featx.inference.model import Model, Options
from featx.inference.predictions import Predictions
from featx.inference.temperatures import read_temperatures
from featx.runs.files import CONFIG, MODELS, SAVED_HEAD
from featx.runs.members import read_member_name
from featx.utils.config import read_config
from featx.utils.progress import progress

log = logging.getLogger("featx")


@dataclass(frozen=True)
class FinetunedModel(Model):
    """The saved models of a finished fine-tuning, from `featx.load`.

    Attributes:
        classes: names of the classes, in the order of the probabilities.
        folders: the folder of each saved model.
        first: the model of the first folder; the others are loaded when their turn comes.
        seconds: how much of each utterance's beginning the models heard; infinite for all of it.
        precision: the precision that the models were trained in.
        run: the folder of the run; None for a single saved model.
    """

    classes: tuple[str, ...]
    folders: tuple[Path, ...]
    first: TunedModel
    seconds: float = math.inf
    precision: str = "float32"
    run: Path | None = None

    @property
    def dimensions(self) -> tuple[str, ...]:
        """The columns of numbers that it predicts; none of classes."""
        return self.first.outputs.dimensions or ()

    @property
    def several(self) -> bool:
        """Whether any number of its classes may fit an utterance."""
        return self.first.outputs.several

    def _predict(self, given: Recordings | StoredFeatures, options: Options) -> Predictions:
        if isinstance(given, StoredFeatures):
            raise FeatxError("A fine-tuned model takes audio or a manifest, not stored features.")
        if options.encoders:
            raise FeatxError("A fine-tuned model has an encoder of its own: leave out `encoder`.")
        folders = self.asked(options)
        temperatures = self.temperatures(folders) if options.calibrated else {}
        device = find_devices(options.device)[0]
        keep_float32(device)
        utterances = given.manifest.utterances
        failures = self._unusable(utterances, options.max_seconds)
        rows: dict[str, list[Tensor]] = {u.utterance: [] for u in utterances}
        with progress("Predicting", len(folders) * len(utterances), "utterances") as advance:
            for folder in folders:
                tuned = self.first if folder == self.folders[0] else load_tuned(folder)
                tuned.model.to(device)
                for utterance in utterances:
                    if utterance.utterance not in failures:
                        heat = temperatures.get(folder, ())
                        own = rows[utterance.utterance]
                        self._add(tuned, utterance, heat, own, failures)
                    advance(1)
        done = [name for name in rows if name not in failures]
        if not done:
            raise FeatxError(
                f"No utterance can be used; the first: {next(iter(failures.values()))}"
            )
        for reason in failures.values():
            log.warning("%s", reason)
        found = torch.stack([torch.stack(rows[name]).double().mean(0) for name in done]).float()
        return self.answers(done, found, failures)

    def temperatures(self, folders: Sequence[Path]) -> dict[Path, tuple[float, ...]]:
        """Return the temperatures of each model's folder, as `read_temperatures` does.

        Raises:
            FeatxError: if the models have none, or a folder is not named after its seed and fold.
        """
        if self.run is None:
            raise FeatxError("`calibrated`: a single saved model has no temperature; leave it out.")
        members = {}
        for folder in folders:
            member = read_member_name(folder.name)
            if member is None:
                raise FeatxError(
                    f"`calibrated`: {folder} is not named after its seed and fold, as in "
                    "seed0-fold0, so that its temperature is unknown. Name it as it was."
                )
            members[folder] = member
        known = read_temperatures(self.run, members.values(), self.labels)
        return {folder: known[member] for folder, member in members.items()}

    def asked(self, options: Options) -> list[Path]:
        """Return the folders of the models of the seed and fold that are asked for.

        Raises:
            FeatxError: if there is no such model.
        """
        members = [read_member_name(folder.name) for folder in self.folders]
        known = [member for member in members if member is not None]
        if len(known) < len(members):  # a folder of a single model, whose seed nobody knows
            if options.seed is not None or options.fold is not None:
                raise FeatxError("A single saved model has no `seed` or `fold`: leave them out.")
            return list(self.folders)
        options.refuse_absent(known)
        return [f for f, member in zip(self.folders, known, strict=True) if options.takes(*member)]

    def _add(
        self,
        tuned: TunedModel,
        utterance: Utterance,
        heat: Sequence[float],
        rows: list[Tensor],
        failures: dict[str, str],
    ) -> None:
        try:
            waveform = read_audio(utterance.path, utterance.start, utterance.end, utterance.scale)[
                : self._limit
            ]
        except AudioError as error:
            failures[utterance.utterance] = str(error)
            return
        rows.append(self._predictions(tuned, waveform, heat))

    @torch.inference_mode()
    def _predictions(self, tuned: TunedModel, waveform: Waveform, heat: Sequence[float]) -> Tensor:
        """Return what is predicted of an utterance, such as probabilities: (outputs,) float32.

        Args:
            tuned: the model.
            waveform: (samples,) at 16 kHz.
            heat: temperatures that its logits are divided by; none for nothing.
        """
        prepared = torch.from_numpy(prepare_waveform(tuned.extractor, waveform))[None]
        device = next(tuned.model.parameters()).device
        on_gpu = device.type == "cuda"  # a processor lacks products of float16
        rounded = self.precision == "bfloat16" or (self.precision == "float16" and on_gpu)
        dtype = getattr(torch, self.precision) if rounded else None
        with torch.autocast(device.type, dtype, enabled=rounded):
            logits = tuned.model(prepared.to(device), [len(waveform)])["logits"]
        logits = logits.float()
        if heat:
            logits = logits / torch.tensor(heat).to(logits)
        return tuned.outputs.objective.predictions(logits)[0].cpu()

    @property
    def _limit(self) -> int | None:
        """The samples of each utterance's beginning that the models hear; None for all."""
        return None if math.isinf(self.seconds) else max(1, round(self.seconds * SAMPLE_RATE))

    def _unusable(self, utterances: Sequence[Utterance], max_seconds: float) -> dict[str, str]:
        """Return why utterances can't be used, from their headers."""
        shape = self.first.model.shape
        failures = {}
        for utterance in utterances:
            try:
                samples = count_samples(utterance.path, utterance.start, utterance.end)
            except AudioError as error:
                failures[utterance.utterance] = str(error)
                continue
            samples = min(samples, self._limit or samples)
            if not shape.frames(samples):
                failures[utterance.utterance] = (
                    f"{utterance.path}: too short for one frame, {samples} samples at 16 kHz"
                )
            elif samples > max_seconds * SAMPLE_RATE:
                failures[utterance.utterance] = (
                    f"{utterance.path}: {samples / SAMPLE_RATE:.1f} s, more than "
                    f"`max_seconds={max_seconds:g}`"
                )
        return failures


def load_single(folder: Path) -> FinetunedModel:
    """Load a saved fine-tuned model.

    Raises:
        FeatxError: if a file is missing or damaged.
    """
    tuned = load_tuned(folder)
    return FinetunedModel(tuple(tuned.classes), (folder,), tuned, tuned.seconds)


def load_run(folder: Path) -> FinetunedModel:
    """Load the models that a finished fine-tuning kept.

    Raises:
        FeatxError: if none was kept, or a file is missing or damaged.
    """
    config = read_config(folder / CONFIG, FinetuneConfig)
    models = tuple(sorted(path.parent for path in (folder / MODELS).glob(f"*/{SAVED_HEAD}")))
    if not models:
        raise FeatxError(
            f"{folder}: its models were not kept. Fine-tune again with `save='best'` and another "
            "`name`."
        )
    first = load_tuned(models[0])
    return FinetunedModel(
        classes=tuple(first.classes),
        folders=models,
        first=first,
        seconds=config.seconds,
        precision=config.training.precision,
        run=folder,
    )
