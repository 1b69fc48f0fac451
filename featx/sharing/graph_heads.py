"""Heads as a graph takes them: several at once, on padded frames."""

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from classifiers.dense import DenseHead
from classifiers.linear import LinearHead
from classifiers.lstm import LstmHead
from classifiers.pooled import PooledClassifier
from classifiers.pooling import LEAST_VARIANCE
from featx.errors import FeatxError
from featx.fitting.heads.model import FittedHead
from featx.sharing.graph_encoders import Frames


def weighed_layers(members: Sequence[FittedHead], layers: int, dim: int) -> list[int]:
    """Return the places of the layers that a head of several weighs above zero.

    Args:
        members: the heads.
        layers: how many layers they take.
        dim: features a frame.
    """
    used = torch.zeros(layers, dtype=torch.bool)
    for member in members:
        head: Any = member.head
        if isinstance(head, LinearHead):
            used |= (head.output.weight.view(-1, layers, dim) != 0).any(-1).any(0)
        else:
            used |= head.layer_averages[0].weights > 0
    return torch.nonzero(used)[:, 0].tolist()


def heads_graph(members: Sequence[FittedHead], chosen: Sequence[int], dim: int) -> nn.Module:
    """Return what gives the logits of heads, (utterances, heads, classes), from layers.

    Args:
        members: the heads, all of a kind.
        chosen: the places of the layers that are given.
        dim: features a frame.

    Raises:
        FeatxError: if heads of this kind can't be exported.
    """
    kind = type(members[0].head)
    if kind is LinearHead:
        return LinearHeads(members, chosen, dim)
    graph = {DenseHead: DenseGraph, LstmHead: LstmGraph}.get(kind)
    if graph is None:
        raise FeatxError(
            "Only linear, svm, dense and lstm heads can be exported, not this run's "
            f"{kind.__name__.removesuffix('Head').lower()} head."
        )
    return Stacked([graph(member, chosen) for member in members])


class Stacked(nn.Module):
    """Several heads side by side.

    Args:
        heads: each maps layers and `Frames` to (utterances, classes).
    """

    def __init__(self, heads: Sequence[nn.Module]) -> None:
        super().__init__()
        self.heads = nn.ModuleList(heads)

    def forward(self, layers: Sequence[Tensor], frames: Frames) -> Tensor:
        """Return logits, (utterances, heads, classes)."""
        return torch.stack([head(layers, frames) for head in self.heads], 1)


class LinearHeads(nn.Module):
    """All linear heads as one matrix on the mean, and the deviation, of every layer and feature.

    What the features are standardised by is part of the matrix.

    Args:
        members: the heads.
        chosen: the places of the layers that are given.
        dim: features a frame.
    """

    weight: Tensor
    bias: Tensor

    def __init__(self, members: Sequence[FittedHead], chosen: Sequence[int], dim: int) -> None:
        super().__init__()
        first: Any = members[0].head
        self.deviation, self.classes = first.pooling == "mean+deviation", first.output.out_features
        folded = [_folded(member, chosen, dim) for member in members]
        self.register_buffer("weight", torch.cat([weight for weight, _ in folded]).T.contiguous())
        self.register_buffer("bias", torch.cat([bias for _, bias in folded]))

    def forward(self, layers: Sequence[Tensor], frames: Frames) -> Tensor:
        """Return logits, (utterances, heads, classes)."""
        moments = [pool_moments(layer, frames.real) for layer in layers]
        pooled = [mean for mean, _ in moments]
        if self.deviation:
            pooled += [variance.clamp(min=0.0).sqrt() for _, variance in moments]
        logits = torch.cat(pooled, 1) @ self.weight + self.bias
        by_head: Tensor = logits.unflatten(1, (-1, self.classes))
        return by_head


def _folded(member: FittedHead, chosen: Sequence[int], dim: int) -> tuple[Tensor, Tensor]:
    """Return a linear head's weights and bias for features as they are, not standardised."""
    head: Any = member.head
    output = head.output
    statistics = member.statistics[0]
    layers = output.weight.shape[1] // (dim * len(head.pooling.split("+")))
    weight = output.weight.double().view(len(output.weight), -1, layers, dim)
    bias = output.bias.double()
    if statistics is not None:
        weight = weight / statistics.deviation[0].double()
        bias = bias - (weight[:, 0] * statistics.mean[0].double()).sum((1, 2))
    return weight[:, :, list(chosen)].flatten(1).float(), bias.float()


class _Average(nn.Module):
    """The learned average of standardised layers, then of neighbouring frames."""

    mean: Tensor
    scale: Tensor

    def __init__(self, member: FittedHead, chosen: Sequence[int]) -> None:
        super().__init__()
        head: Any = member.head
        weights = head.layer_averages[0].weights[list(chosen)].detach()[:, None]
        statistics = member.statistics[0]
        if statistics is None:
            mean, scale = torch.zeros(len(chosen), 1), weights
        else:
            mean = statistics.mean[0][list(chosen)]
            scale = weights / statistics.deviation[0][list(chosen)]
        self.register_buffer("mean", mean)
        self.register_buffer("scale", scale)

    def forward(self, layers: Sequence[Tensor]) -> Tensor:
        """Return (utterances, frames, dim)."""
        parts = [(layer - self.mean[n]) * self.scale[n] for n, layer in enumerate(layers)]
        return torch.stack(parts).sum(0)


