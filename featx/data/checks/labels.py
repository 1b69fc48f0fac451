"""Labels that are missing, nearly alike, rare, or no labels at all."""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from featx.data.checks.finding import Finding
from featx.data.emotions import emotion_of
from featx.data.manifest import Utterance
from featx.data.words import looks_missing, plain
from featx.utils.text import counted, listed

CHECK = "labels"
_RARE = 3  # utterances: with fewer, training, validation and test can't all have the label
_SMALL = 30  # utterances: in corpora that are smaller, any label is rare
_MANY = 50  # labels
_SHORTEST = 4  # letters of labels that may differ in one by mistake; codes are shorter
_LONGEST = 200  # letters of a list of labels in a sentence
_PARTS = {
    "train", "training", "trn", "test", "testing", "tst", "val", "valid", "validation", "dev",
    "development", "devel", "eval", "evaluation",
}  # fmt: skip


def check_labels(utterances: Sequence[Utterance]) -> list[Finding]:
    """Name labels that are missing, nearly alike or rare, or seem to be something else.

    Labels that look like missing values are errors, the others are warnings; that some utterances
    have none is a note.
    """
    labelled = [utterance for utterance in utterances if utterance.label]
    counts = Counter(utterance.label for utterance in labelled)
    return [
        *check_missing(labelled),
        *_unlabelled(utterances, len(labelled)),
        *(_alike(group, why, kept, counts) for group, why, kept in _groups(counts)),
        *_mixed(counts),
        *_no_labels(counts),
        *_rare(counts),
    ]


def check_missing(utterances: Sequence[Utterance]) -> list[Finding]:
    """Name labels that look like missing values, as "nan" or "?" do, with an error each.

    A corpus may have no labels at all: then something else is learned of it.
    """
    if not any(utterance.label for utterance in utterances):
        return []
    ids: dict[str, list[str]] = defaultdict(list)
    for utterance in utterances:
        if looks_missing(utterance.label):
            ids[utterance.label].append(utterance.utterance)
    others = sorted({utterance.label for utterance in utterances} - set(ids))
    return [
        Finding(CHECK, "error", _missing(label, named, others), tuple(named))
        for label, named in sorted(ids.items())
    ]


def _unlabelled(utterances: Sequence[Utterance], labelled: int) -> Iterator[Finding]:
    if 0 < labelled < len(utterances):
        ids = tuple(utterance.utterance for utterance in utterances if not utterance.label)
        text = f"{len(ids):,} of {counted(len(utterances), 'utterance')} have no label."
        yield Finding(CHECK, "note", text, ids)


def _missing(label: str, ids: Sequence[str], others: Sequence[str]) -> str:
    kept = ",".join(others)
    plainly = kept and len(kept) <= _LONGEST and not re.search(r"[\s\"'`]", kept)
    keep = f"Keep the other labels by `labels={kept}`" if plainly else "Choose labels by `labels`"
    count = f"{counted(len(ids), 'utterance')} ({listed(ids, 2)})"
    if not label.strip():
        has = "has" if len(ids) == 1 else "have"
        return f"{count} {has} no label. {keep}."
    return (
        f"The label {label!r} of {count} looks like a missing value. {keep}; or, if it is a class, "
        f"give it a name that says so, as `merge={label}=neutral` does."
    )


def _groups(counts: Counter[str]) -> Iterator[tuple[list[str], str, str]]:
    """Yield labels that are likely the same, how they differ, and the one to keep."""
    by_word: dict[str, list[str]] = defaultdict(list)
    for label in counts:
        if not looks_missing(label):
            by_word[emotion_of(label) or f"={plain(label)}"].append(label)
    kept = [_to_keep(group, counts) for group in by_word.values()]
    for group, keep in zip(by_word.values(), kept, strict=True):
        if len(group) > 1:
            written = len({plain(label) for label in group}) == 1
            why = "differ only in case, spaces or Unicode form" if written else "mean the same"
            yield group, why, keep
    if len(kept) <= _MANY:
        for pair in _misspelt(kept):
            yield pair, "differ in a single letter", _to_keep(pair, counts)


def _to_keep(group: Sequence[str], counts: Counter[str]) -> str:
    """Return the label that featx's corpora use, or else a known one, or the most frequent."""
    return max(
        group,
        key=lambda label: (
            emotion_of(label) == label,
            emotion_of(label) is not None,
            counts[label],
        ),
    )


