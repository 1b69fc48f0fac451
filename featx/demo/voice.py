"""A small source-filter synthesiser: speech-like sounds whose voice can be set."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.signal import istft, stft

from featx.data.audio import SAMPLE_RATE, Waveform

HOP = 128  # samples, 8 ms: the voice's settings change this often
WINDOW = 512  # samples, 32 ms
MARGIN = 0.06  # seconds of silence at both ends
RELEASE = 0.04  # seconds a syllable takes to die away
SINC_HALF = 8  # samples on either side of a band-limited pulse
ROOM_NOISE = 5e-5  # amplitude: recordings are never digitally silent
PEAK = 0.95  # no louder, however extreme the voice

# F1, F2, F3 in Hz of men's vowels: Peterson and Barney (1952), JASA 24:175-184, table II.
VOWELS = {
    "IH": (390.0, 1990.0, 2550.0),
    "AA": (730.0, 1090.0, 2440.0),
    "AO": (570.0, 840.0, 2410.0),
    "AH": (640.0, 1190.0, 2390.0),
}
UPPER_FORMANTS = (3500.0, 4500.0)  # Hz, nearly the same in all vowels
BANDWIDTHS = (60.0, 90.0, 150.0, 200.0, 250.0)  # Hz


@dataclass(frozen=True)
class Voice:
    """How one utterance is spoken.

    Attributes:
        pitch: mean F0, Hz.
        accents: height of a pitch accent, semitones.
        contour: F0 at the end over F0 at the beginning, accents aside.
        level: root mean square amplitude; full scale is 1.
        dynamics: how far an accented syllable stands out, dB.
        rate: syllables a second.
        pauses: length of the pause between phrases, seconds.
        brightness: factor on the voiced amplitude for each octave up.
        breath: amplitude of aspiration noise over that of the glottal pulses.
        jitter: standard deviation of a glottal pulse's time, in periods.
        shimmer: standard deviation of a pulse's amplitude, relative.
        onset: time that a syllable takes to reach its level, seconds.
        tract: factor on all formants; above 1 is a shorter vocal tract.
    """

    pitch: float
    accents: float
    contour: float
    level: float
    dynamics: float
    rate: float
    pauses: float
    brightness: float
    breath: float
    jitter: float
    shimmer: float
    onset: float
    tract: float


class Syllable(NamedTuple):
    """A consonant, as noise, and a vowel."""

    vowel: str
    stress: float  # 0 to 1
    noise: float  # Hz, centre of the consonant's noise
    seconds: float  # how long the consonant lasts; 0 for none


_BY_THE_DOOR = (
    Syllable("AA", 0.5, 800, 0.03),
    Syllable("AH", 0.1, 5000, 0.03),
    Syllable("AO", 1.0, 3500, 0.03),
)
STATEMENTS = (
    (  # Kids are talking by the door
        Syllable("IH", 1.0, 2500, 0.06),
        Syllable("AA", 0.2, 5000, 0.06),
        Syllable("AO", 0.9, 3500, 0.06),
        Syllable("IH", 0.3, 2000, 0.05),
        *_BY_THE_DOOR,
    ),
    (  # Dogs are sitting by the door
        Syllable("AO", 1.0, 3500, 0.03),
        Syllable("AA", 0.2, 5000, 0.06),
        Syllable("IH", 0.9, 6000, 0.09),
        Syllable("IH", 0.3, 3500, 0.05),
        *_BY_THE_DOOR,
    ),
)
"""RAVDESS's two statements, 01 and 02, as their vowels and the place of their consonants."""
PHRASE_BREAK = 4  # a pause before this syllable, "by"


class _Score(NamedTuple):
    """What changes over an utterance; every array has a value for each frame."""

    f0: np.ndarray  # Hz
    amplitude: np.ndarray  # of voice and breath
    formants: np.ndarray  # (formants, frames), Hz
    consonant: np.ndarray  # whether one sounds
    centre: np.ndarray  # Hz, of its noise


def synthesise(
    voice: Voice, statement: Sequence[Syllable], generator: np.random.Generator
) -> Waveform:
    """Speak a statement: glottal pulses, breath and consonants through moving formants.

    The source is a train of band-limited pulses with jitter and shimmer, tilted by the voice's
    brightness; the filter is the cascade of resonators of Klatt (1980), Software for a
    cascade/parallel formant synthesizer, JASA 67(3):971-995, applied frame by frame to the
    short-time spectrum.

    Args:
        voice: how to speak.
        statement: what to say.
        generator: draws all that varies from take to take.

    Returns:
        (samples,) float32 at 16 kHz, within [-0.95, 0.95].
    """
    score = _write_score(voice, statement, generator)
    samples = (len(score.f0) - 1) * HOP
    pulses = _spectrum(_pulse_train(voice, score.f0, samples, generator))
    noise = _spectrum(generator.standard_normal(samples))
    frequencies = np.fft.rfftfreq(WINDOW, 1 / SAMPLE_RATE)[:, None]
    tilt = (1 + (frequencies / 100) ** 2) ** (np.log2(voice.brightness) / 2)
    voiced = pulses * tilt / np.sqrt(np.mean(tilt**2))
    vocal = (voiced + voice.breath * noise) * _vocal_tract(score.formants, frequencies)
    consonants = np.exp(-0.5 * ((frequencies - score.centre) / 1000) ** 2) * noise
    mix = score.amplitude * vocal + score.consonant * consonants
    speech: Waveform = istft(mix, SAMPLE_RATE, nperseg=WINDOW, noverlap=WINDOW - HOP)[1][:samples]
    speech -= speech.mean()  # as a microphone passes on no constant pressure
    speech *= voice.level / np.sqrt(np.mean(speech**2))
    speech += ROOM_NOISE * generator.standard_normal(samples)
    speech *= min(1.0, PEAK / np.abs(speech).max())
    return speech.astype(np.float32)


