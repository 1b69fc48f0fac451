"""How a checkpoint wants waveforms prepared, and where that is said.

transformers 5 saves a processor with its feature extractor nested in `processor_config.json`, and
older versions saved it in `preprocessor_config.json`. Where both are there, transformers takes the
nested one (`get_feature_extractor_dict` of its `feature_extraction_utils.py`), and so does featx.
"""

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from featx.data.audio import SAMPLE_RATE
from featx.errors import FeatxError
from featx.features.choices import NormalizeWaveform
from featx.features.encoders.checkpoints.fairseq.load import fairseq_extractor
from featx.features.encoders.checkpoints.fairseq.path import fairseq_file
from featx.features.encoders.checkpoints.folders import PREPROCESSOR, PROCESSOR
from featx.features.encoders.checkpoints.model_config import (
    check_size,
    read_model_config,
    read_settings,
)
from featx.features.encoders.families import Family, family_of
from featx.features.encoders.shape import takes_spectrograms

_NESTED = ("feature_extractor", "audio_processor")  # transformers' names for it
_FOREIGN = ("auto_map", "trust_remote_code", "custom_pipelines")  # would load code
_SIZES = ("sampling_rate", "feature_size", "hop_length", "n_fft", "chunk_length")
_MOST = 1_000_000
log = logging.getLogger("featx")


@dataclass(frozen=True)
class Preprocessing:
    """What prepares waveforms for a model.

    Attributes:
        extractor: transformers' feature extractor.
        source: a sentence on what was taken from where.
        unusual: whether a user should know that sentence.
    """

    extractor: Any
    source: str
    unusual: bool = False

    def report(self) -> None:
        """Say what was taken from where; to the user if it is unusual."""
        log.log(logging.INFO if self.unusual else logging.DEBUG, "%s", self.source)


def load_extractor(folder: Path, normalize_waveform: NormalizeWaveform | None = None) -> Any:
    """Load what prepares waveforms for a model; see `load_preprocessing`."""
    return load_preprocessing(folder, normalize_waveform).extractor


def load_preprocessing(
    folder: Path, normalize_waveform: NormalizeWaveform | None = None
) -> Preprocessing:
    """Load what prepares waveforms for a model. No code that a file names is run.

    Args:
        folder: the checkpoint's.
        normalize_waveform: "yes" or "no": whether each waveform is brought to mean 0 and
            variance 1; by default what the checkpoint says, or if it says nothing, as its family
            was published.

    Raises:
        FeatxError: if its settings can't be used or are for another sample rate, waveforms of its
            family are not normalised at all, or a choice is needed and was not made.
    """
    config = read_model_config(folder)
    family = family_of(config)
    if fairseq := fairseq_file(folder):
        extractor, reason, assumed = fairseq_extractor(fairseq)
        source = f"{fairseq}: {family.describe(extractor)}, {reason}."
        found = Preprocessing(extractor, source, assumed)
    else:
        found = _saved(folder, config, family, normalize_waveform)
    if not _choose(family, found.extractor, normalize_waveform, folder):
        return found
    source = (
        f"{found.source} As was asked for, they are {family.describe(found.extractor)} instead."
    )
    return Preprocessing(found.extractor, source, unusual=True)


def _saved(
    folder: Path, config: Any, family: Family, normalize_waveform: NormalizeWaveform | None
) -> Preprocessing:
    """Load what a folder of transformers says."""
    path, table, note = _find(folder)
    if path is None:
        return _published(folder, config, family, normalize_waveform)
    _check(path, table, family, normalize_waveform)
    extractor = _build(path, table, family)
    if extractor.sampling_rate != SAMPLE_RATE:
        raise FeatxError(
            f"{path}: expects {extractor.sampling_rate} Hz audio, featx works at {SAMPLE_RATE} Hz."
        )
    family.check(config, extractor, path)
    source = f"{path} says how waveforms are prepared: {family.describe(extractor)}.{note}"
    return Preprocessing(extractor, source, bool(note))


