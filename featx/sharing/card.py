"""The card of a fit: what its heads are, how they are used, their scores, what they are not for."""

import math
from collections import defaultdict
from pathlib import Path

from huggingface_hub import ModelCardData

from featx import __version__
from featx.fitting.heads.inputs import HeadInput
from featx.runs.cards.card import (
    LIMITS,
    TAGS,
    find_entry,
    link_encoder,
    table,
)
from featx.runs.changes import describe_changes
from featx.runs.files import LAYER_WEIGHTS
from featx.sharing.card_calibration import describe_calibration
from featx.sharing.facts import RunFacts
from featx.sharing.usage import repetition, usage
from featx.sharing.words import (
    describe_head,
    describe_layers,
    describe_normalising,
    describe_speakers,
)
from featx.utils.csv_files import read_lines
from featx.utils.files import write_text
from featx.utils.tables import plain
from featx.utils.text import counted

ABSTAINING = ", unless `--abstain` lets it withhold a label"


def write_card(facts: RunFacts, path: Path) -> None:
    """Write the card of a fit, as Markdown with the table that the Hub reads."""
    parts = [
        f"---\n{_header(facts).to_yaml()}\n---",
        f"# {plain(facts.name)}",
        *_what(facts),
        *usage(facts),
        *_data(facts),
        *_scores(facts),
        *describe_calibration(facts),
        *_layer_weights(facts),
        *_limits(facts),
        *repetition(facts),
    ]
    write_text(path, "\n\n".join(parts) + "\n")


def _header(facts: RunFacts) -> ModelCardData:
    shared = {True: ", speaker-dependent", False: ", speakers disjoint", None: ""}
    dataset = (
        f"{facts.corpus}: {facts.config.protocol.title}{shared[facts.results.speakers_shared]}"
    )
    bases = [given.encoder for given in facts.heads.inputs if given.features.revision]
    return ModelCardData(
        model_name=facts.name,
        base_model=bases[0] if len(bases) == 1 else bases or None,
        datasets=[facts.config.protocol.corpus] if facts.config.protocol.corpus else None,
        license=facts.licence or None,
        library_name="featx",
        pipeline_tag="audio-classification",
        tags=list(TAGS),
        metrics=list(facts.scores.metrics),
        eval_results=facts.scores.index(facts.corpus, dataset, f", {facts.together}"),
    )


def _what(facts: RunFacts) -> list[str]:
    lines = [_describe_input(given) for given in facts.heads.inputs]
    heads, final = len(facts.heads.members), bool(facts.heads.cross_validated)
    said = "numbers" if facts.heads.dimensions else "probabilities"
    trained = "trained on all utterances" if final else facts.together
    return [
        facts.scores.purpose,
        "\n".join(
            [
                *(f"- Features: {line}" for line in lines),
                f"- Head: {describe_head(facts.config.head, facts.heads)}.",
                f"- {counted(heads, 'head')} ({trained}), whose {said} are averaged."
                if heads > 1
                else f"- A single head{f', {trained}' if final else ''}.",
                f"- Made with featx {__version__}. The encoder itself is not part of this "
                "repository: featx fetches it, and checks that it is the same.",
            ]
        ),
    ]


def _describe_input(given: HeadInput) -> str:
    features = given.features
    if features.is_acoustic:
        return f"{plain(given.encoder)}, acoustic features, {given.dim} a frame."
    entry = find_entry(given.encoder) if features.revision else None
    pretrained = f", pretrained on {entry.pretraining}" if entry else ""
    source = link_encoder(given.encoder, features.revision)
    return f"{describe_layers(given.layers)} of {source}{pretrained}; its weights as they were."


def _data(facts: RunFacts) -> list[str]:
    protocol, results = facts.config.protocol, facts.results
    of_whom = f" of {counted(results.speakers, 'speaker')}" if results.speakers else ""
    tested = counted(facts.utterances, "utterance") if facts.utterances else "all utterances"
    name = f"`{protocol.name}`: " if protocol.name else ""
    kept = [f"{plain(column)}: {' or '.join(map(plain, values))}"
            for column, values in protocol.where.items()]  # fmt: skip
    merged = [f"{plain(old)} counts as {plain(new)}" for old, new in protocol.merge.items()]
    return [
        "## Training data and protocol",
        "\n".join(
            f"- {line}"
            for line in (
                f"Corpus: {plain(facts.corpus)}{_bracketed(kept)}.",
                *([f"Labels: {'; '.join(merged)}."] if merged else []),
                f"Protocol: {name}{plain(protocol.title)}; {facts.together}. Tested, each by heads "
                f"that have not heard it: {tested}{of_whom}.",
                f"Features: {describe_normalising(facts.config.normalize)}.",
                f"Used of each utterance: {_seconds(facts.config.seconds)}.",
                *map(plain, describe_changes(facts.config.to_table(), facts.environment)),
            )
        ),
        f"**Speakers: {describe_speakers(results.speakers_shared)}**",
    ]


def _bracketed(parts: list[str]) -> str:
    return f" ({'; '.join(parts)})" if parts else ""


def _seconds(seconds: float) -> str:
    return "all of it" if math.isinf(seconds) else f"its first {seconds:g} s"


def _scores(facts: RunFacts) -> list[str]:
    results = facts.results
    spread = f"mean ± std of {results.seeds} seeds" if results.seeds > 1 else "one seed"
    average = ""
    if len(facts.cross_validated) > 1:
        asked = "the final heads" if facts.heads.cross_validated else "the average of all heads"
        average = (
            " The scores are those of single heads, each on the fold that it has not heard; those "
            f"of {asked} were not measured."
        )
    return [
        "## Scores",
        f"{facts.scores.explained}{average}",
        table(
            [facts.scores.unit, spread, f"95 % interval over {results.resampled}"],
            facts.scores.rows(),
        ),
        *facts.scores.tables(),
    ]


def _layer_weights(facts: RunFacts) -> list[str]:
    weights: dict[tuple[str, str], list[float]] = defaultdict(list)
    path = facts.folder / LAYER_WEIGHTS
    if path.exists():
        header, *rows = (fields for _, fields in read_lines(path))
        for row in (dict(zip(header, fields, strict=True)) for fields in rows):
            weights[row["features"], row["layer"]].append(float(row["weight"]))
    title = "## What the layers weigh"
    if not weights:
        return [title, "These heads average no layers: each feature has weights of its own."]
    rows = [
        [*key, f"{sum(values) / len(values):.3f}", f"{min(values):.3f} to {max(values):.3f}"]
        for key, values in weights.items()
    ]
    return [
        title,
        "The share of each layer in the average that the heads see, as the mean of "
        f"{'the cross-validated' if facts.heads.cross_validated else 'all'} heads:",
        table(["features", "layer", "weight", "lowest to highest"], rows),
    ]


def _limits(facts: RunFacts) -> list[str]:
    people, acted, licence = LIMITS
    chooses = not facts.heads.dimensions and not facts.heads.several
    limits = [
        people,
        f"It has learned from {plain(facts.corpus)} alone. Other voices, languages, rooms and "
        "microphones usually lower the scores, and not for all groups of people alike; by how "
        "much was not measured.",
        acted,
        f"{facts.scores.always}{ABSTAINING if chooses else ''}.",
        "What the encoder heard before is not checked here; recordings of the test may be among "
        "it.",
        licence,
        *(plain(note) for note in facts.results.notes()),
    ]
    return ["## Limits and bias", "\n".join(f"- {limit}" for limit in limits)]
