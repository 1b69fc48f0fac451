"""The same sound under several names, with one label or several."""

from collections import Counter
from collections.abc import Mapping, Sequence

from featx.data.checks.finding import Finding, Severity
from featx.data.corpora import CORPORA
from featx.data.joined import own_id
from featx.data.manifest import Utterance
from featx.data.sounds.same import Same, describe_same
from featx.utils.text import counted, listed

CHECK = "duplicates"
LABELS = "conflicting labels"


def check_duplicates(utterances: Sequence[Utterance], same: Sequence[Same]) -> list[Finding]:
    """Say which utterances are the same sound, and under which labels and speakers.

    Args:
        utterances: the corpus.
        same: from `find_same`.
    """
    by_id = {utterance.utterance: utterance for utterance in utterances}

    def find(
        pairs: Sequence[Same], what: str, check: str = CHECK, severity: Severity = "warning"
    ) -> list[Finding]:
        if not pairs:
            return []
        shown = listed([describe_same(pair, by_id) for pair in pairs])
        names = dict.fromkeys(name for pair in pairs for name in (pair.first, pair.second))
        count = counted(len(pairs), "pair")
        return [Finding(check, severity, f"{count} of utterances {what}: {shown}.", (*names,))]

    known = [pair for pair in same if is_published(pair, by_id)]
    same = [pair for pair in same if pair not in known]
    labels = [s for s in same if by_id[s.first].label != by_id[s.second].label]
    speakers = [s for s in same if by_id[s.first].speaker != by_id[s.second].speaker]
    what = f"are the same sound{_kinds(same)}"
    if speakers:
        what += f", {len(speakers):,} of them under different speakers"
    telling = sorted(same, key=lambda pair: by_id[pair.first].speaker == by_id[pair.second].speaker)
    return [
        *find(telling, what),
        *find(labels, "are the same sound under different labels", LABELS),
        *find(known, "are the same sound, as the corpus is known to have them", severity="note"),
    ]


def is_published(same: Same, utterances: Mapping[str, Utterance]) -> bool:
    """Tell whether a corpus is known to hold two utterances that are the same sound.

    Args:
        same: the two.
        utterances: those of the corpus, by id.
    """
    corpora = {utterances[name].column("corpus") for name in (same.first, same.second)}
    corpus = CORPORA.get(corpora.pop()) if len(corpora) == 1 else None
    pair = frozenset(own_id(utterances[name]) for name in (same.first, same.second))
    return corpus is not None and pair in corpus.copies


def _kinds(same: Sequence[Same]) -> str:
    counts = Counter(pair.how for pair in same)
    if len(counts) < 2:
        return ""
    return f" ({', '.join(f'{how}: {number:,}' for how, number in counts.items())})"
