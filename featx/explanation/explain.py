"""`featx.explain`: which layers and moments of an utterance speak for a class."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from pydantic import NonNegativeInt, PositiveFloat
from torch import Tensor

from classifiers.batch import Part
from classifiers.head import Head
from featx.data.audio import SAMPLE_RATE
from featx.errors import FeatxError
from featx.explanation.contributions import Contributions, find_contributions, find_logits
from featx.explanation.explanation import Explanation
from featx.explanation.stores import StoreContributions
from featx.features.planning.length import MAX_SECONDS
from featx.fitting.heads.model import FittedHeads
from featx.fitting.inputs.selection import Selection
from featx.inference.fitted import FittedModel
from featx.inference.inputs import audio_files, read_inputs
from featx.inference.load import load
from featx.inference.model import Model, Options
from featx.scoring.labels.predictions import choose_labels
from featx.utils.arguments import checked
from featx.utils.files import AnyPath, as_paths
from featx.utils.text import nearest


@checked
def explain(
    run_or_model: AnyPath | Model,
    file: str | Path,
    *,
    label: str | None = None,
    same_speaker: str | Path | Sequence[str | Path] = (),
    encoder: str | Path | Sequence[str | Path] = (),
    max_seconds: PositiveFloat = MAX_SECONDS,
    device: str = "auto",
    seed: NonNegativeInt | None = None,
    fold: NonNegativeInt | None = None,
) -> Explanation:
    """Explain which layers and moments of an utterance speak for its class, or make its number.

    The logit of a class, less the mean of all classes' logits, is compared with that of the average
    utterance of training, and the difference divided among layers and frames. It is the
    average over all heads of the run. Of a run that learned several labels at once, it is the logit
    of a label by itself; of a run that learned numbers, such as arousal, a number as it is
    predicted.

    - Linear heads (`linear`, `svm`): exact. Means and deviations of frames are divided as their
      formulas say; the average utterance has the mean 0 and the deviation 1 in every standardised
      feature.
    - Other heads: by integrated gradients (Sundararajan, Taly and Yan 2017, "Axiomatic Attribution
      for Deep Networks", eq. 1) from 0 in every standardised feature, the average frame at all
      times. What they add up to is exact but for a small error of the integral, which `rest` holds;
      how it is divided among frames is the method's choice. Each layer's part of a frame is exact,
      as a head's average over layers is linear.

    A frame of a transformer's layer has heard the whole utterance. What it adds at a time need not
    be in the sound at that time, the less so the higher the layer.

    Args:
        run_or_model: a finished fit of a head, its folder, or what `featx.load` returned of it.
        file: the audio.
        label: the class or label to explain, by default the most probable; or the number, of a
            run that learned several.
        same_speaker: more audio of the same speaker, files or folders. Used by runs that
            standardise features by speaker; without it the file is standardised by itself.
        encoder: as for `featx.predict`.
        max_seconds: as for `featx.predict`.
        device: as for `featx.predict`.
        seed: explain only the heads of this seed; by default those of all seeds.
        fold: explain only the heads of this fold; by default those of all folds.

    Returns:
        The contributions of each layer and frame, which can be printed, drawn and written as a CSV.

    Raises:
        FeatxError: if the run has no heads or is not standardised, there is no such class, or the
            audio can't be used.

    Example:
        >>> import featx
        >>> why = featx.explain("runs/manifest-encoder-linear", "audio/sad-0-0.wav", label="sad")
        >>> abs(why.baseline + why.total - why.logit) < 1e-3
        True
        >>> why.to_csv("why.csv")
    """
    model = run_or_model if isinstance(run_or_model, Model) else load(run_or_model)
    heads = _explainable(model, label)
    if Path(file).is_dir():
        raise FeatxError(f"`file={file}`: is a folder; a single audio file can be explained.")
    options = Options(None, tuple(as_paths(encoder)), max_seconds, device, seed, fold)
    options.refuse_absent(heads.keys)
    others = [path for source in as_paths(same_speaker) for path in audio_files(source)]
    alone = [path for path in others if path.resolve() != Path(file).resolve()]
    given = read_inputs([Path(file), *alone])
    assert isinstance(model, FittedModel)
    with model.features(given, options) as features:
        name = str(Path(file))
        if name not in features.utterances:
            raise FeatxError(features.failures[name])
        selections = heads.only(options.takes).select(features.stores)
        return _explain(heads.only(options.takes), selections, features.utterances, name, label)


def _explainable(model: Model, label: str | None) -> FittedHeads:
    """Return the heads of a model.

    Raises:
        FeatxError: if it has none, they have no average utterance, or no such class.
    """
    if not isinstance(model, FittedModel):
        raise FeatxError(
            "Only runs of `featx fit` can be explained: a fine-tuned model has no layers to weigh, "
            "and of a vote each run that votes can be explained alone."
        )
    if model.heads.normalize == "none":
        raise FeatxError(
            f"{model.folder}: its features are not standardised, so there is no average utterance "
            "to compare with. Fit with `normalize='global'`."
        )
    names = model.dimensions or model.classes
    if label is not None and label not in names:
        what = "number" if model.dimensions else "label" if model.several else "class"
        raise FeatxError(f"`label={label}`: no such {what}; {nearest(label, names)}")
    if label is None and len(model.dimensions) > 1:
        raise FeatxError(
            f"`label`: say which number is to be explained: {' or '.join(model.dimensions)}."
        )
    return model.heads


def _explain(
    heads: FittedHeads,
    selections: Sequence[Selection],
    utterances: Sequence[str],
    name: str,
    label: str | None,
) -> Explanation:
    examples = heads.examples(selections, utterances, [""] * len(utterances))
    place = [list(utterances).index(name)]
    parts: list[Part] = [next(own.parts([place])) for own in examples]
    pairs = [(member.head, part) for member, part in zip(heads.members, parts, strict=True)]
    names = heads.dimensions or heads.classes
    shares = None if heads.dimensions else _shares(pairs)
    likeliest = 0 if shares is None else int(shares.argmax())
    explained = likeliest if label is None else names.index(label)
    found = [find_contributions(head, part, explained) for head, part in pairs]
    return Explanation(
        file=name,
        label=names[explained],
        predicted=names[explained] if shares is None else _predicted(heads, shares),
        probability=None if shares is None else float(shares[explained]),
        heads=len(pairs),
        logit=float(np.mean([own.logit for own in found])),
        baseline=float(np.mean([own.baseline for own in found])),
        stores=_by_store(found, heads, selections, name),
        several=heads.several,
    )


def _shares(pairs: Sequence[tuple[Head, Part]]) -> Tensor:
    """Return the probability of each class, (classes,) float64, averaged over heads."""
    logits = torch.stack([find_logits(head, part) for head, part in pairs])
    return pairs[0][0].objective.predictions(logits.double()).mean(0)


def _predicted(heads: FittedHeads, shares: Tensor) -> str:
    """Return the class that is predicted, or the labels, joined."""
    if heads.several:
        return choose_labels(heads.classes, shares.tolist())
    return heads.classes[int(shares.argmax())]


def _by_store(
    found: Sequence[Contributions],
    heads: FittedHeads,
    selections: Sequence[Selection],
    name: str,
) -> list[StoreContributions]:
    """Return the contributions of each store, averaged over heads."""
    averaged = [np.mean(each, 0) for each in zip(*(own.values for own in found), strict=True)]
    # the two frames of a mean and a deviation stand for the whole utterance
    averaged = [
        values.sum(1, keepdims=True) if own.has_moments else values
        for values, own in zip(averaged, selections, strict=True)
    ]
    return [
        StoreContributions(wanted.encoder, wanted.layers, _edges(own, name, values), values)
        for wanted, own, values in zip(heads.inputs, selections, averaged, strict=True)
    ]


def _edges(selection: Selection, name: str, values: np.ndarray) -> np.ndarray:
    """Return where frames begin and the last one ends, in seconds."""
    store, step = selection.store, selection.shape.step
    if not step:
        return np.array([0.0, store.samples(name) / SAMPLE_RATE])
    end = store.frames(name) * store.identity.frame_step  # the last average may be of fewer frames
    return np.minimum(step * np.arange(values.shape[1] + 1), end)
