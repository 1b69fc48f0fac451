"""Utterances in groups: by speaker, by another column, or several speakers together."""

import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from featx.data.manifest import Manifest, Utterance
from featx.data.words import names_nobody
from featx.errors import FeatxError
from featx.protocols.divisions.kind import BY_SPEAKER
from featx.utils.text import counted, listed, nearest


def group_by(
    manifest: Manifest, utterances: Sequence[Utterance], by: str, needed: int
) -> list[list[Utterance]]:
    """Group utterances by a column, in the natural order of its values.

    Args:
        manifest: the corpus that messages name.
        utterances: what is grouped.
        by: the column.
        needed: how many groups there must be at least.

    Raises:
        FeatxError: if there is no such column, it is empty somewhere, or has too few values.
    """
    if by == "speaker":
        groups = by_speaker(manifest, utterances)
    else:
        _check_filled(manifest, utterances, by)
        groups = _grouped(utterances, by)
    _check_enough(manifest, by, groups, needed)
    return list(groups.values())


def deal_speakers(
    manifest: Manifest, utterances: Sequence[Utterance], count: int
) -> list[list[Utterance]]:
    """Deal speakers into groups, sexes in turn.

    Args:
        manifest: the corpus that messages name.
        utterances: all that the speakers say.
        count: how many groups there are.

    Raises:
        FeatxError: if a speaker is unknown, or there are too few.
    """
    speakers = by_speaker(manifest, utterances)
    _check_enough(manifest, "speaker", speakers, needed=3)
    if len(speakers) < count:
        raise FeatxError(f"{manifest.path}: {len(speakers)} speakers, too few for {count} folds.")
    # sexes one after the other, so that dealing spreads each of them over the groups
    order = sorted(speakers, key=lambda s: (speakers[s][0].column("sex"), natural(s)))
    return [[u for speaker in order[i::count] for u in speakers[speaker]] for i in range(count)]


def by_speaker(manifest: Manifest, utterances: Sequence[Utterance]) -> dict[str, list[Utterance]]:
    """Return what each speaker says, in the natural order of speakers.

    Raises:
        FeatxError: if a speaker is unknown.
    """
    check_speakers_known(manifest, utterances)
    return _grouped(utterances, "speaker")


def check_all_named(manifest: Manifest, speakers: Collection[str], named: Sequence[str]) -> None:
    """Raise a FeatxError if a protocol that names speakers leaves some of the corpus out."""
    unnamed = [speaker for speaker in speakers if speaker not in set(named)]
    if unnamed:
        raise FeatxError(
            f"{manifest.path}: the protocol gives speaker {listed(unnamed)} no part. Use the "
            "corpus that it is for, or name them in it."
        )


def check_speakers_known(manifest: Manifest, utterances: Sequence[Utterance]) -> None:
    """Raise a FeatxError if the speaker of an utterance is unknown."""
    unknown = [u.utterance for u in utterances if names_nobody(u.speaker)]
    if unknown:
        raise FeatxError(
            f"{manifest.path}: {len(unknown):,} of {len(utterances):,} utterances have no speaker, "
            f"such as {listed(unknown)}, so training and test can't be kept apart by speaker. "
            "Unknown, n/a and the like name nobody. Fill in the column, leave these rows out, or "
            "divide otherwise; without a protocol, `speaker_dependent` divides utterances."
        )


def natural(name: str) -> list[tuple[int, str]]:
    """Return a sort key that puts speaker 2 before speaker 10."""
    parts = re.split(r"(\d+)", name)
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]


def _grouped(utterances: Sequence[Utterance], by: str) -> dict[str, list[Utterance]]:
    groups = defaultdict(list)
    for utterance in utterances:
        groups[utterance.column(by)].append(utterance)
    return {name: groups[name] for name in sorted(groups, key=natural)}


def _check_filled(manifest: Manifest, utterances: Sequence[Utterance], by: str) -> None:
    without = [u.utterance for u in utterances if not u.column(by)]
    if by != "session" and len(without) == len(utterances):
        known = {name for u in utterances for name in ("speaker", "session", *u.extra)}
        raise FeatxError(
            f"{manifest.path}: it has no column {by}, by which the protocol divides; "
            f"{nearest(by, known)}"
        )
    if without:
        raise FeatxError(
            f"{manifest.path}: utterances {listed(without)} have no {by}, so none can be "
            "left out. Fill in the column, or take a protocol that divides otherwise."
        )


def _check_enough(
    manifest: Manifest, by: str, groups: Mapping[str, Sequence[Utterance]], needed: int
) -> None:
    if len(groups) >= needed:
        return
    here = f"{manifest.path}: {counted(len(groups), by)}"
    if by in BY_SPEAKER:
        raise FeatxError(
            f"{here}; training, validation and test need a {by} each. Add {by}s, or divide "
            "otherwise; `speaker_dependent` divides utterances."
        )
    if needed == 2:
        raise FeatxError(f"{here}; training and test need a {by} each. Divide otherwise.")
    raise FeatxError(
        f"{here}; training, validation and test need a {by} each. Divide otherwise; with two, a "
        "share of the others can validate: validation = 0.1 below [division]."
    )
