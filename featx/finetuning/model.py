"""An encoder with a classifier on it, trainable in full, in part, or by adapters."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from classifiers.pooled import PooledClassifier, PooledSettings
from featx.features.encoders.checkpoints.loading import load_model
from featx.features.encoders.preprocessing import load_extractor
from featx.features.encoders.shape import EncoderShape, read_shape
from featx.finetuning.adapting.adapters import adapt, adapters_of
from featx.finetuning.adapting.settings import Adapters
from featx.finetuning.choices import ADAPTING, Mode
from featx.finetuning.encoding.family import encoding_of


class EmotionModel(nn.Module):
    """An encoder of any family with a head on its pooled frames.

    In a padded batch each utterance gets the logits that it gets alone. Layers are not dropped
    at random (LayerDrop), and a frozen encoder has no dropout either: it gives what `featx
    extract` stores, up to rounding. Time masking (SpecAugment) is left to the checkpoint's config.

    Args:
        encoder: transformers' model; of Whisper, the encoder alone.
        extractor: its preprocessing.
        shape: its layers and frames.
        head: the classifier of the frames of the last layer, or of an average of all.
        mode: which weights train; with "lora" and "adapter" the encoder has adapters, and of it
            these alone.

    Attributes:
        loss: takes outputs and targets of a batch, and returns what training minimises; the mean
            cross-entropy of classes unless it is replaced.
    """

    loss: Callable[[Tensor, Tensor], Tensor]

    def __init__(
        self,
        encoder: Any,
        extractor: Any,
        shape: EncoderShape,
        head: PooledClassifier,
        mode: Mode,
    ) -> None:
        super().__init__()
        self.encoder, self.shape, self.head, self.mode = encoder, shape, head, mode
        self.loss = cross_entropy
        self._encoding = encoding_of(encoder, extractor, shape)
        self._encoding.choose_weights(mode)
        for weight in adapters_of(encoder).values():
            weight.requires_grad_(True)

    @property
    def layer_weights(self) -> Tensor:
        """The weights of the head's average of all layers, (layers,)."""
        return self.head.average.weights.detach().cpu()

    def train(self, mode: bool = True) -> "EmotionModel":
        """Switch dropout on or off; a frozen encoder stays in evaluation mode.

        So do batch norms where only adapters train, as their statistics are none of these.
        """
        super().train(mode)
        if self.mode == "frozen":
            self.encoder.eval()
        if self.mode in ADAPTING:
            for module in self.encoder.modules():
                if isinstance(module, nn.BatchNorm1d):
                    module.eval()
        return self

    def forward(
        self, waveforms: Tensor, samples: Sequence[int], labels: Tensor | None = None
    ) -> dict[str, Tensor]:
        """Return `logits`, (utterances, outputs), and with labels `loss`.

        Of a regression, the logits are the numbers that it predicts.

        Args:
            waveforms: (utterances, samples) float32, zero after the end of each utterance.
            samples: how many each utterance has.
            labels: what the loss takes, such as (utterances,) class indices.
        """
        frames = [self.shape.frames(count) for count in samples]
        with torch.set_grad_enabled(torch.is_grad_enabled() and self.mode != "frozen"):
            averages = self.head.settings.average is not None
            layers = self._encoding(waveforms, samples, frames, averages)
        with torch.autocast(layers[0].device.type, enabled=False):  # sums outgrow float16
            logits: Tensor = self.head([layer.float() for layer in layers], torch.tensor(frames))
        loss = {} if labels is None else {"loss": self.loss(logits, labels)}
        return {**loss, "logits": logits}


def build_model(
    folder: Path,
    settings: PooledSettings,
    outputs: int,
    mode: Mode,
    checkpointing: bool = False,
    adapters: Adapters | None = None,
) -> EmotionModel:
    """Put a new classifier on a checkpoint's encoder, and adapters into it if they are to train.

    Their initial weights come from torch's global generator.

    Args:
        folder: the checkpoint's.
        settings: how the classifier is built.
        outputs: how many outputs the head has, such as a logit for each class.
        mode: which weights train.
        checkpointing: keep few activations and compute the others again for the gradients.
        adapters: those of the mode; None if it has none.

    Raises:
        FeatxError: if the checkpoint can't be loaded, or can't have these adapters.
    """
    encoder: Any = load_model(folder)
    if checkpointing:
        encoder.activation_checkpointing_enable({"use_reentrant": False})
    extractor = load_extractor(folder)
    return assemble(encoder, extractor, read_shape(folder), settings, outputs, mode, adapters)


def assemble(
    encoder: Any,
    extractor: Any,
    shape: EncoderShape,
    settings: PooledSettings,
    outputs: int,
    mode: Mode,
    adapters: Adapters | None = None,
) -> EmotionModel:
    """Put a new classifier on an encoder; arguments as for `build_model` and `EmotionModel`."""
    head = PooledClassifier(settings, shape.dim, outputs, len(shape.layers))
    if adapters is not None:
        adapt(encoder, adapters)
    return EmotionModel(encoder, extractor, shape, head, mode)
