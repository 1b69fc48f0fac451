"""Stored features and the audio of a manifest: whether the one was computed from the other."""

import logging
from collections.abc import Sequence

from cache import FeatureStore, PlannedUtterance, find_changed_audio, find_same_audio
from featx.data.audio import SAMPLE_RATE
from featx.data.manifest import Manifest, Utterance, audio_is_gone
from featx.data.sources import Sources, find_sources
from featx.errors import Call, StoreError
from featx.utils.text import counted, listed

log = logging.getLogger("featx")


def match_audio(
    stores: Sequence[FeatureStore], manifest: Manifest, utterances: Sequence[Utterance]
) -> None:
    """Let stores find utterances by their audio, and refuse features of other audio.

    An utterance that is not in a store has the features that are there of the same audio under
    another id. Features of unknown audio, such as imported ones, are not compared. Where no audio
    file is here at all, nothing can be, which is said.

    Args:
        stores: the features.
        manifest: where the utterances come from.
        utterances: those whose features are wanted.

    Raises:
        StoreError: if the audio of utterances is not that which their features were made from.
        Interrupted: on Ctrl-C.
    """
    known = [store for store in stores if not store.identity.is_imported]
    if not known:
        return
    if audio_is_gone(utterances):
        log.info(
            "%s: its audio is not here, so that features are used without comparing what they "
            "were computed from.",
            manifest.path,
        )
        return
    sources = find_sources(utterances)
    for store in known:
        plan = _plan(store, utterances, sources)
        store.adopt(find_same_audio(store, plan))
        if changed := find_changed_audio(store, plan):
            _refuse(store, manifest, changed)


def same_audio(store: FeatureStore, utterances: Sequence[Utterance]) -> dict[str, str]:
    """Return which stored utterance has the audio of each utterance that is not in a store.

    Args:
        store: the features.
        utterances: those that may be there under other ids; those without audio here are not.

    Raises:
        Interrupted: on Ctrl-C.
    """
    absent = [u for u in utterances if u.utterance not in store and u.path.is_file()]
    return find_same_audio(store, _plan(store, absent, find_sources(absent))) if absent else {}


def _plan(
    store: FeatureStore, utterances: Sequence[Utterance], sources: Sources
) -> list[PlannedUtterance]:
    """Return utterances as a store knows them, but for their frames."""
    seconds = store.identity.trimmed_to
    limit = round(seconds * SAMPLE_RATE) if seconds else None
    samples = sources.samples if limit is None else sources.samples.clip(max=limit)
    facts = zip(utterances, samples.tolist(), sources.digests.tolist(), strict=True)
    return [PlannedUtterance(u.utterance, length, 0, source) for u, length, source in facts]


def _refuse(store: FeatureStore, manifest: Manifest, changed: Sequence[str]) -> None:
    cure = {
        "model": store.identity.encoder,
        "manifest": manifest.path,
        "out": store.folder,
        "update": True,
    }
    raise StoreError(
        f"{store.folder}: the features of {counted(len(changed), 'utterance')} were computed from "
        f"other audio than {manifest.path} now gives: {listed(changed)}. Files have changed, paths "
        "were exchanged, or utterances are cut elsewhere.",
        Call("If the manifest is right, this computes their features again", "extract", cure),
    )
