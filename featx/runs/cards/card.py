"""What the cards of models have in common: links, tables, and what models are not for."""

from collections.abc import Mapping, Sequence
from typing import Any

from huggingface_hub import EvalResult

from featx.features.encoders.checkpoints.registry import EncoderEntry, read_registry
from featx.utils.tables import markdown_table, plain

TAGS = ("audio-classification", "speech-emotion-recognition", "featx")
LIMITS = (
    "Not for decisions about people. It tells what recordings that sound like this were labelled "
    "in the corpus, not what somebody feels, thinks or intends.",
    "Corpora of emotional speech are mostly acted or elicited; emotion in daily life is weaker, "
    "mixed, and expressed otherwise.",
    "The corpus has a licence of its own, which may bind what is trained on it.",
)


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


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table in Markdown: a column of text, and others of figures."""
    return "\n".join(markdown_table(header, rows, "l" + "r" * (len(header) - 1)))


def entry(
    corpus: str,
    dataset: str,
    kind: str,
    name: str,
    value: float,
    arguments: Mapping[str, Any] | None = None,
) -> EvalResult:
    """Return a score as the Hub's index of models takes it.

    Args:
        corpus: the name of the corpus.
        dataset: the name of the corpus and how it was divided.
        kind: the metric's name on the Hub.
        name: what the score is called.
        value: the score.
        arguments: what else the metric is computed with.
    """
    return EvalResult(
        task_type="audio-classification",
        task_name="speech emotion recognition",
        dataset_type=corpus,
        dataset_name=dataset,
        dataset_split="test",
        metric_type=kind,
        metric_name=name,
        metric_value=value,
        metric_args=None if arguments is None else dict(arguments),
    )
