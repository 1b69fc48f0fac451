"""ONNX files of `featx.export`: read with care, and applied to audio by onnxruntime."""

import logging
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from pydantic import Json, PositiveFloat, PositiveInt, ValidationError, model_validator
from torch import Tensor

from featx.data.audio import SAMPLE_RATE, AudioError, count_samples, read_audio
from featx.data.manifest import Utterance
from featx.errors import FeatxError
from featx.inference.inputs import Recordings, StoredFeatures
from featx.inference.model import Model, Options
from featx.inference.predictions import Predictions
from featx.runs.class_names import ClassNames
from featx.utils.config import Schema
from featx.utils.progress import progress
from featx.utils.text import first_line

ENDING = ".onnx"
LARGEST = 2 * 10**9  # bytes, about what a single ONNX file can hold
_INPUTS = ["waveform", "samples"]
log = logging.getLogger("featx")


class OnnxFacts(Schema, extra="ignore"):
    """What the metadata of an ONNX file says, each as text.

    Attributes:
        classes: names of the classes, in the order of the probabilities, as JSON; none of numbers.
        dimensions: the columns of numbers that it predicts, as JSON; none of classes.
        sample_rate: samples a second of the audio that it takes.
        shortest: samples that it needs at least.
        seconds: how much of each utterance's beginning it hears; infinite for all.
        several: whether any number of classes may fit, each with a probability of its own.
    """

    classes: Json[ClassNames] | None = None
    dimensions: Json[ClassNames] | None = None
    sample_rate: PositiveInt
    shortest: PositiveInt
    seconds: PositiveFloat
    several: Json[bool] = False

    @model_validator(mode="after")
    def _are_either(self) -> Self:
        if (self.classes is None) == (self.dimensions is None):
            raise ValueError("it has either classes or dimensions")
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """The name of each output."""
        return self.dimensions or self.classes or ()

    @property
    def outputs(self) -> list[str]:
        """What the graph's outputs are called: what is predicted, and what each head gives."""
        return output_names(bool(self.dimensions))


def output_names(numbers: bool) -> list[str]:
    """Return what the outputs of a graph are called, which predicts numbers or else classes."""
    return ["numbers" if numbers else "probabilities", "logits"]


def import_extra(package: str) -> Any:
    """Return a package that comes with the extra `featx[onnx]`.

    Raises:
        FeatxError: if it is not installed.
    """
    # onnxruntime reports each process and model to Microsoft unless this is set before its import
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    try:
        return import_module(package)
    except ImportError as error:
        raise FeatxError(
            f"ONNX files need the package {package}, which is not here ({error}). "
            "Install it with `pip install 'featx[onnx]'`."
        ) from error


@dataclass(frozen=True)
class OnnxModel(Model):
    """An exported model, from `featx.load`, which onnxruntime applies on the processor.

    Attributes:
        path: the file.
        classes: names of the classes, in the order of the probabilities.
        facts: what its metadata says.
        session: onnxruntime's.
    """

    path: Path
    classes: tuple[str, ...]
    facts: OnnxFacts
    session: Any

    @property
    def dimensions(self) -> tuple[str, ...]:
        """The columns of numbers that it predicts; none of classes."""
        return self.facts.dimensions or ()

    @property
    def several(self) -> bool:
        """Whether any number of its classes may fit an utterance."""
        return self.facts.several

    def predictions(self, waveforms: Sequence[np.ndarray]) -> Tensor:
        """Return the probabilities or numbers of a batch, (utterances, outputs) float32.

        Args:
            waveforms: each (samples,) float32 at 16 kHz.
        """
        samples = np.array([len(waveform) for waveform in waveforms], np.int64)
        batch = np.zeros((len(waveforms), samples.max()), np.float32)
        for row, waveform in zip(batch, waveforms, strict=True):
            row[: len(waveform)] = waveform
        fed = dict(zip(_INPUTS, (batch, samples), strict=True))
        try:
            return torch.from_numpy(self.session.run(self.facts.outputs[:1], fed)[0])
        except Exception as error:  # of onnxruntime, whose kinds share no base
            raise FeatxError(
                f"{self.path}: onnxruntime can't run it ({first_line(error)})."
            ) from error

    def _predict(self, given: Recordings | StoredFeatures, options: Options) -> Predictions:
        self._refuse(given, options)
        rows: dict[str, Tensor] = {}
        failures: dict[str, str] = {}
        utterances = given.manifest.utterances  # type: ignore[union-attr]
        with progress("Predicting", len(utterances), "utterances") as advance:
            for utterance in utterances:
                try:
                    waveform = self._read(utterance, options.max_seconds)
                    rows[utterance.utterance] = self.predictions([waveform])[0]
                except AudioError as error:
                    failures[utterance.utterance] = str(error)
                    log.warning("%s", error)
                advance(1)
        if not rows:
            first = next(iter(failures.values()))
            raise FeatxError(f"No utterance can be used; the first: {first}")
        shares = torch.stack(list(rows.values()))
        return self.answers(list(rows), shares, failures)

    def _refuse(self, given: Recordings | StoredFeatures, options: Options) -> None:
        if isinstance(given, StoredFeatures):
            raise FeatxError(f"{self.path}: takes audio or a manifest, not stored features.")
        asked = {
            "encoder": options.encoders, "seed": options.seed is not None,
            "fold": options.fold is not None, "calibrated": options.calibrated,
        }  # fmt: skip
        for name in (name for name, value in asked.items() if value):
            raise FeatxError(
                f"`{name}`: {self.path} has its encoder, models and temperatures inside; leave "
                "the option out, or give it when the run is exported."
            )
        if options.device not in ("auto", "cpu"):
            raise FeatxError(f"`device={options.device!r}`: ONNX files are run on the processor.")

    def _read(self, utterance: Utterance, max_seconds: float) -> np.ndarray:
        place = utterance.path, utterance.start, utterance.end
        samples = count_samples(*place)
        if samples < self.facts.shortest:
            raise AudioError(
                f"{utterance.path}: too short for one frame, {samples} samples at 16 kHz"
            )
        if min(samples / SAMPLE_RATE, self.facts.seconds) > max_seconds:
            raise AudioError(
                f"{utterance.path}: {samples / SAMPLE_RATE:.1f} s, more than "
                f"`max_seconds={max_seconds:g}`"
            )
        waveform: np.ndarray = read_audio(*place, utterance.scale)
        heard = min(len(waveform), self.facts.seconds * SAMPLE_RATE)  # which may be infinite
        return waveform[: max(1, round(heard))]


