"""What a reader of a corpus is, and what it finds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from featx.data.manifest import Utterance


@dataclass(frozen=True)
class Found:
    """What a corpus holds.

    Attributes:
        utterances: its utterances, in a fixed order.
        notes: sentences for people: what was left out and what is missing.
    """

    utterances: list[Utterance]
    notes: list[str]


@dataclass(frozen=True)
class Facts:
    """What is published about a corpus, for `featx corpora`.

    Attributes:
        licence: the licence, as short as it is known by.
        hours: hours of audio; None if not published.
        speakers: how many people speak; None if not published.
        utterances: how many utterances the complete corpus has; None if it varies.
        labels: its labels, in the words of the manifest.
        language: the language spoken.
        link: where to get it.
    """

    licence: str
    hours: float | None
    speakers: int | None
    utterances: int | None
    labels: tuple[str, ...]
    language: str
    link: str


@dataclass(frozen=True)
class Corpus:
    """How to read one corpus. Its module in `featx.data.corpora` calls it `CORPUS`.

    Attributes:
        title: its name as people write it.
        find: takes the root folder and the options by name.
        options: those that `find` takes; labels can be chosen and merged in every corpus.
        facts: what is published about it; None for a way to sort files, such as "folder".
        gaps: says in sentences what is missing of the complete corpus, or surplus, and which of
            its known faults are among the utterances; both a new manifest and `featx audit` say it.
        copies: pairs of utterances that are the same sound in the corpus as people have it; a fold
            that holds them in two parts is remarked on, not refused.
        remote: whether the root can be an id of the Hugging Face Hub instead of a folder.
    """

    title: str
    find: Callable[..., Found]
    options: tuple[str, ...] = ()
    facts: Facts | None = None
    gaps: Callable[[Sequence[Utterance]], list[str]] | None = None
    copies: frozenset[frozenset[str]] = frozenset()
    remote: bool = False