def _write_score(
    voice: Voice, statement: Sequence[Syllable], generator: np.random.Generator
) -> _Score:
    """Lay a statement out in time, and set the voice's course over its frames."""
    stress = np.array([syllable.stress for syllable in statement])
    consonant = np.array([syllable.seconds for syllable in statement])
    begin, end = _syllable_times(voice, stress, generator)
    vowel = begin + np.minimum(consonant, 0.5 * (end - begin))
    middle = (vowel + end) / 2
    accents = voice.accents * (
        stress - stress.mean() + 0.2 * generator.standard_normal(len(stress))
    )
    time = np.arange(0, end[-1] + MARGIN, HOP / SAMPLE_RATE)
    course = np.clip((time - begin[0]) / (end[-1] - begin[0]), 0, 1) - 0.5
    current = np.clip(np.searchsorted(begin, time, side="right") - 1, 0, None)
    rise = np.clip((time - vowel[current]) / voice.onset, 0, 1)
    fall = np.clip((end[current] - time) / RELEASE, 0, 1)
    loudness = 10 ** (voice.dynamics * (stress - stress.mean()) / 20)
    return _Score(
        f0=voice.pitch * voice.contour**course * 2 ** (np.interp(time, middle, accents) / 12),
        amplitude=loudness[current] * rise * fall,
        formants=_formants(voice, statement, middle, time),
        consonant=(time >= begin[current]) & (time < vowel[current]),
        centre=np.array([syllable.noise for syllable in statement])[current],
    )


def _syllable_times(
    voice: Voice, stress: np.ndarray, generator: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return when each syllable begins and ends, in seconds."""
    weight = (0.8 + 0.4 * stress) * np.exp(0.08 * generator.standard_normal(len(stress)))
    weight[-1] *= 1.3  # syllables are longer before a pause
    length = weight / weight.mean() / voice.rate
    end = MARGIN + np.cumsum(length)
    end[PHRASE_BREAK:] += voice.pauses
    return end - length, end


def _formants(
    voice: Voice, statement: Sequence[Syllable], middle: np.ndarray, time: np.ndarray
) -> np.ndarray:
    """Glide from vowel to vowel; (formants, frames), Hz."""
    targets = np.array([VOWELS[syllable.vowel] + UPPER_FORMANTS for syllable in statement])
    return voice.tract * np.array([np.interp(time, middle, formant) for formant in targets.T])


def _pulse_train(
    voice: Voice, f0: np.ndarray, samples: int, generator: np.random.Generator
) -> np.ndarray:
    """Place a windowed sinc at each glottal closure; (samples,) of unit power."""
    sample = np.arange(samples)
    pitch = np.interp(sample, HOP * np.arange(len(f0)), f0)
    cycles = np.cumsum(pitch) / SAMPLE_RATE
    closures = np.arange(1, int(cycles[-1]))
    jittered = closures + voice.jitter * generator.standard_normal(len(closures))
    position = np.interp(jittered, cycles, sample)
    loudness = 1 + voice.shimmer * generator.standard_normal(len(closures))
    nearest = np.round(position).astype(int)[:, None] + np.arange(-SINC_HALF, SINC_HALF + 1)
    offset = nearest - position[:, None]
    kernel = np.sinc(offset) * np.cos(0.5 * np.pi * offset / (SINC_HALF + 1)) ** 2
    inside = (nearest >= 0) & (nearest < samples)
    train: np.ndarray = np.zeros(samples)
    np.add.at(train, nearest[inside], (loudness[:, None] * kernel)[inside])
    train *= np.sqrt(SAMPLE_RATE / pitch)
    return train


def _vocal_tract(formants: np.ndarray, frequencies: np.ndarray) -> np.ndarray:
    """Return the response of the resonators in cascade; (frequencies, frames), complex."""
    delay = np.exp(-2j * np.pi * frequencies / SAMPLE_RATE)
    response = np.ones((len(frequencies), formants.shape[1]), complex)
    for centre, bandwidth in zip(formants, BANDWIDTHS, strict=True):
        radius = np.exp(-np.pi * bandwidth / SAMPLE_RATE)
        feedback = 2 * radius * np.cos(2 * np.pi * centre / SAMPLE_RATE)
        gain = 1 - feedback + radius**2
        response *= gain / (1 - feedback * delay + radius**2 * delay**2)
    return response


def _spectrum(signal: np.ndarray) -> np.ndarray:
    """Return the short-time spectrum; (frequencies, frames), a frame every `HOP` samples."""
    return np.asarray(stft(signal, SAMPLE_RATE, nperseg=WINDOW, noverlap=WINDOW - HOP)[2])
