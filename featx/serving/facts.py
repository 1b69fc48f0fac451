"""What a run says of itself, for those who use it through the server."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from classifiers.choices import THRESHOLD
from featx import __version__
from featx.errors import FeatxError
from featx.features.encoders.checkpoints.registry import short_name
from featx.features.planning.length import MAX_SECONDS
from featx.fitting.choices import OWN
from featx.fitting.heads.model import FittedHeads
from featx.inference.fitted import FittedModel
from featx.inference.model import Model
from featx.inference.voted_model import VotedModel
from featx.layer_analysis.read_weights import find_weights
from featx.layer_analysis.weights import average
from featx.runs.cards.classes import chance
from featx.runs.cards.scores import card_scores
from featx.runs.read import read_config, read_environment, read_run_scores
from featx.scoring import metrics
from featx.scoring.labels.results import LabelResults
from featx.scoring.numbers.results import NumberResults
from featx.scoring.results_file import RunResults
from featx.serving.answers import Dimension, Facts, Label, Layers, Limited, Score
from featx.serving.limits import Limits

BY_SPEAKER = (
    "The model standardises features by speaker or corpus. Here every recording counts as one of "
    "its own, which leaves little or nothing of what tells emotions apart: the score holds for "
    "many utterances of each alone. Serve a run with normalize = global instead."
)
FINAL = (
    "The model was trained on all utterances and has no score of its own: score and layer weights "
    "are those of cross-validation."
)


def read_facts(folder: Path, model: Model, limits: Limits) -> Facts:
    """Gather what is known of a model.

    Args:
        folder: the run's folder, or that of a single saved model, of which less is known.
        model: what was loaded from it.
        limits: what the server takes.

    Raises:
        FeatxError: if a file of the run is damaged.
    """
    if folder.is_file():
        raise FeatxError(
            f"{folder}: an ONNX file says too little of its training for a page. Serve the run "
            "that it was exported from."
        )
    config, results = read_config(folder), read_run_scores(folder)
    notes = [*(results.notes() if results else ())]
    heads = _heads(model)
    if any(own.normalize in OWN for own in heads):
        notes.append(BY_SPEAKER)
    if any(own.cross_validated for own in heads):
        notes.append(FINAL)
    return Facts(
        name=folder.absolute().name,
        featx=__version__,
        classes=list(model.classes),
        encoders=[short_name(name) for name in _encoders(config, read_environment(folder))],
        corpus=_corpus(config),
        protocol=_of_protocol(config, "name", "title"),
        layers=_layers(folder) if "head" in config else [],
        limits=Limited(
            max_megabytes=limits.max_megabytes,
            max_seconds=limits.max_seconds,
            max_whole_seconds=min(limits.max_seconds, MAX_SECONDS),
            requests_per_minute=limits.requests_per_minute,
        ),
        notes=notes,
        labels=_labels(model, results),
        **_scores(results),
    )


def _heads(model: Model) -> list[FittedHeads]:
    """Return the heads of a fit, or of all members of a vote."""
    if isinstance(model, FittedModel):
        return [model.heads]
    seats = model.seats if isinstance(model, VotedModel) else ()
    return [heads for seat in seats for heads in _heads(seat.model)]


def _labels(model: Model, results: RunResults | None) -> dict[str, Label]:
    """Return the labels of a model of several, with their scores where these are known."""
    scores = results.labels if isinstance(results, LabelResults) else {}
    return {
        name: Label(
            threshold=THRESHOLD,
            **{key: own for key, own in scores.get(name, {}).items() if key in Label.model_fields},
        )
        for name in (model.classes if model.several else ())
    }


def _scores(results: RunResults | None) -> dict[str, Any]:
    unknown = ("title", "utterances", "speakers", "uar", "chance")
    found: dict[str, Any] = {**dict.fromkeys(unknown), "recalls": {}}
    if results is None:
        return found
    found |= {
        "title": results.title,
        "utterances": card_scores(results).utterances or None,
        "speakers": results.speakers or None,
    }
    if isinstance(results, NumberResults):
        return {**found, "dimensions": _dimensions(results)}
    if isinstance(results, LabelResults):
        return {**found, "macro_f1": _score(results.scores["macro_f1"])}
    return {
        **found,
        "uar": _score(results.scores["uar"]),
        "chance": chance(results),
        "recalls": {name: row["recall"] for name, row in results.per_class().items()},
    }


def _dimensions(results: NumberResults) -> dict[str, Dimension]:
    return {
        name: Dimension(
            low=results.levels[name][0].low,
            high=results.levels[name][-1].high,
            ccc=_score(scores["ccc"]),
        )
        for name, scores in results.dimensions.items()
    }


def _score(score: metrics.Score) -> Score:
    return Score(mean=score.mean, low=score.low, high=score.high)


def _encoders(config: Mapping[str, Any], environment: Mapping[str, Any]) -> list[str]:
    """Return the encoders of a run, those of its features or the one that was fine-tuned."""
    features = environment.get("features")
    tables = features if isinstance(features, list) else [environment.get("encoder")]
    named = [table.get("encoder") for table in tables if isinstance(table, dict)]
    found = [name for name in named if isinstance(name, str)]
    fallback = config.get("model")
    return found or ([fallback] if isinstance(fallback, str) else [])


def _corpus(config: Mapping[str, Any]) -> str | None:
    """Return the corpus that the protocol is for, or else the name of the manifest."""
    manifest = config.get("manifest")
    name = Path(manifest).stem if isinstance(manifest, str) else None
    return _of_protocol(config, "corpus") or name


def _of_protocol(config: Mapping[str, Any], *keys: str) -> str | None:
    """Return the first of several texts that a run's protocol has."""
    table = config.get("protocol")
    found = (table.get(key) for key in keys) if isinstance(table, dict) else ()
    return next((text for text in found if isinstance(text, str) and text), None)


def _layers(folder: Path) -> list[Layers]:
    return [
        Layers(
            features=Path(learned.features).name,
            layers=list(learned.layers),
            weights=[round(float(weight), 6) for weight in average(learned.weights)[0]],
        )
        for learned in find_weights(folder)
    ]
