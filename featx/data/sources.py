"""What every utterance of a corpus is made from: how much audio, and a digest of it.

Nothing is decoded, and every file is read once: what it holds is remembered.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from featx.data.audio import SAMPLE_RATE, TIME_SLACK, AudioError, count_samples
from featx.data.files.digests import digest_part
from featx.data.files.known import KnownFiles, know_files
from featx.data.manifest import Utterance
from featx.utils.progress import passing


class Sources(NamedTuple):
    """The audio of some utterances, in their order.

    Attributes:
        samples: (utterances,) int64, what `count_samples` says; 0 where audio can't be used.
        digests: (utterances,) uint64, what `digest_part` says; 0 where audio can't be used.
        failures: utterance id to why its audio can't be used.
    """

    samples: np.ndarray
    digests: np.ndarray
    failures: dict[str, str]


def find_sources(utterances: Sequence[Utterance]) -> Sources:
    """Count the samples of utterances and digest their audio, without decoding it.

    Args:
        utterances: in any order; best those of one file after each other.

    Raises:
        Interrupted: on Ctrl-C; what was read of files is remembered.
    """
    places: dict[Path, int] = {}
    owners = np.array([places.setdefault(u.path, len(places)) for u in utterances], np.int64)
    files = know_files(list(places))
    samples = _count(utterances, owners, files)
    digests = np.zeros(len(utterances), np.uint64)
    failures: dict[str, str] = {}
    parts = zip(utterances, owners.tolist(), samples.tolist(), strict=True)
    shown = passing(parts, len(utterances), "Digesting", "utterances")
    for number, (u, file, counted) in enumerate(shown):
        try:
            if file in files.flaws:
                raise AudioError(files.flaws[file])
            if not counted:
                samples[number] = count_samples(u.path, u.start, u.end)  # says what is wrong
            digests[number] = digest_part(files.contents[file], u.start, u.end, u.scale)
        except AudioError as error:
            samples[number], failures[u.utterance] = 0, str(error)
    return Sources(samples, digests, failures)


def _count(utterances: Sequence[Utterance], owners: np.ndarray, files: KnownFiles) -> np.ndarray:
    """Return the samples at 16 kHz of each utterance; 0 where its segment is not in its file."""
    frames, rates = files.frames[owners], files.rates[owners]
    lengths = frames / rates
    begins = np.array([u.start or 0.0 for u in utterances], np.float64)
    ends = np.array([np.nan if u.end is None else u.end for u in utterances], np.float64)
    ends = np.where(np.isnan(ends), lengths, ends)
    first, last = np.rint(begins * rates), np.minimum(np.rint(ends * rates), frames)
    inside = (begins >= 0) & (begins < ends) & (ends <= lengths + TIME_SLACK) & (first < last)
    wanted = np.where(inside, last - first, 0).astype(np.int64)
    counted: np.ndarray = -(-wanted * SAMPLE_RATE // rates)
    return counted
