"""An encoder with a classifier on it, trainable in full, in part, or the classifier alone.

Padding changes nothing here, nor in `featx.features.encoders`, which does the same by other means.
There speed counts: `Network` computes transformers' layers anew, without gradients, and only where
there is audio. Here gradients count: transformers' own layers run on whole batches, and `Padding`
sees to what their attention mask leaves out. A frozen encoder gives the same frames in both, up to
rounding.
"""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from classifiers.pooled import PooledClassifier, PooledSettings
from featx.errors import FeatxError
from featx.features.encoders.checkpoints import WHISPER
from featx.features.encoders.loading import load_model
from featx.features.encoders.shape import EncoderShape, read_model_config, read_shape
from featx.finetuning.choices import Mode


class EmotionModel(nn.Module):
    """An encoder of any family whose last layer is pooled and classified.

    In a padded batch each utterance gets the logits that it gets alone. Layers are not dropped
    at random (LayerDrop), and a frozen encoder has no dropout either: it gives what `featx
    extract` stores. Time masking (SpecAugment) is left to the checkpoint's config.

    Args:
        encoder: transformers' model.
        shape: its layers and frames.
        head: the classifier of the last layer's frames.
        mode: which weights train.
    """

    def __init__(
        self, encoder: Any, shape: EncoderShape, head: PooledClassifier, mode: Mode
    ) -> None:
        super().__init__()
        self.encoder, self.shape, self.head, self.mode = encoder, shape, head, mode
        self._padding = Padding(encoder)
        encoder.config.layerdrop = 0.0
        encoder.adapter = None  # would merge frames after the last layer
        encoder.requires_grad_(mode != "frozen")
        encoder.feature_extractor.requires_grad_(mode == "full")
        # transformers would compute the gradient of the waveforms, which nobody needs
        encoder.feature_extractor._requires_grad = False

    def train(self, mode: bool = True) -> "EmotionModel":
        """Switch dropout on or off; a frozen encoder stays in evaluation mode."""
        super().train(mode)
        if self.mode == "frozen":
            self.encoder.eval()
        return self

    def forward(
        self, waveforms: Tensor, samples: Sequence[int], labels: Tensor | None = None
    ) -> dict[str, Tensor]:
        """Return `logits` (utterances, classes) and, with labels, their mean cross-entropy `loss`.

        Args:
            waveforms: (utterances, samples) float32, zero after the end of each utterance.
            samples: how many each utterance has.
            labels: (utterances,) class indices.
        """
        hidden, lengths = self._encode(waveforms, samples)
        real = torch.arange(hidden.shape[1], device=hidden.device) < lengths[:, None]
        with torch.autocast(hidden.device.type, enabled=False):  # sums outgrow float16
            logits: Tensor = self.head(hidden[real].float(), lengths.cpu())
        loss = {} if labels is None else {"loss": cross_entropy(logits, labels)}
        return {**loss, "logits": logits}

    def _encode(self, waveforms: Tensor, samples: Sequence[int]) -> tuple[Tensor, Tensor]:
        """Return the last layer (utterances, longest, dim) and the utterances' frame counts."""
        frames = [self.shape.frames(count) for count in samples]
        lengths = torch.tensor(frames, device=waveforms.device)
        self._padding.expect(samples, lengths)
        options: dict[str, Tensor] = {}
        if len(set(samples)) > 1:
            ends = torch.tensor(samples, device=waveforms.device)[:, None]
            options["attention_mask"] = torch.arange(max(samples), device=waveforms.device) < ends
        config = self.encoder.config
        masks = getattr(config, "apply_spec_augment", True) and config.mask_time_prob > 0
        too_short = max(frames) <= config.mask_time_length
        if masks and too_short and self.encoder.training:
            none = torch.zeros(len(frames), max(frames), dtype=torch.bool, device=waveforms.device)
            options["mask_time_indices"] = none
        with torch.set_grad_enabled(torch.is_grad_enabled() and self.mode != "frozen"):
            hidden: Tensor = self.encoder(waveforms, **options).last_hidden_state
        return hidden, lengths