def load_onnx(path: Path) -> OnnxModel:
    """Read an ONNX file that `featx.export` wrote.

    Raises:
        FeatxError: if the file can't be read, keeps weights in other files, has weights that are
            not finite, or is not such a file.
    """
    onnx, onnxruntime = import_extra("onnx"), import_extra("onnxruntime")
    content = _content(path)
    try:
        model = onnx.load_from_string(content)
    except Exception as error:  # of protobuf
        raise FeatxError(f"{path}: not an ONNX file ({first_line(error)}).") from error
    for tensor in _tensors(model, onnx):
        _check(tensor, path, onnx)
    try:
        facts = OnnxFacts(**{entry.key: entry.value for entry in model.metadata_props})
        session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    except ValidationError as error:
        keys = ", ".join(str((*detail["loc"], "classes")[0]) for detail in error.errors())
        raise FeatxError(
            f"{path}: no file of `featx.export`: its metadata lack or misstate {keys}."
        ) from error
    except Exception as error:  # of onnxruntime
        raise FeatxError(f"{path}: onnxruntime can't load it ({first_line(error)}).") from error
    _check_form(session, facts, path)
    return OnnxModel(path, facts.classes or (), facts, session)


def _check_form(session: Any, facts: OnnxFacts, path: Path) -> None:
    """Raise a FeatxError if a file's inputs and outputs are not those of `featx.export`."""
    given = [[i.name for i in session.get_inputs()], [o.name for o in session.get_outputs()]]
    if given != [_INPUTS, facts.outputs]:
        raise FeatxError(
            f"{path}: no file of `featx.export`: it has inputs {', '.join(given[0])} and outputs "
            f"{', '.join(given[1])}."
        )
    width = (session.get_outputs()[0].shape or [None])[-1]  # a scalar has no dimensions
    if width != len(facts.names):
        raise FeatxError(
            f"{path}: no file of `featx.export`: it gives {facts.outputs[0]} of {width or 'no'} "
            f"{'dimensions' if facts.dimensions else 'classes'}, and names {len(facts.names)}."
        )
    if facts.sample_rate != SAMPLE_RATE:
        raise FeatxError(f"{path}: takes audio of {facts.sample_rate} Hz, featx {SAMPLE_RATE} Hz.")


def _content(path: Path) -> bytes:
    """Return the bytes of a file, unless there are too many to be a single ONNX file."""
    try:
        if path.stat().st_size > LARGEST:
            raise FeatxError(f"{path}: larger than the 2 GB that a single ONNX file can hold.")
        return path.read_bytes()
    except OSError as error:
        raise FeatxError(f"{path}: can't be read ({error.strerror}).") from error


def _tensors(model: Any, onnx: Any) -> Iterator[Any]:
    """Yield every tensor of a model, wherever it is in the graph."""
    waiting = [model]
    while waiting:
        for _, value in waiting.pop().ListFields():
            for part in value if isinstance(value, Sequence) or hasattr(value, "add") else [value]:
                if isinstance(part, onnx.TensorProto):
                    yield part
                elif hasattr(part, "ListFields"):
                    waiting.append(part)


def _check(tensor: Any, path: Path, onnx: Any) -> None:
    """Raise a FeatxError if a tensor is not in the file, or holds what is no weight."""
    if tensor.external_data or tensor.data_location == onnx.TensorProto.EXTERNAL:
        places = {entry.key: entry.value for entry in tensor.external_data}
        raise FeatxError(
            f"{path}: keeps {tensor.name!r} in another file, {places.get('location', '')!r}, "
            "which featx does not open: what `featx.export` writes is a single file."
        )
    kinds = onnx.TensorProto
    if tensor.data_type not in (kinds.FLOAT, kinds.FLOAT16, kinds.BFLOAT16, kinds.DOUBLE):
        return
    try:
        finite = np.isfinite(onnx.numpy_helper.to_array(tensor)).all()
    except Exception as error:  # numpy's, or onnx's own: its size is not what it says
        raise FeatxError(f"{path}: {tensor.name!r} is damaged ({first_line(error)}).") from error
    if not finite and tensor.dims:
        raise FeatxError(f"{path}: {tensor.name!r} holds values that are not finite.")
