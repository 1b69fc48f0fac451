"""Writes the synthetic corpus, laid out and named as RAVDESS is."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soundfile

from featx.data.audio import SAMPLE_RATE, Waveform
from featx.demo.emotions import EMOTIONS
from featx.demo.voice import STATEMENTS, Voice, synthesise
from featx.utils import files

INTENSITIES = (1.0, 1.5)  # how strongly cues are expressed in 01, normal, and 02, strong
MAN = Voice(
    pitch=115.0,
    accents=3.0,
    contour=0.85,
    level=0.006,
    dynamics=4.0,
    rate=5.5,
    pauses=0.08,
    brightness=0.5,
    breath=0.12,
    jitter=0.01,
    shimmer=0.05,
    onset=0.04,
    tract=1.0,
)
# A woman's F0 and formants over a man's: Peterson and Barney (1952), JASA 24:175-184, table II.
WOMAN = replace(MAN, pitch=1.7 * MAN.pitch, tract=1.17 * MAN.tract)
SPEAKER_SPREAD = {  # standard deviation of each setting's logarithm between speakers
    "pitch": 0.1, "accents": 0.15, "contour": 0.04, "level": 0.25, "dynamics": 0.15,
    "rate": 0.06, "pauses": 0.2, "brightness": 0.08, "breath": 0.3, "jitter": 0.25,
    "shimmer": 0.25, "onset": 0.15, "tract": 0.04,
}  # fmt: skip
TAKE_SPREAD = {  # and between one speaker's takes
    "pitch": 0.05, "accents": 0.15, "contour": 0.05, "level": 0.12, "dynamics": 0.15,
    "rate": 0.05, "pauses": 0.25, "brightness": 0.05, "breath": 0.15, "jitter": 0.15,
    "shimmer": 0.15, "onset": 0.15, "tract": 0.01,
}  # fmt: skip
EXPRESSIVENESS_SPREAD = 0.1  # the same, of how strongly a speaker expresses everything
STYLE_SPREAD = 0.2  # and of how much a speaker makes of one cue in one emotion


class Take(NamedTuple):
    """RAVDESS's codes for one utterance of a speaker, each from 1."""

    emotion: int
    intensity: int
    statement: int
    repetition: int


def write_corpus(folder: Path, speakers: int = 12, takes: int = 1, seed: int = 0) -> None:
    """Write `Actor_XX/03-01-EE-II-SS-RR-AA.wav`, 16 kHz mono 16-bit.

    As in RAVDESS, odd actors are men and even ones women, and every emotion but neutral has a
    normal and a strong intensity. The two statements alternate. Speakers differ in voice and in
    how they express an emotion; takes of one speaker differ at random. A file depends only on the
    seed and its own name.

    Args:
        folder: where to write; it is made if needed.
        speakers: how many actors there are.
        takes: how many utterances of each emotion and intensity a speaker says;
            16 × speakers × takes in all.
        seed: the random seed of everything that is drawn.
    """
    for actor in range(1, speakers + 1):
        home = folder / f"Actor_{actor:02}"
        for take in _list_takes(actor, takes):
            name = "-".join(f"{code:02}" for code in (3, 1, *take, actor))
            audio = speak(actor, take, seed)
            write = partial(soundfile.write, data=audio, samplerate=SAMPLE_RATE, subtype="PCM_16")
            files.replace(home / f"{name}.wav", write)


def speak(actor: int, take: Take, seed: int = 0) -> Waveform:
    """Synthesise one utterance.

    Args:
        actor: the speaker's number, from 1; even numbers are women.
        take: what to say, and how.
        seed: the random seed of the speaker's voice and of the take's variations.

    Returns:
        (samples,) float32 at 16 kHz.
    """
    neutral, style = _draw_speaker(actor, seed)
    emotion = list(EMOTIONS)[take.emotion - 1]
    strength = INTENSITIES[take.intensity - 1]
    cues = {
        name: factor ** (strength * style[emotion][name])
        for name, factor in asdict(EMOTIONS[emotion]).items()
    }
    generator = np.random.default_rng([seed, actor, *take])
    voice = _vary(_multiply(neutral, cues), TAKE_SPREAD, generator)
    return synthesise(voice, STATEMENTS[take.statement - 1], generator)


def _list_takes(actor: int, takes: int) -> Iterator[Take]:
    for emotion, name in enumerate(EMOTIONS, start=1):
        # Neutral has no strong intensity; spoken twice as often, it has as many utterances.
        intensities, repeats = ((1,), 2 * takes) if name == "neutral" else ((1, 2), takes)
        for intensity in intensities:
            for take in range(repeats):
                statement = (actor + emotion + intensity + take) % 2 + 1
                yield Take(emotion, intensity, statement, take // 2 + 1)


def _draw_speaker(actor: int, seed: int) -> tuple[Voice, dict[str, dict[str, float]]]:
    """Draw a speaker's neutral voice, and an exponent for every cue of every emotion."""
    generator = np.random.default_rng([seed, actor])
    neutral = _vary(MAN if actor % 2 else WOMAN, SPEAKER_SPREAD, generator)
    expressiveness = np.exp(EXPRESSIVENESS_SPREAD * generator.standard_normal())
    style = {
        emotion: {
            name: expressiveness * np.exp(STYLE_SPREAD * generator.standard_normal())
            for name in asdict(cues)
        }
        for emotion, cues in EMOTIONS.items()
    }
    return neutral, style


def _vary(voice: Voice, spread: Mapping[str, float], generator: np.random.Generator) -> Voice:
    """Multiply each setting by a random factor."""
    return _multiply(
        voice,
        {name: np.exp(sigma * generator.standard_normal()) for name, sigma in spread.items()},
    )


def _multiply(voice: Voice, factors: Mapping[str, float]) -> Voice:
    return replace(voice, **{name: getattr(voice, name) * by for name, by in factors.items()})