def _misspelt(labels: Sequence[str]) -> Iterator[list[str]]:
    for number, label in enumerate(labels):
        for other in labels[number + 1 :]:
            if _a_letter_apart(label, other):
                yield [label, other]


def _a_letter_apart(label: str, other: str) -> bool:
    """Tell whether two labels differ by a slip of the pen: a letter more, less, else or swapped."""
    from rapidfuzz.distance import OSA

    short, long = sorted((plain(label), plain(other)), key=len)
    if _emotion_within(label) and _emotion_within(label) == _emotion_within(other):
        return False  # as in OAF_sad and YAF_sad, where the rest is something else
    known = [emotion_of(label) is not None, emotion_of(other) is not None]
    if all(known) or len(short) < _SHORTEST or (len(long) == _SHORTEST and not any(known)):
        return False  # two emotions, or codes such as HAHV and HALV
    if long[1:] == short or re.sub(r"\d+", "", short) != short:
        return False  # as in typical and atypical; numbers are meant
    return OSA.distance(short, long, score_cutoff=1) <= 1


def _emotion_within(label: str) -> str | None:
    """Return the emotion that a label holds beside other words; None if it is or holds none."""
    found = [emotion_of(word) for word in plain(label).split()]
    return next(filter(None, found), None) if emotion_of(label) is None else None


def _alike(group: Sequence[str], why: str, kept: str, counts: Counter[str]) -> Finding:
    """Say which labels are alike, and what merges them."""
    same = len({unicodedata.normalize("NFC", label) for label in group}) < len(group)
    show = ascii if same else repr
    shown = ", ".join(f"{show(label)} ({counts[label]:,})" for label in group)
    cures = " ".join(f"`merge={label}={kept}`" for label in group if label != kept)
    text = f"The labels {shown} {why}. To make them one class, list the corpus with {cures}."
    return Finding(CHECK, "warning", text)


def _mixed(counts: Counter[str]) -> Iterator[Finding]:
    """Yield a warning if emotions come with several other words, such as names of speakers."""
    mixed = [label for label in sorted(counts) if _emotion_within(label)]
    times = Counter(map(_emotion_within, mixed))
    if sum(number > 1 for number in times.values()) > 1:
        text = (
            f"{len(mixed)} labels hold an emotion and something else: {listed(mixed)}. Give "
            "`label`, a regular expression whose only group finds the label in a path, such as "
            "'_([A-Za-z]+)/'."
        )
        yield Finding(CHECK, "warning", text)


def _no_labels(counts: Counter[str]) -> Iterator[Finding]:
    """Yield a warning if labels seem to be parts of a corpus, speakers, or texts."""
    labels = sorted(counts)
    stems = Counter(re.sub(r"\d+", "", label) for label in labels)
    stem, alike = stems.most_common(1)[0] if stems else ("", 0)
    if len(labels) > 1 and all(plain(label) in _PARTS for label in labels):
        yield Finding(
            CHECK, "warning", f"The labels {listed(labels, 5)} name parts of a corpus, no emotions."
        )
    elif alike > 2 and stem.strip() and any(character.isalpha() for character in stem):
        examples = [label for label in labels if re.sub(r"\d+", "", label) == stem]
        yield Finding(
            CHECK,
            "warning",
            f"{alike} labels differ in a number alone, as speakers' names do: {listed(examples)}.",
        )
    elif len(labels) > _MANY and len(labels) > counts.total() / 10:
        yield Finding(
            CHECK,
            "warning",
            f"{counts.total():,} utterances have {len(labels):,} labels, such as "
            f"{listed([repr(label) for label in labels], 2)}: they look like texts or names.",
        )


def _rare(counts: Counter[str]) -> Iterator[Finding]:
    rare = [label for label, number in sorted(counts.items()) if number < _RARE]
    if rare and counts.total() >= _SMALL and len(counts) <= _MANY:
        shown = listed([f"{label} ({counts[label]})" for label in rare], 8)
        yield Finding(
            CHECK,
            "warning",
            f"So few utterances have these labels that no division gives all parts some: {shown}. "
            "Leave them out by `labels`, or rename them by `merge`.",
        )
