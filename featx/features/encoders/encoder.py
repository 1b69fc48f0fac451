"""A frozen self-supervised speech model: waveforms in, every layer's features out."""

import copy
from collections.abc import Sequence

import numpy as np
import torch

from classifiers.cores import on_one_core
from featx.features.choices import NormalizeWaveform, Window
from featx.features.encoders.checkpoints.find import Checkpoint
from featx.features.encoders.checkpoints.loading import digest_settings, digest_weights, load_frozen
from featx.features.encoders.devices import keep_float32, lacks_float16
from featx.features.encoders.families import family_of, prepare_waveform
from featx.features.encoders.kernel_caches import bound_caches
from featx.features.encoders.preprocessing import load_preprocessing
from featx.features.encoders.shape import read_shape
from featx.features.encoders.transfer import Transfer

CPU = torch.device("cpu")


class Encoder:
    """An encoder with its weights, in evaluation mode.

    Args:
        checkpoint: where its files are.
        layers: those to return, ascending; all by default. Blocks above the last are dropped.
        window: what a Whisper sees at once.
        normalize_waveform: whether waveforms are normalised; by default the checkpoint decides.

    Raises:
        FeatxError: if it is of an unknown family, lacks weights, expects another sample rate, or
            is asked for short windows and has none.

    Attributes:
        shape: layers, dim and frame counts.
        layers: the layers it returns.
        precision: "float32", "bfloat16" or "float16".
        device: where it computes.
        network: what computes the layers.
        digest: SHA-256 over the names and values of all weights.
        settings_digest: SHA-256 over what else decides the features: config and preprocessing.
    """

    def __init__(
        self,
        checkpoint: Checkpoint,
        layers: Sequence[int] | None = None,
        window: Window = "30",
        normalize_waveform: NormalizeWaveform | None = None,
    ) -> None:
        bound_caches()
        self.shape = read_shape(checkpoint.folder).seen_in(window, checkpoint.name)
        self.layers = tuple(self.shape.layers if layers is None else layers)
        self.precision, self.device = "float32", CPU
        model = load_frozen(checkpoint.folder)
        preprocessing = load_preprocessing(checkpoint.folder, normalize_waveform)
        preprocessing.report()
        self._extractor = preprocessing.extractor
        self.digest = digest_weights(model)
        self.settings_digest = digest_settings(model.config, self._extractor)
        network = family_of(model.config).network
        with on_one_core():  # which computes weights from others, such as those of a weight norm
            self.network = network(model, self._extractor, self.layers[-1], self.shape.short)
        self._transfer = Transfer(CPU)

    def on(self, device: torch.device, precision: str) -> "Encoder":
        """Return a copy of this encoder on a device, computing in a precision.

        On a processor without products of float16 the weights are rounded to it and computed with
        in float32, which rounds less than float16 does.

        Args:
            device: a processor or a GPU.
            precision: "float32", "bfloat16" or "float16".

        Raises:
            ValueError: if this encoder's own weights are not in float32 any more.
        """
        if (device, precision) == (self.device, self.precision):
            return self
        if self.precision != "float32":
            raise ValueError(f"its weights were rounded to {self.precision}")
        keep_float32(device)
        other = copy.copy(self)
        other.device, other.precision = device, precision
        with on_one_core():
            network = copy.deepcopy(self.network).prepare(device, getattr(torch, precision))
            if precision == "float16" and lacks_float16(device):
                network = network.prepare(device, torch.float32)
        other.network = network
        other._transfer = Transfer(device)
        return other

    @torch.inference_mode()
    def encode(self, waveforms: Sequence[np.ndarray], dtype: str = "float32") -> list[np.ndarray]:
        """Return the features of utterances, each as if it were alone.

        `Network.forward` and `WhisperNetwork.forward` say what the layers are.

        Args:
            waveforms: each (samples,) float32 at 16 kHz, long enough for one frame.
            dtype: of the features, "float16" or "float32".

        Returns:
            For each utterance (layers, frames, dim); its layers' memory is contiguous.
        """
        prepared = [
            torch.from_numpy(prepare_waveform(self._extractor, waveform)) for waveform in waveforms
        ]
        samples = [len(waveform) for waveform in prepared]
        frames = [self.shape.frames(count) for count in samples]
        batch = torch.nn.utils.rnn.pad_sequence(prepared, batch_first=True)
        places = self.network.places(frames)
        rows, of_a_row = places[-1].row + 1, max(place.frames.stop for place in places)
        shape = len(self.layers), rows, of_a_row, self.shape.dim
        features = torch.empty(shape, dtype=getattr(torch, dtype), device=self.device)
        wanted = iter(features)
        hiddens = self.network(self._transfer.to_device(batch), samples, frames)
        for layer, hidden in enumerate(hiddens):
            if layer in self.layers:
                next(wanted).copy_(hidden[:, :of_a_row])  # it may be padded further
        host = self._transfer.to_host(features)
        return [host[:, row, own] for row, own in places]
