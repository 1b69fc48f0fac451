"""How loud utterances are, and how far apart."""

from collections import defaultdict
from collections.abc import Sequence
from statistics import median

from featx.data.checks.finding import Finding
from featx.data.checks.sounds.heard import Heard, amount, names
from featx.data.checks.sounds.silence import is_silent
from featx.utils.text import decibels

APART = 30.0  # dB between the loudest and the quietest: more than speech spans from murmur to shout
QUIET = -50.0  # dB, of loud parts: 16 bits have 46 dB left below it
SPEAKERS_APART = 12.0  # dB between speakers' medians: a microphone four times as far away


def check_level(heard: Sequence[Heard]) -> list[Finding]:
    """Find very quiet utterances, and levels that are far apart in a corpus or by speaker."""
    audible = [item for item in heard if not is_silent(item.sound)]
    quiet = [item for item in audible if item.sound.speech < QUIET]
    findings = _check_range(audible) + _check_speakers(audible)
    if quiet:
        text = (
            f"Very quiet speech in {amount(quiet, heard)}: loud parts are below {decibels(QUIET)}. "
            "Models that do not normalise the waveform hear little of it."
        )
        findings.append(Finding("quiet speech", "warning", text, names(quiet)))
    return findings


def _check_range(audible: Sequence[Heard]) -> list[Finding]:
    if not audible:
        return []
    ordered = sorted(audible, key=lambda item: item.sound.speech)
    low, high = ordered[0], ordered[-1]
    apart = high.sound.speech - low.sound.speech
    if apart < APART:
        return []
    text = (
        f"Levels are {decibels(apart)} apart: loud parts are at {decibels(low.sound.speech)} in "
        f"{low.utterance.utterance}, at {decibels(high.sound.speech)} in "
        f"{high.utterance.utterance}. Models that do not normalise the waveform learn the level. "
        "If it is the recording's, and not the speaker's, bring all to the same."
    )
    return [Finding("level", "warning", text, names([low, high]))]


def _check_speakers(audible: Sequence[Heard]) -> list[Finding]:
    levels: dict[str, list[float]] = defaultdict(list)
    for item in audible:
        levels[item.utterance.speaker].append(item.sound.speech)
    medians = {speaker: median(values) for speaker, values in levels.items() if speaker}
    if len(medians) < 2:
        return []
    low, high = min(medians, key=medians.__getitem__), max(medians, key=medians.__getitem__)
    apart = medians[high] - medians[low]
    if apart < SPEAKERS_APART:
        return []
    text = (
        f"Speakers are up to {decibels(apart)} apart: in the median, the loud parts of {low} are "
        f"at {decibels(medians[low])}, those of {high} at {decibels(medians[high])}."
    )
    return [Finding("level by speaker", "note", text)]
