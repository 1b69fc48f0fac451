"""What predictions are asked for: audio of any kind of source, or stored features."""

import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cache import FeatureStore
from featx.data.corpora.folder import SUFFIXES
from featx.data.listing.files import find_files
from featx.data.listing.patterns import Pattern
from featx.data.manifest import Manifest, Utterance, load_manifest
from featx.errors import FeatxError
from featx.features.stores.folders import open_store
from featx.utils.remote.path import RemotePath, to_path
from featx.utils.text import counted

Source = str | Path | FeatureStore
Inputs = Source | Manifest | Sequence[Source]
SpeakerOf = Callable[[str], str] | Mapping[str, str] | str
Ask = Callable[[str], str | None]
ENOUGH = 8  # utterances of a speaker; with fewer a warning is due
log = logging.getLogger("featx")


@dataclass(frozen=True)
class Recordings:
    """Utterances as audio.

    Attributes:
        manifest: the utterances; label and speaker are empty where audio alone is given.
    """

    manifest: Manifest

    @property
    def speakers(self) -> dict[str, str]:
        """Who speaks each utterance; empty where unknown."""
        return {utterance.utterance: utterance.speaker for utterance in self.manifest.utterances}


@dataclass(frozen=True)
class StoredFeatures:
    """Utterances whose features are stored.

    Attributes:
        stores: one, or one for each store that a head fuses.
    """

    stores: tuple[FeatureStore, ...]

    @property
    def speakers(self) -> dict[str, str]:
        """Empty: stores do not say who speaks."""
        return {}


def read_inputs(inputs: Inputs, scale: float | None = None) -> Recordings | StoredFeatures:
    """Find out what is asked for.

    Args:
        inputs: an audio file, several of them, a folder of audio, a manifest or its path, a
            feature store or its folder, or several stores; or URLs of them, but of a folder of
            audio.
        scale: what the samples of audio files are divided by; None for nothing.

    Raises:
        FeatxError: if a path is not there, a folder holds neither audio nor features, audio
            and features are mixed, or a scale is given for something else than files.
    """
    if scale is not None and (
        isinstance(inputs, Manifest) or (isinstance(inputs, str | Path) and _is_manifest(inputs))
    ):
        raise FeatxError("`scale` is for audio files: a manifest has a column `scale` for it.")
    if isinstance(inputs, Manifest):
        return Recordings(inputs)
    if isinstance(inputs, str | Path) and _is_manifest(inputs):
        return Recordings(load_manifest(inputs))
    sources = [inputs] if isinstance(inputs, str | Path | FeatureStore) else list(inputs)
    if not sources:
        raise FeatxError("`inputs` is empty: give an audio file, a folder, a manifest or a store.")
    listed = [str(s) for s in sources if isinstance(s, str | Path) and _is_manifest(s)]
    if listed:
        raise FeatxError(f"`inputs` lists {listed[0]}: give a manifest alone, not in a list.")
    stores = [_as_store(source) for source in sources]
    found = tuple(store for store in stores if store is not None)
    if found and len(found) < len(sources):
        raise FeatxError("`inputs` mixes audio and stored features: give one or the other.")
    if found and scale is not None:
        raise FeatxError("`scale` is for audio files, not for stored features.")
    if found:
        return StoredFeatures(found)
    paths = [path for source in sources for path in audio_files(to_path(str(source)))]
    path, count = Counter(paths).most_common(1)[0]
    if count > 1:
        raise FeatxError(f"`inputs` names {path} twice.")
    utterances = [Utterance(str(p), p.absolute(), "", "", scale=scale) for p in paths]
    return Recordings(Manifest(to_path(str(sources[0])), tuple(utterances)))


def _is_manifest(path: str | Path) -> bool:
    return to_path(path).suffix.lower() == ".csv"


def _as_store(source: Source) -> FeatureStore | None:
    if isinstance(source, FeatureStore):
        return source
    folder = to_path(source)
    if isinstance(folder, RemotePath):
        return None if folder.suffix.lower() in SUFFIXES else open_store(folder)
    return FeatureStore(folder) if folder.is_dir() and FeatureStore.exists(folder) else None


def audio_files(path: Path) -> list[Path]:
    """Return an audio file, or all in a folder, at any depth.

    Raises:
        FeatxError: if it is not there, or the folder holds none.
    """
    if not path.exists():
        raise FeatxError(f"{path}: no such file or folder.")
    if path.is_file():
        return [path]
    found = sorted(find_files(path, SUFFIXES))
    if not found:
        endings = ", ".join(sorted(SUFFIXES))
        raise FeatxError(f"{path}: holds neither audio ({endings}) nor a feature store.")
    return found


def find_speakers(
    utterances: Sequence[str], known: Mapping[str, str], ask: Ask | None
) -> list[str]:
    """Return who speaks each utterance.

    Args:
        utterances: ids.
        known: speakers by utterance, from a manifest; empty if there is none.
        ask: gives the speaker of an utterance id; it goes before what is known.

    Raises:
        FeatxError: if an utterance has no speaker by `ask`.
    """
    if ask is None:
        speakers = [known.get(utterance, "") for utterance in utterances]
        if not all(speakers):
            log.warning(
                "The model standardises features by speaker, and the speakers are unknown: "
                "utterances without one count as those of one speaker. "
                "`speaker_of` says who speaks."
            )
    else:
        speakers = [ask(utterance) or "" for utterance in utterances]
        if not all(speakers):
            missing = utterances[speakers.index("")]
            raise FeatxError(f"`speaker_of` gives no speaker for {missing!r}.")
    _warn_of_few(speakers)
    return speakers


def _warn_of_few(speakers: Sequence[str]) -> None:
    """Say what it costs to standardise a speaker by very few utterances (docs/predicting.md)."""
    few = [speaker for speaker, count in Counter(speakers).items() if count < ENOUGH]
    if few:
        log.warning(
            "The model standardises features by speaker, and of %s there are fewer than %d "
            "utterances, which leaves little of what tells emotions apart: on RAVDESS, UAR falls "
            "from 85 %% to 73 %% with 4 utterances of each speaker, and to chance with a single "
            "one. Give more of each speaker, or fit with `normalize='global'`.",
            counted(len(few), "speaker"),
            ENOUGH,
        )


def asking(speaker_of: SpeakerOf) -> Ask:
    """Return a function from an utterance to its speaker, None where there is none.

    Raises:
        FeatxError: if it is text and no regular expression with one group.
    """
    if isinstance(speaker_of, Mapping):
        return speaker_of.get
    if not isinstance(speaker_of, str):
        return speaker_of
    pattern = Pattern("speaker_of", speaker_of, "speaker")
    return lambda utterance: pattern.find(utterance) or None
