"""Whether utterances have the labels that are to be learned."""

from collections.abc import Sequence

from featx.data.listing.labels.votes import VOTE
from featx.data.manifest import Manifest, Utterance
from featx.errors import FeatxError
from featx.utils.text import counted


def check_labelled(manifest: Manifest, utterances: Sequence[Utterance]) -> None:
    """Refuse utterances without a label, where labels are learned or chosen by.

    Args:
        manifest: the corpus.
        utterances: those of it that may be used.

    Raises:
        FeatxError: naming some of them, and what else could be learned.
    """
    without = [utterance.utterance for utterance in utterances if not utterance.label]
    if not without:
        return
    other = "or learn another column by `target`"
    if any(name.startswith(VOTE) for name in manifest.columns):
        other += ", or the annotators' votes by `task='distribution'`"
    if len(without) == len(utterances):
        raise FeatxError(
            f"{manifest.path}: no utterance has a label. Fill the column label, {other}."
        )
    raise FeatxError(
        f"{manifest.path}: {counted(len(without), 'utterance')} of {len(utterances):,} without a "
        f"label, such as {without[0]!r}. Fill the column label, leave these rows out, {other}."
    )
