"""Speakers that are no people, or one person under several names."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

from featx.data.checks.finding import Finding
from featx.data.manifest import Utterance
from featx.data.words import names_nobody, plain
from featx.utils.text import counted, listed

CHECK = "speakers"
_FEW = 3  # speakers, or utterances of one, from which a pattern shows
_CURE = (
    "give `speaker`, a regular expression whose only group finds the speaker in a path, such as "
    "'(OAF|YAF)_'"
)
Spoken = Mapping[str, Sequence[Utterance]]  # what each speaker says


def check_speakers(utterances: Sequence[Utterance]) -> list[Finding]:
    """Name speakers that don't seem to be people, each in one spelling.

    Utterances of unknown speakers are passed over.
    """
    spoken: dict[str, list[Utterance]] = defaultdict(list)
    for utterance in utterances:
        if not names_nobody(utterance.speaker):
            spoken[utterance.speaker].append(utterance)
    return [
        *_named_by_utterance(spoken),
        *_single_labels(spoken),
        *_spelt_alike(spoken),
        *_shared_names(
            spoken, "corpus", "Two people may have one name: write the corpus before it"
        ),
        *_shared_names(spoken, "sex", "Two people seem to have one name, or the column is wrong"),
    ]


def _named_by_utterance(spoken: Spoken) -> Iterator[Finding]:
    if len(spoken) < _FEW or any(len(said) > 1 for said in spoken.values()):
        return
    files = all(_is_file(name, said[0]) for name, said in spoken.items())
    yield Finding(
        CHECK,
        "warning",
        f"Each of the {len(spoken):,} speakers, such as {next(iter(spoken))}, speaks a single "
        f"utterance{', which has that name' if files else ''}. If these are names of files, "
        f"dividing by them does not keep people apart: {_CURE}.",
    )


def _is_file(name: str, utterance: Utterance) -> bool:
    return plain(name) in (plain(utterance.path.stem), plain(utterance.utterance))


def _single_labels(spoken: Spoken) -> Iterator[Finding]:
    labels = {name: Counter(u.label for u in said) for name, said in spoken.items()}
    single = [name for name, counts in labels.items() if len(counts) == 1]
    if len({label for counts in labels.values() for label in counts}) < 2 or len(spoken) < _FEW:
        return
    often = [name for name in single if len(spoken[name]) >= _FEW]
    if not often:
        return
    if len(single) < len(spoken):
        names = [f"{name} ({next(iter(labels[name]))})" for name in often]
        count = f"{len(often)} of {len(spoken)} speakers"
        yield Finding(CHECK, "note", f"{count} have a single label: {listed(names, 8)}.")
    elif all(plain(next(iter(labels[name]))) in plain(name) for name in spoken):
        yield _labels_in_names(labels, often[0])
    else:
        yield Finding(
            CHECK,
            "warning",
            f"Every speaker has a single label, such as {often[0]} {next(iter(labels[often[0]]))}: "
            "a head can learn voices for labels, and normalising by speaker takes them away. If "
            f"these are no people: {_CURE}.",
        )


def _labels_in_names(labels: Mapping[str, Counter[str]], example: str) -> Finding:
    """Say that names hold labels; an error if what else is in them is shared, as OAF_sad does."""
    others: dict[str, set[str]] = defaultdict(set)
    for name, counts in labels.items():
        label = plain(next(iter(counts)))
        others[plain(name).replace(label, "").strip()].add(label)
    shared = any(len(held) > 1 and not re.fullmatch(r"[\d\s]*", n) for n, held in others.items())
    text = f"The names of the speakers hold their labels, as {example} does"
    if shared:
        text = f"{text}: one person has several. Dividing"
    else:  # such as healthy_01 and ill_01, who can be two people
        text = f"{text}. If one person has several of them, dividing"
    text += f" by them does not keep people apart: {_CURE}."
    return Finding(CHECK, "error" if shared else "warning", text)


def _spelt_alike(spoken: Spoken) -> Iterator[Finding]:
    """Yield a warning on names that differ in case, separators or zeros before numbers."""
    alike: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for name, said in spoken.items():
        corpora = sorted({utterance.column("corpus") for utterance in said})
        alike[(_spelling(name), *corpora)].append(name)
    pairs = [" and ".join(map(repr, names)) for names in alike.values() if len(names) > 1]
    if pairs:
        yield Finding(
            CHECK,
            "warning",
            f"{counted(len(pairs), 'speaker')} may be written in two ways: {listed(pairs, 5)}. If "
            "so, write them alike: a division by speaker takes them for several people.",
        )


def _spelling(name: str) -> str:
    """Return a name without separators, but those between numbers: 1-12 is not 11-2."""
    word = re.sub(r"(?<=\d)\.0$", "", plain(name))  # as numbers that were read as decimal ones
    word = re.sub(r"(?<=\d)[ .]+(?=\d)", "-", word).replace(" ", "").replace(".", "")
    return re.sub(r"(?<!\d)0+(?=\d)", "", word)


def _shared_names(spoken: Spoken, column: str, cure: str) -> Iterator[Finding]:
    """Yield a warning on speakers that have two values in a column that belongs to a person."""
    values = {name: {u.column(column) for u in said} - {""} for name, said in spoken.items()}
    several = [f"{name} ({', '.join(sorted(x))})" for name, x in values.items() if len(x) > 1]
    if several:
        text = f"There is more than one {column} for {counted(len(several), 'speaker')}"
        yield Finding(CHECK, "warning", f"{text}: {listed(several, 5)}. {cure}.")
