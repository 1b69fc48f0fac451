"""A frozen self-supervised speech model: a waveform in, every layer's features out."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from torch import Tensor, nn
from transformers import AutoFeatureExtractor, AutoModel, PretrainedConfig, PreTrainedModel
from transformers.utils import logging as transformers_logging

from featx.audio import SAMPLE_RATE
from featx.encoder_shape import read_shape
from featx.errors import FeatxError
from featx.registry import Checkpoint


class Encoder:
    """An encoder with its weights, in evaluation mode.

    Args:
        checkpoint: where its files are.

    Raises:
        FeatxError: if it is of an unknown family, lacks weights, or expects another sample rate.

    Attributes:
        shape: layers, dim and frame counts.
        digest: SHA-256 over the names and values of all weights.
        settings_digest: SHA-256 over what else decides the features: config and preprocessing.
    """

    def __init__(self, checkpoint: Checkpoint) -> None:
        self.shape = read_shape(checkpoint.folder)
        self._model: Any = _load_model(checkpoint.folder)
        self._extractor = _load_extractor(checkpoint.folder)
        if self._extractor.sampling_rate != SAMPLE_RATE:
            raise FeatxError(
                f"{checkpoint.folder}: expects {self._extractor.sampling_rate} Hz audio, "
                f"featx works at {SAMPLE_RATE} Hz."
            )
        self.digest = _digest(self._model)
        self.settings_digest = _digest_settings(self._model.config, self._extractor)

    @torch.inference_mode()
    def encode(self, waveform: np.ndarray) -> np.ndarray:
        """Return the features of one utterance.

        Layer 0 is the local encoder (Pepino et al. 2021): the convolutions' output after the
        feature projection, before the positional convolution. Layers 1 to N-1 are the outputs
        of the transformer blocks, layer N the encoder's output after its final layer norm.

        Args:
            waveform: (samples,) float32 at 16 kHz, long enough for one frame.

        Returns:
            (layers, frames, dim) float32.
        """
        inputs = self._extractor(waveform, sampling_rate=SAMPLE_RATE, return_tensors="pt")
        local = self._model.feature_extractor(inputs.input_values).transpose(1, 2)
        projected = _tensor(self._model.feature_projection(local))
        with _block_outputs(self._model.encoder.layers) as outputs:
            last = self._model.encoder(projected).last_hidden_state
        # transformers leaves the last block's output before the final layer norm: take the result
        return torch.cat([projected, *outputs[:-1], last]).numpy()


@contextmanager
def _block_outputs(blocks: nn.ModuleList) -> Iterator[list[Tensor]]:
    """Collect what each transformer block returns."""
    outputs: list[Tensor] = []
    hooks = [
        block.register_forward_hook(lambda _block, _inputs, output: outputs.append(_tensor(output)))
        for block in blocks
    ]
    try:
        yield outputs
    finally:
        for hook in hooks:
            hook.remove()


def _tensor(output: Any) -> Tensor:
    """Return the hidden states, which some families return with other things."""
    return output if isinstance(output, Tensor) else output[0]


def _load_model(folder: Path) -> PreTrainedModel:
    transformers_logging.set_verbosity_error()  # problems are reported below, in our words
    transformers_logging.disable_progress_bar()
    try:
        model, report = AutoModel.from_pretrained(
            folder, local_files_only=True, dtype=torch.float32, output_loading_info=True
        )
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        raise FeatxError(f"{folder}: its weights can't be loaded ({error}).") from error
    # the mask embedding serves only training, and fine-tuned checkpoints may lack it
    missing = sorted(key for key in report["missing_keys"] if "masked_spec_embed" not in key)
    if missing:
        raise FeatxError(
            f"{folder}: {len(missing)} weights are missing, among them {missing[0]}; "
            "they would be random. The checkpoint is of another architecture or incomplete."
        )
    frozen: PreTrainedModel = model.eval().requires_grad_(False)
    return frozen


def _load_extractor(folder: Path) -> Any:
    path = folder / "preprocessor_config.json"
    try:
        settings = json.loads(path.read_text("utf-8"))
        extractor = AutoFeatureExtractor.from_pretrained(folder, local_files_only=True)
    except Exception as error:  # whatever its validation raises, the file is at fault
        raise FeatxError(f"{path}: can't be used ({error}).") from error
    if "do_normalize" not in settings:
        raise FeatxError(
            f"{path}: lacks do_normalize, which says whether waveforms are normalised. "
            "Take the file of the original checkpoint, or add true or false."
        )
    return extractor


def _digest_settings(config: PretrainedConfig, extractor: Any) -> str:
    settings = [config.to_dict(), extractor.to_dict()]
    for table in settings:
        for key in ("transformers_version", "_name_or_path", "dtype", "architectures"):
            table.pop(key, None)  # tell where the files are from, not what they compute
    return hashlib.sha256(json.dumps(settings, sort_keys=True, default=str).encode()).hexdigest()


def _digest(model: nn.Module) -> str:
    digest = hashlib.sha256()
    for name, weight in sorted(model.state_dict().items()):
        digest.update(f"{name} {tuple(weight.shape)}".encode())
        digest.update(memoryview(weight.contiguous().numpy()).cast("B"))
    return digest.hexdigest()
