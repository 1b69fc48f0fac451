"""Learning from some corpora and testing on others."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from featx.data.joined import ORIGIN
from featx.data.manifest import Manifest, Utterance
from featx.errors import FeatxError
from featx.protocols.divisions.manifests import Corpora
from featx.protocols.draws import Utterances, draw
from featx.protocols.groups import by_speaker, check_speakers_known, natural
from featx.utils.text import counted, listed

Divided = tuple[Utterances, Utterances, Utterances]  # training, validation and test


def divide_corpora(
    manifest: Manifest, utterances: Sequence[Utterance], division: Corpora
) -> list[Divided]:
    """Divide joined manifests by which of them is learned from.

    Args:
        manifest: what messages name.
        utterances: those of all manifests, in a fixed order.
        division: which are learned from and which tested, and how speakers are kept apart.

    Raises:
        FeatxError: if a manifest has no utterances here, a speaker is unknown, there are too few,
            or the same speakers are learned from and tested and the division does not fold them.
    """
    known = {u.column(ORIGIN) for u in utterances}
    absent = [name for name in (*division.train, *division.test) if name not in known]
    if absent:
        raise FeatxError(
            f"{manifest.path}: no utterances of {listed(absent)} are left to learn from or test; "
            f"there are some of {listed(sorted(known)) or 'none'}. Labels or a target that the "
            "corpora share are needed."
        )
    learned = _of(utterances, division.train)
    tested = _of(utterances, division.test)
    if division.speaker_dependent:
        return [(*draw(manifest, learned, 1 / division.count), tested)]
    check_speakers_known(manifest, [*learned, *tested])
    shared = shared_speakers(utterances, division)
    if not division.fold_speakers:
        _refuse_shared(manifest, shared, division)
        validation, *others = _deal(manifest, learned, division.count)
        return [(_ordered(u for group in others for u in group), _ordered(validation), tested)]
    groups = _deal(manifest, utterances, division.count)
    return [
        _tested_group(groups[number], groups[(number + 1) % len(groups)], learned, division)
        for number in range(len(groups))
        if _of(groups[number], division.test)
    ]


def shared_speakers(utterances: Sequence[Utterance], division: Corpora) -> list[str]:
    """Return who is both in a manifest that is learned from and in one that is tested."""
    learned, tested = (
        {u.speaker for u in _of(utterances, names)} for names in (division.train, division.test)
    )
    return sorted(learned & tested - {""}, key=natural)


def describe_corpora(utterances: Sequence[Utterance], division: Corpora) -> str:
    """Return a phrase on who validates and is tested, without the names of the corpora."""
    rate = f"one in {division.count}"
    if division.speaker_dependent:
        return f"{rate} utterances that are learned from validates; the test corpus is tested whole"
    if not division.fold_speakers:
        return f"{rate} speakers who are learned from validates; the test corpus is tested whole"
    shared = counted(len(shared_speakers(utterances, division)), "speaker")
    return (
        f"training and test corpora share {shared}: in each of {division.count} folds those who "
        "are tested are in neither training nor validation"
    )


def _refuse_shared(manifest: Manifest, shared: Sequence[str], division: Corpora) -> None:
    if shared:
        raise FeatxError(
            f"{manifest.path}: {counted(len(shared), 'speaker')} of {' and '.join(division.train)} "
            f"would be tested in {' and '.join(division.test)}, such as {listed(shared)}: the head "
            "would know its test voices. `fold_speakers` divides the speakers of all corpora into "
            "folds, and learns from those who are not tested. (Speakers of one name are the same "
            "where the column corpus says the same.)"
        )


def _tested_group(
    group: Sequence[Utterance],
    following: Sequence[Utterance],
    learned: Utterances,
    division: Corpora,
) -> Divided:
    """Test a group's speakers; those of it in no test manifest are not tested, so they train."""
    test = _of(group, division.test)
    validation = _of(following, division.train)
    others = {u.speaker for u in (*test, *validation)}
    train = tuple(u for u in learned if u.speaker not in others)
    return train, _ordered(validation), _ordered(test)


def _deal(manifest: Manifest, utterances: Sequence[Utterance], count: int) -> list[list[Utterance]]:
    """Deal speakers into groups: those of the same corpora in turn, and of them the sexes."""
    speakers = by_speaker(manifest, utterances)
    if len(speakers) < 2:
        raise FeatxError(
            f"{manifest.path}: {next(iter(speakers))} is the only speaker to learn from, and "
            "training and validation take two. Add a corpus, or give `speaker_dependent`."
        )
    origins = _origins(speakers)
    order = sorted(speakers, key=lambda s: (origins[s], speakers[s][0].column("sex"), natural(s)))
    dealt = min(count, len(order))
    return [[u for speaker in order[i::dealt] for u in speakers[speaker]] for i in range(dealt)]


def _origins(speakers: Mapping[str, Sequence[Utterance]]) -> dict[str, list[str]]:
    """Return the manifests that each speaker is in."""
    found: dict[str, set[str]] = defaultdict(set)
    for speaker, utterances in speakers.items():
        found[speaker] = {u.column(ORIGIN) for u in utterances}
    return {speaker: sorted(names) for speaker, names in found.items()}


def _of(utterances: Sequence[Utterance], manifests: Sequence[str]) -> Utterances:
    return tuple(u for u in utterances if u.column(ORIGIN) in manifests)


def _ordered(utterances: Iterable[Utterance]) -> Utterances:
    return tuple(sorted(utterances, key=lambda u: u.utterance))
