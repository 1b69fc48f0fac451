"""A corpus in a few figures."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from featx.data.label_order import order_labels
from featx.data.manifest import Utterance
from featx.data.sounds.measure import Measured
from featx.data.sounds.sound import Sound


@dataclass(frozen=True)
class Summary:
    """What a corpus holds.

    Attributes:
        utterances: how many there are, also those that can't be read.
        hours: of audio that can be read.
        speakers: how many are known.
        labels: how many utterances each label has.
        rates: how many files have each sample rate, in Hz.
        level: the median level of loud parts, in dB; this and those below are None if nothing
            could be read.
        snr: the median estimate of the signal-to-noise ratio, in dB.
        bandwidth: the median, in Hz.
        seconds: the median length.
        pauses: the share of all audio that is pause at the ends.
    """

    utterances: int
    hours: float
    speakers: int
    labels: dict[str, int]
    rates: dict[int, int]
    level: float | None
    snr: float | None
    bandwidth: float | None
    seconds: float | None
    pauses: float | None

    def to_json(self) -> dict[str, Any]:
        """Return the figures as JSON values."""
        return {**vars(self), "rates": {str(rate): n for rate, n in self.rates.items()}}


def summarise(utterances: Sequence[Utterance], measured: Measured) -> Summary:
    """Return a corpus in a few figures."""
    sounds = list(measured.sounds.values())
    counts = Counter(utterance.label for utterance in utterances)
    seconds = sum(sound.seconds for sound in sounds)
    pauses = sum(sound.leading + sound.trailing for sound in sounds)
    return Summary(
        utterances=len(utterances),
        hours=seconds / 3600,
        speakers=len({utterance.speaker for utterance in utterances} - {""}),
        labels={label: counts[label] for label in order_labels(counts) if label},
        rates=dict(Counter(sound.rate for sound in sounds).most_common()),
        level=_median(sounds, lambda sound: sound.speech),
        snr=_median(sounds, lambda sound: sound.snr),
        bandwidth=_median(sounds, lambda sound: sound.bandwidth),
        seconds=_median(sounds, lambda sound: sound.seconds),
        pauses=pauses / seconds if seconds else None,
    )


def _median(sounds: Sequence[Sound], value: Callable[[Sound], float]) -> float | None:
    return median(map(value, sounds)) if sounds else None
