"""The model card of a fine-tuned model: what it is, its scores, and what it is not for."""

import math
from pathlib import Path
from typing import Any

from huggingface_hub import ModelCardData

from featx import __version__
from featx.data.audio import SAMPLE_RATE
from featx.finetuning.saving.card_facts import CardFacts, amount
from featx.finetuning.saving.usage import usage
from featx.fitting.objective import score_name
from featx.fitting.results.outcomes import score_heads
from featx.runs.cards.card import (
    LIMITS,
    TAGS,
    link_encoder,
    table,
)
from featx.runs.cards.scores import card_scores
from featx.runs.changes import describe_changes
from featx.runs.files import CARD
from featx.utils.files import write_text
from featx.utils.tables import plain
from featx.utils.text import counted

MODES = {
    "full": "all its weights trained",
    "partial": "all its weights trained but the CNN's",
    "frozen": "its weights as they were; the head alone trained",
    "lora": "its weights as they were; low-rank adapters and the head trained",
    "adapter": "its weights as they were; bottleneck adapters and the head trained",
}
NOT_CALIBRATED = " Its probabilities are not calibrated."
WARNING = (
    "> **WARNING: the checkpoint was chosen on the TEST data.** The scores below are those of the "
    "best of many looks at it and too high: expect less on any new utterance."
)


def write_card(facts: CardFacts, folder: Path) -> None:
    """Write the card into the folder of a saved model, as `README.md`.

    Args:
        facts: what the card states.
        folder: where `save_model` put the model.
    """
    parts = [
        f"---\n{_header(facts).to_yaml()}\n---",
        f"# {plain(facts.config.name)}, {facts.member.name}",
        *_what(facts),
        *_data(facts),
        *_scores(facts),
        *usage(facts),
        *_limits(facts),
        *_settings(facts),
    ]
    write_text(folder / CARD, "\n\n".join(parts) + "\n")


def _header(facts: CardFacts) -> ModelCardData:
    shared = "speaker-dependent" if facts.task.speakers_shared else "speakers disjoint"
    together = f", {facts.together}" if facts.models > 1 else ""
    on_test = ", checkpoint chosen on the TEST data" if facts.config.select_on == "test" else ""
    scores = facts.scores.index(
        facts.corpus,
        f"{facts.corpus}: {facts.config.protocol.title}, {shared}",
        f"{together}{on_test}",
    )
    return ModelCardData(
        model_name=f"{facts.config.name}-{facts.member.name}",
        base_model=facts.identity.encoder if facts.on_hub else None,
        license=facts.entry.licence.lower() if facts.entry else None,
        library_name="transformers" if facts.plain else None,
        pipeline_tag="audio-classification" if facts.plain else None,
        tags=list(TAGS),
        metrics=list(facts.scores.metrics),
        eval_results=scores,
    )


def _what(facts: CardFacts) -> list[str]:
    config, identity, entry = facts.config, facts.identity, facts.entry
    encoder = link_encoder(identity.encoder, identity.revision)
    pretrained = f"pretrained on {entry.pretraining}; " if entry else ""
    dense = "dense, tanh, dropout, linear" if config.head.kind == "pooled" else "one linear layer"
    pooled = "last layer's frames" if config.head.average is None else "learned average of layers"
    return [
        *([WARNING] if config.select_on == "test" else []),
        facts.scores.purpose,
        f"- Encoder: {encoder}; {pretrained}{MODES[config.mode]}.\n"
        f"- Head: {config.head.pooling} of the {pooled} over time, {dense}.\n"
        f"{_average(facts)}{_adapters(facts)}"
        f"- Weights: {identity.parameters:,}, of which {identity.trained:,} trained.\n"
        f"- Checkpoint: {_checkpoint(facts)}\n"
        f"- Made with featx {__version__}.",
    ]


def _average(facts: CardFacts) -> str:
    """Return a line with the weights of layers; nothing without an average of them."""
    if facts.config.head.average is None:
        return ""
    weights = (f"{weight:.3f}" for weight in facts.member.layer_weights[0].tolist())
    return f"- Weights of layers, 0 the local encoder: {', '.join(weights)}.\n"


def _adapters(facts: CardFacts) -> str:
    """Return a line about the adapters; nothing without any."""
    lora, adapter = facts.config.lora, facts.config.adapter
    if adapter is not None:
        places = " and ".join(place.replace("_", "-") for place in adapter.places)
        return f"- Adapters: bottlenecks of width {adapter.size} after each block's {places}.\n"
    if lora is None:
        return ""
    return (
        f"- Adapters: LoRA of rank {lora.r}, alpha {lora.lora_alpha}, dropout "
        f"{lora.lora_dropout:g}, on {', '.join(map(plain, lora.target_modules))}.\n"
    )


def _checkpoint(facts: CardFacts) -> str:
    look, by = facts.member.best_look, facts.config.training.best_by
    on_test = facts.config.select_on == "test"
    data = "the **TEST data**" if on_test else "validation data"
    if by == "parting":
        return f"step {look.step:,}, where the loss on {data} parts from the training loss."
    names = {"score": score_name(facts.task), "wa": "WA", "loss": "loss"}
    return f"step {look.step:,}, chosen by {names[by]} on {data}."


