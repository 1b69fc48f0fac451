"""The model card of a fine-tuned model: what it is, how it scored, and what it is not for."""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from huggingface_hub import EvalResult, ModelCardData

from featx import __version__
from featx.data.audio import SAMPLE_RATE
from featx.finetuning.card_facts import Story, amount
from featx.finetuning.usage import usage
from featx.scoring.predictions import score_outcomes
from featx.scoring.results import NAMES, Results
from featx.utils.files import write_text
from featx.utils.tables import plain
from featx.utils.text import counted

CARD = "README.md"
MODES = {
    "full": "all its weights trained",
    "partial": "all its weights trained but the CNN's",
    "frozen": "its weights as they were; the head alone trained",
}
TAGS = ("audio-classification", "speech-emotion-recognition", "featx")
WARNING = (
    "> **WARNING: the checkpoint was chosen on the TEST data.** The scores below are those of the "
    "best of many looks at it and too high: expect less on any new utterance."
)


def write_card(story: Story, folder: Path) -> None:
    """Write the card into the folder of a saved model, as `README.md`.

    Args:
        story: of the model.
        folder: where `save_model` put it.
    """
    parts = [
        f"---\n{_header(story).to_yaml()}\n---",
        f"# {plain(story.config.name)}, {story.member.name}",
        *_what(story),
        *_data(story),
        *_scores(story),
        *usage(story),
        *_limits(story),
        *_settings(story),
    ]
    write_text(folder / CARD, "\n\n".join(parts) + "\n")


def _header(story: Story) -> ModelCardData:
    shared = "speaker-dependent" if story.task.speakers_shared else "speakers disjoint"
    together = f", {story.together}" if story.models > 1 else ""
    on_test = ", checkpoint chosen on the TEST data" if story.config.select_on == "test" else ""
    scores = [
        EvalResult(
            task_type="audio-classification",
            task_name="speech emotion recognition",
            dataset_type=story.corpus,
            dataset_name=f"{story.corpus}: {story.config.protocol.title}, {shared}",
            dataset_split="test",
            metric_type=kind,
            metric_name=f"{name}{together}{on_test}",
            metric_value=round(story.results.scores[metric].mean / 100, 4),
            metric_args=arguments,
        )
        for metric, kind, name, arguments in (
            ("uar", "recall", "UAR (unweighted average recall)", {"average": "macro"}),
            ("wa", "accuracy", "accuracy", None),
        )
    ]
    return ModelCardData(
        model_name=f"{story.config.name}-{story.member.name}",
        base_model=story.identity.encoder if story.on_hub else None,
        license=story.entry.licence.lower() if story.entry else None,
        library_name="transformers" if story.plain else None,
        pipeline_tag="audio-classification" if story.plain else None,
        tags=list(TAGS),
        metrics=["recall", "accuracy"],
        eval_results=scores,
    )


def _what(story: Story) -> list[str]:
    config, identity, entry = story.config, story.identity, story.entry
    link = f"[{identity.encoder}](https://huggingface.co/{identity.encoder})"
    if story.on_hub:
        encoder = f"{link} at commit `{identity.revision}`"
    else:
        encoder = f"a local checkpoint, {plain(identity.encoder)}"
    pretrained = f"pretrained on {entry.pretraining}; " if entry else ""
    dense = "dense, tanh, dropout, linear" if config.head.kind == "pooled" else "one linear layer"
    return [
        *([WARNING] if config.select_on == "test" else []),
        "It names the emotion that an utterance expresses: "
        f"{', '.join(map(plain, story.results.classes))}.",
        f"- Encoder: {encoder}; {pretrained}{MODES[config.mode]}.\n"
        f"- Head: {config.head.pooling} of the last layer's frames over time, {dense}.\n"
        f"- Weights: {identity.parameters:,}, of which {identity.trained:,} trained.\n"
        f"- Checkpoint: {_checkpoint(story)}\n"
        f"- Made with featx {__version__}.",
    ]


def _checkpoint(story: Story) -> str:
    look, by = story.member.best_look, story.config.training.best_by
    on_test = story.config.select_on == "test"
    data = "the **TEST data**" if on_test else "validation data"
    return f"step {look.step:,}, chosen by {NAMES.get(by, 'loss')} on {data}."


def _data(story: Story) -> list[str]:
    protocol, fold = story.config.protocol, story.fold
    validation = "" if story.config.select_on == "test" else f"{amount(fold.validation)}; "
    name = f"`{protocol.name}`: " if protocol.name else ""
    corpus = f"Corpus: {plain(protocol.corpus)}, m" if protocol.corpus else "M"
    source = f" ({plain(protocol.source)})" if protocol.source else ""
    return [
        "## Data",
        f"- {corpus}anifest {plain(story.config.manifest.name)}, "
        f"{amount(story.task.utterances)}.\n"
        f"- Protocol: {name}{plain(protocol.title)}{source}; "
        f"{counted(len(story.task.folds), 'fold')}.\n"
        f"- This model: trained on {amount(story.training)}; "
        f"{'validated on ' if validation else ''}{validation}tested on {amount(fold.test)}.\n"
        f"- Used of each utterance: {_seconds(story.config.seconds)}.",
        f"**Speakers: {_speakers(story)}**",
    ]


