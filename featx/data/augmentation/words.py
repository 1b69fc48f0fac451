"""An augmentation in words, for those who read what was learned from it."""

from featx.data.augmentation.effects.ranges import Probability
from featx.data.augmentation.settings import Augmentation


def describe_augmentation(settings: Augmentation) -> str:
    """Return every effect with its range and how often it is done, in its order."""
    parts: list[str] = []
    if speed := settings.speed:
        parts.append(_often("speed × {:g} to {:g}", speed.factor, speed.probability))
    if pitch := settings.pitch:
        words = "pitch by {:+g} to {:+g} semitones"
        parts.append(_often(words, pitch.semitones, pitch.probability))
    if room := settings.room:
        parts.append(_often("recorded rooms", (), room.probability))
    if noise := settings.noise:
        kind = "recorded" if noise.folder else "white"
        parts.append(_often(kind + " noise at {:g} to {:g} dB", noise.snr, noise.probability))
    if gain := settings.gain:
        parts.append(_often("gain of {:+g} to {:+g} dB", gain.decibels, gain.probability))
    return ", ".join(parts)


def _often(words: str, ends: tuple[float, ...], probability: Probability) -> str:
    text = words.format(*ends).replace("-", "−")
    return text if probability == 1 else f"{text} ({100 * probability:g} %)"