def _published(
    folder: Path, config: Any, family: Family, normalize_waveform: NormalizeWaveform | None
) -> Preprocessing:
    """Return what stands in for files that a folder lacks: what is published, else the choice."""
    absent = f"{folder} has neither {PROCESSOR} nor {PREPROCESSOR}"
    settings = family.published(config)
    unknown = family.needed.keys() - settings.keys()
    if unknown and normalize_waveform is None:
        raise FeatxError(
            f"{absent}, and how such a model was published is not known to featx. Take the file of "
            "the original checkpoint, or choose with `normalize_waveform`."
        )
    extractor = family.extractor(**dict.fromkeys(unknown, normalize_waveform == "yes"), **settings)
    how = "was asked for" if unknown else "for the published models of its family"
    source = f"{absent}: waveforms are prepared as {how}, {family.describe(extractor)}."
    return Preprocessing(extractor, source, unusual=True)


def _find(folder: Path) -> tuple[Path | None, dict[str, Any], str]:
    """Return the file that transformers would take, its settings, and a note on the other file."""
    old, new = folder / PREPROCESSOR, folder / PROCESSOR
    nested = _nested(new) if new.is_file() else None
    if nested is None:
        return (old, read_settings(old), "") if old.is_file() else (None, {}, "")
    return new, nested, _differing(nested, old) if old.is_file() else ""


def _nested(path: Path) -> dict[str, Any] | None:
    table = read_settings(path)
    key = next((key for key in _NESTED if key in table), None)
    if key is None or table[key] is None:  # a processor of before version 5
        return None
    if not isinstance(table[key], dict):
        raise FeatxError(f"{path}: {key} is no table of settings.")
    return dict(table[key])


def _differing(nested: dict[str, Any], path: Path) -> str:
    """Say where the file that is not taken differs from the one that is."""
    other = read_settings(path)
    differing = sorted(
        f"{key} {other[key]!r} instead of {nested[key]!r}"
        for key in other.keys() & nested.keys() - {"feature_extractor_type", "processor_class"}
        if other[key] != nested[key]
    )
    if not differing:
        return ""
    return f" {PREPROCESSOR}, which transformers doesn't read then, has {', '.join(differing)}."


def _check(
    path: Path,
    table: dict[str, Any],
    family: Family,
    normalize_waveform: NormalizeWaveform | None,
) -> None:
    """Refuse settings of another kind of preprocessor, or of sizes that none has."""
    wanted, kind = family.extractor.__name__, table.get("feature_extractor_type")
    if kind not in (None, wanted):
        raise FeatxError(
            f"{path}: feature_extractor_type is {kind!r}, and models of this family take "
            f"{wanted}. featx runs no code that comes with a checkpoint."
        )
    for key in _SIZES:
        if key in table:
            check_size(path, key, table[key], _MOST)
    for name, reason in family.needed.items():
        if name in table and type(table[name]) is not bool:
            raise FeatxError(f"{path}: {name} is {table[name]!r}, and must be true or false.")
        if name not in table and normalize_waveform is None:
            raise FeatxError(
                f"{path}: lacks {name}, which {reason}. Take the file of the original "
                "checkpoint, or choose with `normalize_waveform`."
            )


def _build(path: Path, table: dict[str, Any], family: Family) -> Any:
    kept = {key: value for key, value in table.items() if key not in _FOREIGN}
    try:
        return family.extractor.from_dict(kept)
    except Exception as error:  # whatever its validation raises, the file is at fault
        raise FeatxError(f"{path}: can't be used ({error}).") from error


def _choose(family: Family, extractor: Any, wanted: NormalizeWaveform | None, folder: Path) -> bool:
    """Let the user's choice hold; tell whether it changes anything."""
    if wanted is None:
        return False
    if "do_normalize" not in family.needed:
        raise takes_spectrograms(folder.name, wanted)
    before, extractor.do_normalize = extractor.do_normalize, wanted == "yes"
    return bool(before != extractor.do_normalize)
