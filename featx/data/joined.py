"""Several manifests as one corpus, in which each utterance knows which of them it is from."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from featx.data.manifest import Manifest, Utterance
from featx.errors import FeatxError

ORIGIN = "manifest"  # the column of joined utterances that names their manifest


@dataclass(frozen=True)
class Part:
    """A manifest among others.

    Attributes:
        manifest: as its file has it.
        own: the id of each of its utterances there, by the id that it has among the others'.
    """

    manifest: Manifest
    own: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True)
class JoinedManifest(Manifest):
    """The utterances of several manifests, one after the other.

    Attributes:
        parts: the manifests.
    """

    parts: tuple[Part, ...] = field(repr=False)


def join_manifests(manifests: Sequence[Manifest]) -> JoinedManifest:
    """Join manifests.

    An id that an earlier manifest has already would be in two: all ids of such a manifest get its
    name before them, as in "song:03-02-01". A speaker is known by name and corpus, which the
    column "corpus" names, or else the manifest: speakers of one corpus are the same people in every
    manifest, and those of a corpus that has names of an earlier one get its name before theirs. So
    what is in the first manifest is called the same as in the manifest alone.

    Args:
        manifests: which, those first whose names stay.

    Raises:
        FeatxError: if two have the same name.
    """
    names = [manifest.name for manifest in manifests]
    if twice := [name for name, count in Counter(names).items() if count > 1]:
        paths = " and ".join(str(m.path) for m in manifests if m.name == twice[0])
        raise FeatxError(
            f"Two corpora are called {twice[0]!r}: {paths}. Corpora are told apart by the names of "
            "their manifests; give each manifest once, or rename one and its folder in features."
        )
    renamed = _corpora_to_rename(manifests)
    taken: set[str] = set()
    parts, joined = [], []
    for manifest in manifests:
        ids = [u.utterance for u in manifest.utterances]
        prefix = "" if taken.isdisjoint(ids) else f"{manifest.name}:"
        taken |= {prefix + own for own in ids}
        parts.append(Part(manifest, {prefix + own: own for own in ids}))
        joined += [_joined(u, manifest, prefix, renamed) for u in manifest.utterances]
    if len({u.utterance for u in joined}) < len(joined):
        raise FeatxError(f"{' and '.join(names)}: utterances share ids even with these names.")
    path = Path(" and ".join(manifest.path.name for manifest in manifests))
    return JoinedManifest(path, tuple(joined), tuple(parts))


def own_id(utterance: Utterance) -> str:
    """Return the id that an utterance has in its own manifest, joined or not."""
    return utterance.utterance.removeprefix(f"{utterance.column(ORIGIN)}:")


def corpus_of(utterance: Utterance, manifest: Manifest) -> str:
    """Return the corpus of an utterance, within which a speaker's name is one person's."""
    return utterance.column("corpus") or manifest.name


def _joined(
    utterance: Utterance, manifest: Manifest, prefix: str, renamed: Mapping[str, bool]
) -> Utterance:
    corpus, speaker = corpus_of(utterance, manifest), utterance.speaker
    return replace(
        utterance,
        utterance=prefix + utterance.utterance,
        speaker=f"{corpus}:{speaker}" if speaker and renamed[corpus] else speaker,
        extra={**utterance.extra, ORIGIN: manifest.name},
    )


def _corpora_to_rename(manifests: Sequence[Manifest]) -> dict[str, bool]:
    """Tell of each corpus whether a speaker of an earlier one has a name of its speakers."""
    speakers: dict[str, set[str]] = defaultdict(set)
    for manifest in manifests:
        for utterance in manifest.utterances:
            speakers[corpus_of(utterance, manifest)].add(utterance.speaker)
    renamed, taken = {}, {""}
    for corpus, names in speakers.items():
        renamed[corpus] = not taken.isdisjoint(names - {""})
        if not renamed[corpus]:
            taken |= names
    return renamed