class DenseGraph(nn.Module):
    """A dense head.

    Args:
        member: the head.
        chosen: the places of the layers that are given.
    """

    def __init__(self, member: FittedHead, chosen: Sequence[int]) -> None:
        super().__init__()
        head: Any = member.head
        self.average, self.dense, self.output = _Average(member, chosen), head.dense, head.output
        self.pooling, self.skip = head.pooling, head.skip
        self.attention = head.attention if self.pooling == "attentive" else None

    def forward(self, layers: Sequence[Tensor], frames: Frames) -> Tensor:
        """Return logits, (utterances, classes)."""
        averaged = self.average(layers)
        hidden = averaged
        for layer in self.dense:
            hidden = layer(hidden).relu()
        shares = self._shares(hidden, frames.real)
        pooled = [self._pool(hidden, shares)]
        if self.skip:
            pooled.append(self._pool(averaged, shares))
        logits: Tensor = self.output(torch.cat(pooled, 1))
        return logits

    def _shares(self, hidden: Tensor, real: Tensor) -> Tensor:
        """Return how much each frame counts, (utterances, 1, frames)."""
        if self.attention is None:
            return (real / real.sum(1, keepdim=True))[:, None]
        scores = self.attention.score(self.attention.hidden(hidden).tanh())[..., 0]
        shares: Tensor = scores.masked_fill(~real, -torch.inf).softmax(1)[:, None]
        return shares

    def _pool(self, hidden: Tensor, shares: Tensor) -> Tensor:
        mean = shares @ hidden
        if self.pooling == "mean":
            return mean[:, 0]
        variance = shares @ (hidden - mean).square()
        moments = torch.cat([mean, (variance + LEAST_VARIANCE).sqrt()], 2)
        return moments[:, 0]


class LstmGraph(nn.Module):
    """An LSTM head.

    Args:
        member: the head.
        chosen: the places of the layers that are given.
    """

    def __init__(self, member: FittedHead, chosen: Sequence[int]) -> None:
        super().__init__()
        head: Any = member.head
        self.average, self.dense = _Average(member, chosen), head.dense
        self.lstm, self.output = head.lstm, head.output

    def forward(self, layers: Sequence[Tensor], frames: Frames) -> Tensor:
        """Return logits, (utterances, classes)."""
        # it runs forwards, so the padding behind an utterance does not reach its frames
        states, _ = self.lstm(self.dense(self.average(layers)).relu())
        mean, _ = pool_moments(states, frames.real)
        logits: Tensor = self.output(mean)
        return logits


class PooledGraph(nn.Module):
    """The classifier of a fine-tuned model's last layer, or of its average of all.

    Args:
        classifier: how the frames become classes.
    """

    def __init__(self, classifier: PooledClassifier) -> None:
        super().__init__()
        self.pooling = classifier.settings.pooling
        self.hidden, self.output = classifier.hidden, classifier.output
        averages = classifier.settings.average is not None
        self.weights = classifier.average.weights.tolist() if averages else None

    def forward(self, layers: Sequence[Tensor], frames: Frames) -> Tensor:
        """Return logits, (utterances, heads, classes), of a single head."""
        hidden, real = layers[-1], frames.real[..., None]
        if self.weights is not None:
            weighed = zip(self.weights, layers, strict=True)
            hidden = torch.stack([weight * layer for weight, layer in weighed]).sum(0)
        if self.pooling == "max":
            pooled = hidden.masked_fill(~real, -torch.inf).amax(1)
        else:
            pooled = hidden.masked_fill(~real, 0.0).sum(1)
            if self.pooling == "mean":
                pooled = pooled / frames.counts[:, None]
        logits: Tensor = self.output(self.hidden(pooled))
        return logits[:, None]


def average_frames(
    layers: Sequence[Tensor], frames: Frames, count: int
) -> tuple[list[Tensor], Frames]:
    """Average neighbouring frames, the last of an utterance maybe fewer.

    Args:
        layers: each (utterances, frames, dim).
        frames: which are real.
        count: how many make an average.
    """
    groups = (frames.longest + count - 1) // count
    spare = groups * count - frames.longest
    real = F.pad(frames.real.float(), (0, spare)).unflatten(1, (-1, count))[..., None]
    sizes = real.sum(2).clamp(min=1.0)
    averaged = [
        (F.pad(layer, (0, 0, 0, spare)).unflatten(1, (-1, count)) * real).sum(2) / sizes
        for layer in layers
    ]
    return averaged, Frames((frames.counts + count - 1) // count, groups)


def pool_moments(values: Tensor, real: Tensor) -> tuple[Tensor, Tensor]:
    """Return mean and variance over the real frames of (utterances, frames, dim)."""
    shares = (real / real.sum(1, keepdim=True))[:, None]
    mean = shares @ values
    variance = shares @ (values - mean).square()
    return mean[:, 0], variance[:, 0]
