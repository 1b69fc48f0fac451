"""Whose features are whose: names that others gave, and the utterances of a manifest."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

from featx.data.manifest import Manifest, Utterance
from featx.errors import FeatxError
from featx.utils.text import counted, listed

_SHOWN = 3  # names in a hint


class Names:
    """Finds utterances by their ids, or by their audio files, as others name features.

    A name is an id, or a path of an utterance's audio: whole or in its last parts, with or
    without an ending. Of several utterances in one file none is meant by the file alone.

    Args:
        manifest: the utterances.
    """

    def __init__(self, manifest: Manifest) -> None:
        self._ids = {utterance.utterance for utterance in manifest.utterances}
        self._by_stem: dict[str, list[Utterance]] = defaultdict(list)
        for utterance in manifest.utterances:
            for stem in {utterance.path.name, utterance.path.stem}:
                self._by_stem[stem].append(utterance)

    def find(self, name: str) -> str | None:
        """Return the id of the utterance that a name means; None if it means none."""
        if name in self._ids:
            return name
        path = PurePosixPath(name.replace("\\", "/"))
        alike = self._by_stem.get(path.name) or self._by_stem.get(path.stem) or []
        if len(alike) > 1:
            tail = path.with_suffix("").parts
            alike = [u for u in alike if _ends_in(u, tail) or _ends_in(u, path.parts)]
        if len(alike) == 1:
            return alike[0].utterance
        stem = path.stem if path.suffix in _ENDINGS else path.name
        return stem if stem in self._ids else None


_ENDINGS = (".npy", ".wav", ".flac", ".mp3", ".ogg", ".pt")


def _ends_in(utterance: Utterance, tail: Sequence[str]) -> bool:
    parts = utterance.path.with_suffix("").parts
    return bool(tail) and parts[-len(tail) :] == tuple(tail)


def describe_unknown(names: Sequence[str], known: Iterable[str]) -> str:
    """Say which names belong to no utterance, and which ids are most like the first of them.

    Args:
        names: one or more.
        known: the ids that they may have meant.
    """
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    choices = list(known)
    close = process.extract(names[0], choices, scorer=OSA.normalized_distance, limit=1)
    hint = f"; the closest id is {close[0][0]}" if close and close[0][1] < _FAR else ""
    return f"{counted(len(names), 'name')} of no utterance: {listed(names, _SHOWN)}{hint}"


_FAR = 0.4  # of a name's letters that are others


def refuse_absent(path: object, absent: Sequence[str], surplus: Sequence[str], count: int) -> None:
    """Raise a FeatxError that names the utterances without features, and names without utterances.

    Args:
        path: where features were looked for.
        absent: the utterances that have none; one or more.
        surplus: the names that belong to no utterance.
        count: how many utterances there are.
    """
    more = f" Left over: {describe_unknown(surplus, absent)}." if surplus else ""
    raise FeatxError(
        f"{path}: no features of {len(absent):,} of {counted(count, 'utterance')}: "
        f"{listed(absent, _SHOWN)}.{more} Name the features by the utterances' ids or their audio "
        "files, or leave out those without with `skip_missing`."
    )
