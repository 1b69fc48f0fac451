"""What is published of a corpus against what is here."""

from collections import Counter
from collections.abc import Mapping, Sequence

from featx.data.manifest import Utterance
from featx.utils.text import counted, listed

_SHOWN = 8  # groups or utterances in a sentence


def count_gaps(
    utterances: Sequence[Utterance],
    full: Mapping[str, int],
    columns: Sequence[str],
    noun: str = "utterance",
) -> list[str]:
    """Say of which groups there are fewer or more utterances than published.

    Args:
        utterances: those of a manifest.
        full: how many utterances the complete corpus has of each group. A group is named by the
            values of the columns, with a space between them.
        columns: the columns whose values make the groups.
        noun: what is counted, in the singular.

    Returns:
        A sentence for what is missing and one for what is surplus; none if the corpus is complete.
    """
    here = Counter(" ".join(map(u.column, columns)) for u in utterances)
    counts = f"{len(utterances):,} of {sum(full.values()):,} {noun}s are here"
    few = [f"{group} ({here[group]:,} of {n:,})" for group, n in full.items() if here[group] < n]
    many = [
        f"{group} ({n:,} instead of {full.get(group, 0):,})"
        for group, n in here.items()
        if n > full.get(group, 0)
    ]
    missing = [f"{counts}; too few: {listed(few, _SHOWN)}"] if few else []
    surplus = [f"more {noun}s than published: {listed(many, _SHOWN)}"] if many else []
    return missing + surplus


def total_gaps(utterances: Sequence[Utterance], full: int) -> list[str]:
    """Say whether there are fewer or more utterances than published, where no groups are."""
    here = len(utterances)
    if here > full:
        return [f"more utterances than published: {here:,} instead of {full:,}"]
    return [f"{here:,} of {full:,} utterances are here"] if here < full else []


def known_faults(utterances: Sequence[Utterance], faults: Mapping[str, str]) -> list[str]:
    """Say which utterances are here that are known to be faulty.

    Args:
        utterances: those of a manifest.
        faults: utterances by id, each with what is known to be wrong with it.
    """
    here = [u.utterance for u in utterances if u.utterance in faults]
    names = listed([f"{name} ({faults[name]})" for name in here], _SHOWN)
    return [f"{counted(len(here), 'utterance')} known to be faulty: {names}"] if here else []
