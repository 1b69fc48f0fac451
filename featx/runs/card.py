"""What the cards of models have in common: scores, classes, and what they are not for."""

from collections.abc import Sequence

import numpy as np
from huggingface_hub import EvalResult

from featx.features.encoders.checkpoints import EncoderEntry, read_registry
from featx.scoring.classes.results import Results
from featx.utils.tables import markdown_table, plain

TAGS = ("audio-classification", "speech-emotion-recognition", "featx")
METRICS = ("recall", "accuracy")
UAR_AND_WA = "UAR is unweighted average recall, WA plain accuracy."
LIMITS = (
    "Not for decisions about people. It tells what recordings that sound like this were labelled "
    "in the corpus, not what somebody feels, thinks or intends.",
    "Corpora of emotional speech are mostly acted or elicited; emotion in daily life is weaker, "
    "mixed, and expressed otherwise.",
    "The corpus has a licence of its own, which may bind what is trained on it.",
)


def index_scores(results: Results, corpus: str, dataset: str, of_what: str) -> list[EvalResult]:
    """Return the scores as the Hub's index of models takes them, as shares of one.

    Args:
        results: the scores.
        corpus: the name of the corpus.
        dataset: the name of the corpus and how it was divided.
        of_what: what follows a score's name, such as ", 6 folds".
    """
    return [
        EvalResult(
            task_type="audio-classification",
            task_name="speech emotion recognition",
            dataset_type=corpus,
            dataset_name=dataset,
            dataset_split="test",
            metric_type=kind,
            metric_name=f"{name}{of_what}",
            metric_value=round(results.scores[metric].mean / 100, 4),
            metric_args=arguments,
        )
        for metric, kind, name, arguments in (
            ("uar", "recall", "UAR (unweighted average recall)", {"average": "macro"}),
            ("wa", "accuracy", "accuracy", None),
        )
    ]


def find_entry(encoder: str) -> EncoderEntry | None:
    """Return the entry of a Hub id among the encoders with a short name, if it is one of them."""
    return {entry.hub_id: entry for entry in read_registry().values()}.get(encoder)


def link_encoder(encoder: str, revision: str | None) -> str:
    """Return where an encoder is from, in Markdown.

    Args:
        encoder: its Hub id, or the name of a local folder.
        revision: the Hub's commit or the package; empty for a local folder.
    """
    if not revision:
        return f"a local checkpoint, {plain(encoder)}"
    entry = find_entry(encoder)
    packaged = entry and entry.package and entry.package.requirement == revision
    origin = "from the package" if packaged else "at commit"
    return f"[{encoder}](https://huggingface.co/{encoder}) {origin} `{revision}`"


def chance(results: Results) -> float:
    """Return the UAR of guessing, in percent."""
    return 100 / int(np.count_nonzero(results.confusion.sum(1)))


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table in Markdown: a column of text, and others of figures."""
    return "\n".join(markdown_table(header, rows, "l" + "r" * (len(header) - 1)))


def class_tables(results: Results) -> list[str]:
    """Return the tables of precision and recall by class, and of confusions."""
    return [
        "By class, in percent:",
        table(["class", "precision", "recall", "F1", "utterances"], _classes(results)),
        "Confusions, in percent of the true class:",
        table(["true \\ predicted", *results.classes], _confusions(results)),
    ]


def _classes(results: Results) -> list[list[str]]:
    return [
        [
            label,
            f"{row['precision']:.1f}",
            f"{row['recall']:.1f}",
            f"{row['f1']:.1f}",
            f"{row['utterances']:g}",
        ]
        for label, row in (*results.per_class().items(), *results.averages().items())
    ]


def _confusions(results: Results) -> list[list[str]]:
    shares = 100 * results.confusion / np.maximum(results.confusion.sum(1, keepdims=True), 1)
    return [
        [label, *(f"{share:.0f}" for share in row)]
        for label, row in zip(results.classes, shares, strict=True)
    ]
