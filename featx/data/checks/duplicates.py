"""The same sound under several names, with one label or several."""

from collections import Counter
from collections.abc import Sequence

from featx.data.checks.finding import Finding
from featx.data.manifest import Utterance
from featx.data.sounds.same import Same, describe_same
from featx.utils.text import counted, listed

CHECK = "duplicates"


def check_duplicates(utterances: Sequence[Utterance], same: Sequence[Same]) -> list[Finding]:
    """Say which utterances are the same sound, and under which labels and speakers.

    Args:
        utterances: the corpus.
        same: from `find_same`.
    """
    by_id = {utterance.utterance: utterance for utterance in utterances}

    def find(pairs: Sequence[Same], what: str) -> list[Finding]:
        if not pairs:
            return []
        shown = listed([describe_same(pair, by_id) for pair in pairs])
        names = dict.fromkeys(name for pair in pairs for name in (pair.first, pair.second))
        count = counted(len(pairs), "pair")
        return [Finding(CHECK, "warning", f"{count} of utterances {what}: {shown}.", (*names,))]

    labels = [s for s in same if by_id[s.first].label != by_id[s.second].label]
    speakers = [s for s in same if by_id[s.first].speaker != by_id[s.second].speaker]
    what = f"are the same sound{_kinds(same)}"
    if speakers:
        what += f", {len(speakers):,} of them under different speakers"
    telling = sorted(same, key=lambda pair: by_id[pair.first].speaker == by_id[pair.second].speaker)
    return [
        *find(telling, what),
        *find(labels, "are the same sound under different labels"),
    ]


def _kinds(same: Sequence[Same]) -> str:
    counts = Counter(pair.how for pair in same)
    if len(counts) < 2:
        return ""
    return f" ({', '.join(f'{number:,} {how}' for how, number in counts.items())})"
