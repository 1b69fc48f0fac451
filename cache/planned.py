"""What is planned against what a store holds: changed, misplaced, or there under another id."""

from collections.abc import Iterable

from cache.layout import PlannedUtterance
from cache.store import FeatureStore


def find_changed_audio(store: FeatureStore, plan: Iterable[PlannedUtterance]) -> list[str]:
    """Return the done utterances whose audio is not that of a plan, or is cut elsewhere.

    Features of unknown audio can be of any, and where one digest is of what a file holds and
    the other of what a server says of it, lengths alone are compared.
    """
    return [
        planned.utterance
        for planned in plan
        if store.is_done(planned.utterance) and not _is_of(store, planned)
    ]


def _is_of(store: FeatureStore, planned: PlannedUtterance) -> bool:
    source, samples = store.source(planned.utterance), store.samples(planned.utterance)
    comparable = source and not (source ^ planned.source) & 1
    return not (comparable and source != planned.source) and samples in (0, planned.samples)


def find_same_audio(store: FeatureStore, plan: Iterable[PlannedUtterance]) -> dict[str, str]:
    """Return which done utterance has the audio of each planned one that is not in the store.

    Args:
        store: an open store.
        plan: utterances with the digest and length of their audio.
    """
    absent = [p for p in plan if p.source and p.utterance not in store]
    if not absent:
        return {}
    done = {
        (store.source(utterance), store.samples(utterance)): utterance
        for utterance in store.utterances
        if store.is_done(utterance)
    }
    found = ((p.utterance, done.get((p.source, p.samples))) for p in absent)
    return {name: utterance for name, utterance in found if utterance is not None}


def misplaced(store: FeatureStore, plan: Iterable[PlannedUtterance]) -> list[str]:
    """Return the utterances that are not done and have no room for what is planned."""
    return [
        planned.utterance
        for planned in plan
        if planned.utterance in store
        and not store.is_done(planned.utterance)
        and (
            store.is_fixed(planned.utterance)
            or (store.samples(planned.utterance), store.frames(planned.utterance))
            != (planned.samples, planned.frames)
        )
    ]
