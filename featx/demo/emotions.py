"""How each of the eight RAVDESS emotions changes a speaker's neutral voice."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Cues:
    """The factors by which an emotion multiplies the cues of a neutral voice.

    A factor of 1 leaves a cue as it is.

    Attributes:
        pitch: the F0 level.
        accents: the height of pitch accents in semitones, which is the variability of F0.
        contour: the ratio of F0 at the end to F0 at the beginning; F0 rises with factors above 1.
        level: the amplitude.
        dynamics: how far accented syllables stand out in level, in dB.
        rate: the syllables per second.
        pauses: the length of pauses.
        brightness: what the source keeps of its amplitude an octave up (spectral tilt).
        breath: the amplitude of aspiration noise.
        jitter: the irregularity of glottal periods.
        shimmer: the irregularity of glottal amplitudes.
        onset: the time that a syllable takes to reach its level.
    """

    pitch: float = 1.0
    accents: float = 1.0
    contour: float = 1.0
    level: float = 1.0
    dynamics: float = 1.0
    rate: float = 1.0
    pauses: float = 1.0
    brightness: float = 1.0
    breath: float = 1.0
    jitter: float = 1.0
    shimmer: float = 1.0
    onset: float = 1.0


EMOTIONS: dict[str, Cues] = {
    "neutral": Cues(),
    "calm": Cues(
        pitch=0.94, accents=0.7, contour=0.94, level=0.7, dynamics=0.7, rate=0.9, pauses=1.4,
        brightness=0.88, breath=1.4, jitter=0.7, shimmer=0.7, onset=1.5,
    ),
    "happy": Cues(
        pitch=1.42, accents=1.8, contour=1.1, level=2.0, rate=1.1, pauses=0.6,
        brightness=1.12, jitter=0.7, shimmer=0.7, onset=0.7,
    ),
    "sad": Cues(
        pitch=0.88, accents=0.45, contour=0.86, level=0.4, dynamics=0.6, rate=0.83, pauses=2.2,
        brightness=0.75, breath=2.0, jitter=1.5, shimmer=1.4, onset=2.2,
    ),
    "angry": Cues(
        pitch=1.38, accents=1.6, contour=1.06, level=3.0, dynamics=1.5, rate=1.15, pauses=0.5,
        brightness=1.35, breath=0.5, jitter=1.8, shimmer=1.7, onset=0.5,
    ),
    "fearful": Cues(
        pitch=1.5, accents=0.55, contour=1.08, dynamics=1.4, rate=1.18, pauses=0.8,
        breath=2.0, jitter=2.2, shimmer=1.8,
    ),
    "disgust": Cues(
        pitch=0.83, accents=1.2, contour=0.78, level=0.8, rate=0.82, pauses=1.2,
        jitter=3.0, shimmer=2.5,
    ),
    "surprised": Cues(
        pitch=1.6, accents=2.2, contour=1.5, level=1.5, rate=1.05, pauses=0.8,
    ),
}  # fmt: skip
"""In the order of RAVDESS's codes, 01 to 08.

Which way a cue goes is reported; how far is our choice. Anger, happiness and sadness follow the
summary of Juslin and Laukka (2003), Communication of emotions in vocal expression and music
performance, Psychological Bulletin 129(5):770-814, with which the table of Scherer (2003), Vocal
communication of emotion, Speech Communication 40:227-256, agrees where it has an entry; what the
former call microstructural irregularity is rendered as jitter and shimmer. For fear the two agree
on a high F0 and a fast rate but not on level and high-frequency energy (low but for panic, and
raised), which are left as they are. Both leave three of the eight emotions thin, so these are
weaker evidence:

- calm, which RAVDESS has as a second neutral, borrows Juslin and Laukka's tenderness;
- disgust follows Murray and Arnott (1993), Toward the simulation of emotion in synthetic speech,
  JASA 93(2):1097-1108: lower, slower, softer, a little wider in range, falling, and grumbled,
  rendered as jitter and shimmer;
- surprise, high, with a wide range and a rising end, is an assumption.

Breathiness (more in sadness, calm and fear, less in anger) follows what listeners ascribed to
breathy, whispery and tense voices in Gobl and Ní Chasaide (2003), The role of voice quality in
communicating emotion, mood and attitude, Speech Communication 40:189-212.
"""
