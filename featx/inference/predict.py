"""`featx.predict`: a run applied to audio or stored features."""

from collections.abc import Sequence
from pathlib import Path

from pydantic import NonNegativeInt, PositiveFloat

from classifiers.settings import PositiveFinite
from featx.features.planning.length import MAX_SECONDS
from featx.inference.inputs import Inputs, SpeakerOf
from featx.inference.load import load
from featx.inference.model import Model, Share
from featx.inference.predictions import Predictions
from featx.inference.priors import Priors
from featx.utils.arguments import checked
from featx.utils.files import AnyPath


@checked
def predict(
    run_or_model: AnyPath | Model,
    inputs: Inputs,
    *,
    speaker_of: SpeakerOf | None = None,
    encoder: str | Path | Sequence[str | Path] = (),
    max_seconds: PositiveFloat = MAX_SECONDS,
    device: str = "auto",
    seed: NonNegativeInt | None = None,
    fold: NonNegativeInt | None = None,
    window: PositiveFinite | None = None,
    hop: PositiveFinite | None = None,
    abstain: Share = 0.0,
    calibrated: bool = False,
    priors: Priors | None = None,
    scale: PositiveFinite | None = None,
) -> Predictions:
    """Predict the emotion of utterances with the model of a run, or numbers such as arousal.

    Features of audio are computed as those of the run were: by the same encoder with the same
    weights, layers and precision. A run's heads of all seeds and folds each give probabilities,
    and these are averaged; if the run has final heads, which were trained on all its utterances,
    these alone are asked. Of the corpus that a run was made from, most heads have heard an
    utterance in training: how well they do on it says nothing, and the run's `predictions.csv` has
    the predictions of those that have not.

    Args:
        run_or_model: a finished run, its folder, or what `featx.load` returned.
        inputs: an audio file, several of them, a folder of audio, a manifest or its path, or a
            feature store or its folder; for a head that fuses stores, a list of as many.
        speaker_of: the speaker of each utterance, by its id or the path as it is given: a mapping,
            a function, or a regular expression whose group is the speaker. Used by runs that
            standardise features by speaker; without it the manifest says who speaks, or else all
            utterances count as one speaker's.
        encoder: the folder of the encoder's checkpoint, where the run was made from a local
            folder that is not found by its name; for several encoders, a list.
        max_seconds: the longest utterance taken. Where the run's features keep only the beginning
            of longer utterances, or a fine-tuned model hears no more, so it is here.
        device: where the encoder computes: "auto", "cpu", "cuda" or "cuda:<number>". Neither this
            nor the two before can be given with stored features.
        seed: ask only the models of this seed; by default those of all seeds.
        fold: ask only the models of this fold; by default the final ones of a run that has them,
            or else those of all folds.
        window: seconds of the windows into which recordings are cut, each with a prediction of
            its own; windows without speech are left out. By default recordings stay whole.
        hop: seconds from one window to the next; by default windows follow one another.
        abstain: give no label where the probability of the most probable class is below this.
        calibrated: divide each model's logits by the temperature that its validation utterances
            chose, so that its probabilities come closer to how often its labels are right; of
            several labels at once, each label's by a temperature of its own.
        priors: how frequent classes are in the inputs, where that is not as in training: "uniform",
            each class's share, such as "angry=0.2,neutral=0.8", or "estimated" from all of the
            inputs together. Probabilities are calibrated, then corrected for it.
        scale: what samples are divided by where audio files of floating-point numbers hold
            integers, such as 32768. A manifest has a column `scale` for it.

    Returns:
        A row for each utterance, in the order given, with the label and all probabilities, or with
        the `numbers` that are predicted; and why there is none for utterances that can't be used.

    Raises:
        FeatxError: if the run can't be loaded, its encoder is not here or has other weights, the
            inputs can't be used, or no utterance can.

    Example:
        >>> import featx
        >>> predictions = featx.predict("runs/manifest-encoder-dense", "audio")
        >>> predictions.labels[0] in ("angry", "happy", "sad")
        True
        >>> predictions.to_csv("predicted.csv")
    """
    model = run_or_model if isinstance(run_or_model, Model) else load(run_or_model)
    return model.predict(
        inputs,
        speaker_of=speaker_of,
        encoder=encoder,
        max_seconds=max_seconds,
        device=device,
        seed=seed,
        fold=fold,
        window=window,
        hop=hop,
        abstain=abstain,
        calibrated=calibrated,
        priors=priors,
        scale=scale,
    )