def _data(facts: CardFacts) -> list[str]:
    protocol, fold = facts.config.protocol, facts.fold
    validation = "" if facts.config.select_on == "test" else f"{amount(fold.validation)}; "
    name = f"`{protocol.name}`: " if protocol.name else ""
    corpus = f"Corpus: {plain(protocol.corpus)}, m" if protocol.corpus else "M"
    source = f" ({plain(protocol.source)})" if protocol.source else ""
    return [
        "## Data",
        f"- {corpus}anifest {plain(facts.config.manifest.name)}, "
        f"{amount(facts.task.utterances)}.\n"
        f"- Protocol: {name}{plain(protocol.title)}{source}; "
        f"{counted(len(facts.task.folds), 'fold')}.\n"
        f"- This model: trained on {amount(facts.training)}; "
        f"{'validated on ' if validation else ''}{validation}tested on {amount(fold.test)}.\n"
        f"- Used of each utterance: {_seconds(facts.config.seconds)}.{_changes(facts)}",
        f"**Speakers: {_speakers(facts)}**",
    ]


def _changes(facts: CardFacts) -> str:
    """Return a line about augmentation; nothing without any."""
    sentences = describe_changes(facts.config.to_table(), {})
    return "".join(f"\n- {plain(sentence)}" for sentence in sentences)


def _speakers(facts: CardFacts) -> str:
    if not facts.task.speakers_shared:
        return (
            "disjoint. Nobody who is heard in the test data is heard in training or validation "
            "data, so the scores are for new speakers."
        )
    if not all(utterance.speaker for utterance in facts.task.utterances):
        return (
            "NOT KNOWN to be disjoint, as the manifest doesn't name them all. Training and test "
            "may share speakers; expect lower scores on new ones."
        )
    return (
        "NOT disjoint. Training, validation and test data share speakers, so the scores are for "
        "people the model has heard; expect lower ones on others."
    )


def _scores(facts: CardFacts) -> list[str]:
    results, member = facts.results, facts.member
    alone = card_scores(score_heads("", facts.task, [member], ())).rows()
    spread = f"mean ± std of {results.seeds} seeds" if results.seeds > 1 else "one seed"
    header = [facts.scores.unit, spread, f"95 % interval over {results.resampled}"]
    about = "The scores are those of this model."
    if facts.models > 1:
        about = (
            f"The scores are those of the run's models together: {facts.together}. This one is "
            f"seed {member.seed}, fold {member.fold}; its own test scores are in the last column, "
            f"from {amount(facts.fold.test)}."
        )
        header.append("this model alone")
    rows = [
        [*cells, own[1] if own[2] else ""][: len(header)]
        for cells, own in zip(facts.scores.rows(), alone, strict=True)
    ]
    return [
        "## Scores",
        f"{about} {facts.scores.explained}",
        table(header, rows),
        *facts.scores.tables(),
    ]


def _limits(facts: CardFacts) -> list[str]:
    origin = (
        "What the encoder heard before is not checked here; recordings of the test may be among it."
        if facts.entry
        else "What the encoder was trained on before, if at all, featx can't know; recordings of "
        "the test may be among it."
    )
    people, acted, licence = LIMITS
    limits = [
        people,
        f"It has heard {amount(facts.training)}, of one corpus. Other voices, languages, rooms "
        "and microphones usually lower the scores; by how much was not measured.",
        acted,
        f"{facts.scores.always}.{'' if facts.task.dimensions else NOT_CALIBRATED}",
        origin,
        licence,
        *(plain(note) for note in facts.results.notes()),
    ]
    return ["## Limits", "\n".join(f"- {limit}" for limit in limits)]


def _settings(facts: CardFacts) -> list[str]:
    config = facts.config
    identity = facts.identity
    shared: dict[str, Any] = (
        {"revision": identity.revision} if facts.on_hub else {"model": identity.encoder}
    )
    shared["manifest"] = config.manifest.name  # where it was is nobody's concern
    if config.augmentation:
        shared["augmentation"] = config.augmentation.without_places()
    steps = []
    if config.protocol.manifest:
        steps.append(f"Make the manifest: `{config.protocol.manifest}`.")
    if not facts.on_hub:
        steps.append(f"Put the encoder in a folder named {plain(identity.encoder)}.")
    steps.append("Write what follows to `config.toml`.")
    steps.append(
        'Run `featx finetune --config config.toml`, or `featx.finetune(config="config.toml")` in '
        "Python."
    )
    return [
        "## How to repeat it",
        "\n".join(f"{number}. {step}" for number, step in enumerate(steps, 1)),
        f"```toml\n{config.model_copy(update=shared).to_toml().rstrip()}\n```",
    ]


def _seconds(seconds: float) -> str:
    if math.isinf(seconds):
        return "all of it"
    return f"its first {seconds:g} s ({max(1, round(seconds * SAMPLE_RATE)):,} samples)"