def build_model(
    folder: Path, settings: PooledSettings, classes: int, mode: Mode, checkpointing: bool = False
) -> EmotionModel:
    """Put a new classifier on a checkpoint's encoder.

    The classifier's initial weights come from torch's global generator.

    Args:
        folder: the checkpoint's.
        settings: how the classifier is built.
        classes: how many classes there are.
        mode: which weights train.
        checkpointing: keep few activations and compute the others again for the gradients.

    Raises:
        FeatxError: if the checkpoint can't be loaded.
    """
    shape = read_shape(folder)
    encoder: Any = load_model(folder)
    if checkpointing:
        encoder.activation_checkpointing_enable({"use_reentrant": False})
    return EmotionModel(encoder, shape, PooledClassifier(settings, shape.dim, classes), mode)


def check_family(folder: Path) -> None:
    """Refuse a checkpoint of a family that can't be fine-tuned.

    Args:
        folder: the checkpoint's.

    Raises:
        FeatxError: if it is a Whisper, or its config can't be read.
    """
    if read_model_config(folder).model_type == WHISPER:
        raise FeatxError(
            f"{folder}: a Whisper, which featx does not fine-tune. Extract its features and fit "
            "heads on them, or choose an encoder of another family; `featx models` lists them."
        )


class Padding:
    """What an encoder must know of a batch so that padding changes nothing.

    An attention mask alone is not enough: a group norm's statistics would run over the padding,
    and a positional convolution sees what the layer before it wrote there. `Network` in
    `featx.features.encoders.network` is its counterpart for features, which needs no gradients.

    Args:
        encoder: transformers' model; its first norm is replaced, its weights are kept.
    """

    def __init__(self, encoder: Any) -> None:
        first = encoder.feature_extractor.conv_layers[0]
        self._kernel, self._stride = first.conv.kernel_size[0], first.conv.stride[0]
        if isinstance(getattr(first, "layer_norm", None), nn.GroupNorm):
            first.layer_norm = OwnGroupNorm(first.layer_norm, self)
        for module in encoder.encoder.pos_conv_embed.modules():
            if isinstance(module, nn.Conv1d):
                module.register_forward_pre_hook(self._clear)
        for module in encoder.modules():
            if hasattr(module, "torch_multi_head_self_attention"):
                _join_masks(module)
        self.steps: Sequence[int] = ()
        self._after: Tensor | None = None

    def expect(self, samples: Sequence[int], frames: Tensor) -> None:
        """Announce the next batch.

        Args:
            samples: how many each utterance has.
            frames: how many each utterance has, on the encoder's device.
        """
        self.steps = [(count - self._kernel) // self._stride + 1 for count in samples]
        self._after = None
        if len(set(samples)) > 1:
            places = torch.arange(int(frames.max()), device=frames.device)
            self._after = (places >= frames[:, None])[:, None]

    def _clear(self, module: nn.Module, inputs: tuple[Tensor]) -> tuple[Tensor]:
        """Set what is after the end of each utterance, in (utterances, dim, frames), to zero."""
        (hidden,) = inputs
        return (hidden if self._after is None else hidden.masked_fill(self._after, 0),)


def _join_masks(attention: Any) -> None:
    """Put the padding of WavLM's attention into its position bias.

    Given apart, torch warns at every step that the two masks are of different types.
    """
    attend = attention.torch_multi_head_self_attention

    def attend_with_one_mask(
        hidden: Tensor, attention_mask: Tensor | None, bias: Tensor
    ) -> tuple[Tensor, Tensor]:
        if attention_mask is not None:
            padded = attention_mask.ne(1).repeat_interleave(attention.num_heads, 0)
            bias = bias.masked_fill(padded[:, None], -math.inf)
        attended: tuple[Tensor, Tensor] = attend(hidden, None, bias)
        return attended

    attention.torch_multi_head_self_attention = attend_with_one_mask


class OwnGroupNorm(nn.GroupNorm):
    """A group norm whose statistics are each utterance's own, without padding.

    Args:
        norm: the group norm whose weights it takes over.
        padding: knows how long each utterance is.
    """

    def __init__(self, norm: nn.GroupNorm, padding: Padding) -> None:
        super().__init__(norm.num_groups, norm.num_channels, norm.eps, affine=False)
        self.weight, self.bias = norm.weight, norm.bias
        self._padding = padding

    def forward(self, hidden: Tensor) -> Tensor:
        """Normalise (utterances, channels, steps); what is after an utterance's end becomes 0."""
        steps = self._padding.steps
        if len(set(steps)) == 1:
            return super().forward(hidden)
        longest, normalised = hidden.shape[2], []
        for row, count in enumerate(steps):
            alone = super().forward(hidden[row : row + 1, :, :count])
            normalised.append(F.pad(alone, (0, longest - count)))
        return torch.cat(normalised)
