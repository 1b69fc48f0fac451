"""From a loaded run to the network that is exported."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from featx import __version__
from featx.data.audio import SAMPLE_RATE
from featx.errors import FeatxError
from featx.features.encoders.checkpoints.find import find_checkpoint
from featx.features.encoders.checkpoints.loading import load_model
from featx.features.encoders.preprocessing import load_extractor
from featx.features.encoders.shape import EncoderShape, read_shape
from featx.finetuning.adapting.adapters import merge
from featx.finetuning.saving.load import load_tuned
from featx.fitting.choices import OWN
from featx.fitting.heads.inputs import HeadInput
from featx.fitting.heads.model import FittedHeads
from featx.inference.features import find_source
from featx.inference.finetuned import FinetunedModel
from featx.inference.fitted import FittedModel
from featx.inference.model import Model, Options
from featx.inference.temperatures import read_temperatures
from featx.runs.members import read_member_name
from featx.runs.read import read_config
from featx.sharing.graph import Branch, Classifier
from featx.sharing.graph_encoders import encoder_graph
from featx.sharing.graph_heads import PooledGraph, heads_graph, weighed_layers


@dataclass(frozen=True)
class Network:
    """What is exported, and what the file says of it.

    Attributes:
        classifier: the network.
        facts: the file's metadata, by their names.
        precision: the type that the run's encoder computes in.
        shape: the frames of the encoder.
    """

    classifier: Classifier
    facts: dict[str, str]
    precision: str
    shape: EncoderShape


def build(model: Model, options: Options) -> Network:
    """Put a run's encoder and heads together.

    Args:
        model: what `featx.load` returned.
        options: which seed and fold, and whether with temperatures; where its encoder is.

    Raises:
        FeatxError: if models of this kind can't be exported, or an encoder is not here.
    """
    if isinstance(model, FittedModel):
        return _build_fitted(model, options)
    if isinstance(model, FinetunedModel):
        return _build_tuned(model, options)
    raise FeatxError("Runs of heads and of fine-tuning can be exported, and this is neither.")


def _build_fitted(model: FittedModel, options: Options) -> Network:
    wanted = _check(model)
    options.refuse_absent(model.heads.keys)
    heads = model.heads.only(options.takes)
    members = [(member.seed, member.fold) for member in heads.members]
    temperatures: list[tuple[float, ...]] = [(1.0,)] * len(members)
    if options.calibrated:
        known = read_temperatures(model.folder, members, model.labels)
        temperatures = [known[member] for member in members]
    source = find_source(
        wanted, model.dtypes[0], model.folder, next(iter(options.encoders), None), options
    )
    folder = find_checkpoint(source.config.model, source.config.revision).folder
    shape, dim = read_shape(folder), wanted.dim
    chosen = weighed_layers(heads.members, len(wanted.layers), dim)
    layers = [int(wanted.layers[place]) for place in chosen]
    extractor = load_extractor(folder, source.config.normalize_waveform)
    encoder = encoder_graph(load_model(folder), extractor, max(layers))
    branch = Branch(
        encoder,
        heads_graph(heads.members, chosen, dim),
        layers,
        _frames(heads),
        heads.average_frames,
    )
    trimmed = wanted.features.trimmed_to
    limit = math.inf if trimmed is None else round(trimmed * SAMPLE_RATE)
    facts = _facts(model, shape, limit, model.folder, members, options)
    facts |= {"encoder": wanted.encoder, "layers": ",".join(map(str, layers))}
    numbers = bool(model.dimensions)
    classifier = Classifier([branch], temperatures, limit, model.several, numbers)
    return Network(classifier, facts, wanted.features.precision, shape)


def _check(model: FittedModel) -> HeadInput:
    """Return what the heads take, if that can be computed in a graph."""
    if len(model.heads.inputs) > 1:
        names = " and ".join(wanted.encoder for wanted in model.heads.inputs)
        raise FeatxError(
            f"{model.folder}: fuses features of {names}; only heads on a single encoder can be "
            "exported."
        )
    wanted = model.heads.inputs[0]
    if wanted.features.is_acoustic:
        raise FeatxError(
            f"{model.folder}: takes {wanted.encoder}, which has no encoder; only heads on an "
            "encoder can be exported."
        )
    if model.heads.normalize in OWN:
        raise FeatxError(
            f"{model.folder}: standardises features by {model.heads.normalize}, by statistics of "
            "all utterances of each, which a graph does not see. Fit the head with "
            "`normalize='global'` to export it."
        )
    if wanted.features.pool or wanted.features.frames:
        kept = "pooled over time" if wanted.features.pool else "averaged before they are stored"
        raise FeatxError(
            f"{model.folder}: takes features that are {kept}, which the graph does not do. Fit the "
            "head on features with all frames to export it."
        )
    if wanted.features.compared()["window"] == "short":
        raise FeatxError(
            f"{model.folder}: takes features of short windows, which can't be exported. Extract "
            "features with `window='30'` and fit the head on them."
        )
    return wanted


def _frames(heads: FittedHeads) -> int | None:
    """Return how many frames of each utterance's beginning heads see, as `Selection` has it."""
    step = heads.inputs[0].features.frame_step
    return None if math.isinf(heads.seconds) else max(1, round(heads.seconds / step))


def _build_tuned(model: FinetunedModel, options: Options) -> Network:
    folders = model.asked(options)
    known = model.temperatures(folders) if options.calibrated else {}
    temperatures = [known.get(folder, (1.0,)) for folder in folders]
    names = (read_member_name(folder.name) for folder in folders)
    members = [member for member in names if member is not None]
    branches = [_branch(folder) for folder in folders]
    shape = model.first.model.shape
    limit = math.inf if math.isinf(model.seconds) else max(1, round(model.seconds * SAMPLE_RATE))
    place = model.run or model.folders[0]
    facts = _facts(model, shape, limit, place, members, options)
    facts["encoder"] = str(read_config(place).get("model", "")) if model.run else ""
    numbers = bool(model.dimensions)
    classifier = Classifier(branches, temperatures, limit, model.several, numbers)
    return Network(classifier, facts, model.precision, shape)


def _branch(folder: Path) -> Branch:
    tuned = load_tuned(folder)
    encoder: Any = tuned.model.encoder
    merge(encoder)
    graph = encoder_graph(encoder, tuned.extractor, tuned.model.shape.blocks)
    return Branch(graph, PooledGraph(tuned.model.head))


def _facts(
    model: Model,
    shape: EncoderShape,
    limit: float,
    folder: Path,
    members: Sequence[tuple[int, int | None]],
    options: Options,
) -> dict[str, str]:
    """Return what a file says of the model in it."""
    protocol = read_config(folder).get("protocol", {})
    models = [
        f"seed {seed}, {'final' if fold is None else f'fold {fold}'}" for seed, fold in members
    ]
    facts = {
        **(
            {"dimensions": json.dumps(model.dimensions)}
            if model.dimensions
            else {"classes": json.dumps(model.classes)}
        ),
        "sample_rate": str(SAMPLE_RATE),
        "shortest": str(shape.shortest),
        "seconds": str(limit / SAMPLE_RATE),
        "featx_version": __version__,
        "run": folder.absolute().name,
        "models": json.dumps(models),
        "calibrated": json.dumps(options.calibrated),
    }
    if model.several:
        facts["several"] = json.dumps(True)
    if protocol.get("corpus"):
        facts["corpus"] = str(protocol["corpus"])
    return facts
