"""The same sound in two parts of a fold, which a division must keep apart."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from featx.data.checks.corpus import check_corpus
from featx.data.checks.duplicates import CHECK, is_published
from featx.data.manifest import Manifest, Utterance
from featx.data.sounds.same import Same, describe_same
from featx.errors import FeatxError
from featx.protocols.fold import Fold
from featx.protocols.task import Task
from featx.utils.text import counted, listed

IN_TWO_PARTS = "the same sound is in two parts of a fold"


class Repeat(NamedTuple):
    """Two utterances that are the same sound, and where they are in two parts.

    Attributes:
        same: the utterances.
        fold: the number of the first fold in which they are in two parts.
        parts: the part of each.
    """

    same: Same
    fold: int
    parts: tuple[str, str]


def find_repeats(folds: Sequence[Fold], same: Sequence[Same]) -> list[Repeat]:
    """Find the sounds that are in two parts of a fold, each pair once, those in test first.

    Args:
        folds: how the utterances are divided.
        same: the pairs that are the same sound; those not in the folds don't count.
    """
    found: dict[Same, Repeat] = {}
    for fold in folds:
        part_of = {u.utterance: name for name, part in fold.parts.items() for u in part}
        for pair in same:
            parts = part_of.get(pair.first), part_of.get(pair.second)
            if parts[0] and parts[1] and parts[0] != parts[1]:
                found.setdefault(pair, Repeat(pair, fold.number, (parts[0], parts[1])))
    return sorted(found.values(), key=lambda repeat: "test" not in repeat.parts)


def describe_repeats(repeats: Sequence[Repeat], utterances: Mapping[str, Utterance]) -> str:
    """Return a phrase that counts the repeats, and names the first of them.

    Args:
        repeats: from `find_repeats`; one or more.
        utterances: those of the folds, by id.
    """
    pairs = [
        f"{describe_same(r.same, utterances)}, {r.parts[0]} and {r.parts[1]} of fold {r.fold}"
        for r in repeats
    ]
    count = counted(len(repeats), "pair")
    return f"{count}: {listed(pairs)}"


def why_kept(
    repeats: Sequence[Repeat], utterances: Mapping[str, Utterance], keep_duplicates: bool
) -> str:
    """Say in a phrase why repeats are no reason to refuse a division; empty if they are.

    Args:
        repeats: from `find_repeats`; one or more.
        utterances: those of the folds, by id.
        keep_duplicates: whether a sound may be in two parts.
    """
    if all(is_published(repeat.same, utterances) for repeat in repeats):
        return "the corpus has it so"
    return "kept as asked" if keep_duplicates else ""


def check_task(task: Task, manifest: Manifest, keep_duplicates: bool) -> Task:
    """Check what is used of a corpus, and that no sound is in two parts of a fold.

    Args:
        task: the corpus as it is divided.
        manifest: where it comes from, for messages.
        keep_duplicates: whether a sound may be in two parts.

    Returns:
        The task, with remarks on what was found.

    Raises:
        FeatxError: if a sound is in two parts, and the corpus is not known for it.
        Interrupted: on Ctrl-C.
    """
    used = {utterance.utterance for utterance in task.utterances}
    # with the labels of the manifest, which a target may have replaced
    own = [utterance for utterance in manifest.utterances if utterance.utterance in used]
    heard = [utterance for utterance in own if utterance.path.is_file()]
    absent = len(task.utterances) - len(heard)
    checked = check_corpus(heard)
    utterances = {u.utterance: u for u in task.utterances}
    repeats = find_repeats(task.folds, checked.same)
    said_below = len(repeats) == len(checked.same)
    remarks = [f.text for f in checked.findings if f.check != CHECK or not said_below]
    if absent:
        remarks.append(
            f"Note: the audio of {counted(absent, 'utterance')} is not here, so it was not "
            "compared: the same sound may be in two parts of a fold."
        )
    if repeats:
        phrase = describe_repeats(repeats, utterances)
        why = why_kept(repeats, utterances, keep_duplicates)
        if not why:
            raise FeatxError(
                f"{manifest.path}: {IN_TWO_PARTS}, {phrase}. A model would be tested on what it "
                "has learned by heart. Take one row of each pair out of the manifest, or keep them "
                "with `keep_duplicates`."
            )
        remarks.append(f"THE SAME SOUND IN TWO PARTS OF A FOLD: {why}, {phrase}.")
    return replace(task, remarks=(*task.remarks, *remarks))
