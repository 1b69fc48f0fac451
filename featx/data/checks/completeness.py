"""What is missing of a published corpus, or surplus."""

from collections import defaultdict
from collections.abc import Sequence

from featx.data.checks.finding import Finding
from featx.data.corpora import CORPORA
from featx.data.manifest import Utterance

_COLUMN = "corpus"  # which `featx manifest` writes


def check_completeness(utterances: Sequence[Utterance]) -> list[Finding]:
    """Compare utterances to the published counts of the corpora that they are of."""
    corpora: dict[str, list[Utterance]] = defaultdict(list)
    for utterance in utterances:
        corpora[utterance.column(_COLUMN)].append(utterance)
    findings = []
    for name in sorted(set(corpora) & set(CORPORA)):
        corpus = CORPORA[name]
        if corpus.gaps:
            texts = (f"{corpus.title}: {gap}." for gap in corpus.gaps(corpora[name]))
            findings += [Finding(_COLUMN, "warning", text) for text in texts]
    return findings
