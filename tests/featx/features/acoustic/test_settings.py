"""How many frames there will be is known from the number of samples alone."""

import pytest

from featx.features.acoustic.settings import read_acoustic
from featx.features.encoders.shape import EncoderShape

NAMED = read_acoustic()


def test_the_names_of_the_papers_features():
    named = {name: (features.dim, features.hop) for name, features in NAMED.items()}
    assert named == {
        "egemaps": (25, 320),
        "egemaps-functionals": (88, 0),
        "spectrogram": (257, 320),
        "spectrogram-10ms": (257, 160),
        "logmel": (80, 160),
    }


@pytest.mark.parametrize(
    ("name", "samples", "frames"),
    [
        ("egemaps", 959, 0),
        ("egemaps", 960, 1),
        ("egemaps", 1_120, 2),
        ("egemaps", 38_229, 117),  # 234 of 10 ms
        ("egemaps-functionals", 959, 0),
        ("egemaps-functionals", 960, 1),
        ("spectrogram", 0, 0),
        ("spectrogram", 399, 0),
        ("spectrogram", 400, 1),
        ("spectrogram-10ms", 560, 2),
    ],
)
def test_frames(name, samples, frames):
    assert NAMED[name].frames(samples) == frames


def test_a_spectrogram_has_the_frames_of_an_encoder():
    encoder = EncoderShape(12, 768)
    for samples in range(300, 3_000):
        assert NAMED["spectrogram"].frames(samples) == encoder.frames(samples)


def test_words_for_people_are_no_part_of_what_features_are():
    assert NAMED["spectrogram"].identity == {
        "kind": "spectrogram",
        "window": 400,
        "fft": 512,
        "hop": 320,
    }