def _speakers(story: Story) -> str:
    if not story.task.speakers_shared:
        return (
            "disjoint. Nobody who is heard in the test data is heard in training or validation "
            "data, so the scores are for new speakers."
        )
    if not all(utterance.speaker for utterance in story.task.utterances):
        return (
            "NOT KNOWN to be disjoint, as the manifest doesn't name them all. Training and test "
            "may share speakers; expect lower scores on new ones."
        )
    return (
        "NOT disjoint. Training, validation and test data share speakers, so the scores are for "
        "people the model has heard; expect lower ones on others."
    )


def _scores(story: Story) -> list[str]:
    results, member = story.results, story.member
    alone = score_outcomes("", story.task, [member], ())
    spread = f"mean ± std of {results.seeds} seeds" if results.seeds > 1 else "one seed"
    header = ["test, %", spread, f"95 % interval over {results.resampled}"]
    about = "The scores are those of this model."
    if story.models > 1:
        about = (
            f"The scores are those of the run's models together: {story.together}. This one is "
            f"seed {member.seed}, fold {member.fold}; its own test scores are in the last column, "
            f"from {amount(story.fold.test)}."
        )
        header.append("this model alone")
    rows = []
    for metric, score in results.scores.items():
        cells = [NAMES[metric], str(score), f"{score.low:.1f} to {score.high:.1f}"]
        rows.append([*cells, str(alone.scores[metric])][: len(header)])
    chance = 100 / np.count_nonzero(results.confusion.sum(1))
    rows.append(["chance UAR", f"{chance:.1f}", "", ""][: len(header)])
    return [
        "## Scores",
        f"{about} UAR is unweighted average recall, WA plain accuracy.",
        table(header, rows),
        "By class, in percent:",
        table(
            ["class", "precision", "recall", "F1", "utterances"],
            [
                [plain(label), *(f"{row[name]:.1f}" for name in ("precision", "recall", "f1")),
                 f"{row['utterances']:g}"]
                for label, row in results.per_class().items()
            ],
        ),
        "Confusions, in percent of the true class:",
        table(["true \\\\ predicted", *map(plain, results.classes)], _confusions(results)),
    ]  # fmt: skip


def _confusions(results: Results) -> list[list[str]]:
    shares = 100 * results.confusion / np.maximum(results.confusion.sum(1, keepdims=True), 1)
    return [
        [plain(label), *(f"{share:.0f}" for share in row)]
        for label, row in zip(results.classes, shares, strict=True)
    ]


def _limits(story: Story) -> list[str]:
    origin = (
        "What the encoder heard before is not checked here; recordings of the test may be among it."
        if story.entry
        else "What the encoder was trained on before, if at all, featx can't know; recordings of "
        "the test may be among it."
    )
    limits = [
        "Not for decisions about people. It tells what recordings that sound like this were "
        "labelled in the corpus, not what somebody feels, thinks or intends.",
        f"It has heard {amount(story.training)}, of one corpus. Other voices, languages, rooms "
        "and microphones usually lower the scores; by how much was not measured.",
        "Corpora of emotional speech are mostly acted or elicited; emotion in daily life is "
        "weaker, mixed, and expressed otherwise.",
        "It always names one of its classes, also for silence, noise, or an emotion that is none "
        "of them. Its probabilities are not calibrated.",
        origin,
        "The corpus has a licence of its own, which may bind what is trained on it.",
        *(plain(note) for note in story.results.notes()),
    ]
    return ["## Limits", bullets(limits)]


def _settings(story: Story) -> list[str]:
    config = story.config
    identity = story.identity
    told = {"revision": identity.revision} if story.on_hub else {"model": identity.encoder}
    told["manifest"] = config.manifest.name  # where it was is nobody's concern
    steps = []
    if config.protocol.manifest:
        steps.append(f"Make the manifest: `{config.protocol.manifest}`.")
    if not story.on_hub:
        steps.append(f"Put the encoder in a folder named {plain(identity.encoder)}.")
    steps.append("Write what follows to `config.toml`.")
    steps.append("`featx finetune --config config.toml`")
    return [
        "## How to repeat it",
        "\n".join(f"{number}. {step}" for number, step in enumerate(steps, 1)),
        f"```toml\n{config.model_copy(update=told).to_toml().rstrip()}\n```",
    ]


def _seconds(seconds: float) -> str:
    if math.isinf(seconds):
        return "all of it"
    return f"its first {seconds:g} s ({max(1, round(seconds * SAMPLE_RATE)):,} samples)"


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table: a column of text and others of figures."""
    lines = [header, [":--", *["--:"] * (len(header) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def bullets(lines: Sequence[str]) -> str:
    """Return a list."""
    return "\n".join(f"- {line}" for line in lines)
