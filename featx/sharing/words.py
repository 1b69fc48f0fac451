"""Heads, layers and divisions in words, for people who did not train them."""

from collections.abc import Sequence

from classifiers.dense import DenseSettings
from classifiers.fusion import FusionSettings
from classifiers.heads import HeadSettings
from classifiers.linear import LinearSettings
from classifiers.lstm import LstmSettings
from featx.fitting.choices import Normalize
from featx.fitting.heads.model import FittedHeads

_POOLED = {
    "mean": "the mean over time",
    "mean+deviation": "mean and deviation over time",
    "attentive": "mean and deviation over time, weighed by attention",
}
_LINEAR = {"linear": "logistic regression", "svm": "a linear support vector machine"}
_OF_LABELS = {name: f"{kind} for each label" for name, kind in _LINEAR.items()}
_OF_NUMBERS = {"linear": "ridge regression", "svm": "linear support vector regression"}
_NORMALISED: dict[Normalize, str] = {
    "global": "standardised by mean and deviation of the training utterances, which are part of "
    "the heads",
    "speaker": "standardised by mean and deviation of each speaker's own utterances; say who "
    "speaks with `--speaker-of` where several people do",
    "corpus": "standardised by mean and deviation of all utterances of the same corpus, "
    "unlabelled: here of all that are predicted together",
    "none": "as they are, not standardised",
}


def describe_head(settings: HeadSettings, heads: FittedHeads) -> str:
    """Return what a head is made of.

    Args:
        settings: which head, and its size.
        heads: such heads, trained.
    """
    inputs = heads.inputs
    averaged = "a learned average of layers, " if any(len(i.layers) > 1 for i in inputs) else ""
    match settings:
        case LinearSettings():
            every = f"{_POOLED[settings.pooling]} of every layer and feature"
            several = _OF_LABELS if heads.several else _LINEAR
            kinds = _OF_NUMBERS if heads.dimensions else several
            return f"{kinds[settings.kind]} on {every}"
        case DenseSettings():
            depth = f"{settings.depth} dense layer{'' if settings.depth == 1 else 's'}"
            skip = ", also of what goes into them" if settings.skip else ""
            return (
                f"{averaged}{depth} of {settings.width} units frame by frame, "
                f"{_POOLED[settings.pooling]}{skip}, one linear layer"
            )
        case LstmSettings():
            return (
                f"{averaged}a dense layer and an LSTM of {settings.width} units, the mean over "
                "time, one linear layer"
            )
        case FusionSettings():
            return (
                f"for each kind of features {averaged}a dense layer of {settings.width} units; a "
                "joint one, the mean over time, one linear layer"
            )


def describe_layers(layers: Sequence[str]) -> str:
    """Return "layers 0 to 4" or "layers 0, 2, 5", or "layer 3"."""
    numbers = list(map(int, layers)) if all(layer.isdecimal() for layer in layers) else []
    if len(layers) == 1:
        return f"layer {layers[0]}"
    if numbers and numbers == list(range(numbers[0], numbers[-1] + 1)):
        return f"layers {numbers[0]} to {numbers[-1]}"
    return f"layers {', '.join(layers)}"


def describe_normalising(normalize: Normalize) -> str:
    """Return what features are standardised by."""
    return _NORMALISED[normalize]


def describe_speakers(shared: bool | None) -> str:
    """Return whether the scores are for new speakers.

    Args:
        shared: whether training and test share speakers; None if unknown.
    """
    if shared is None:
        return "NOT KNOWN to be disjoint. Expect lower scores on new ones."
    if shared:
        return (
            "NOT disjoint. Training and test share speakers, or they are unknown, so the scores "
            "may be for people that the heads have heard; expect lower ones on others."
        )
    return (
        "disjoint. Nobody who is heard in a head's test data is heard in its training or "
        "validation data, so the scores are for new speakers."
    )
