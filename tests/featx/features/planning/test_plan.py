"""What is planned is what is read, trimmed or not."""

import numpy as np
import pytest
import soundfile

from featx.data.audio import read_audio
from featx.data.manifest import Manifest, Utterance
from featx.errors import FeatxError
from featx.features.encoders.shape import EncoderShape
from featx.features.planning.length import LengthLimit
from featx.features.planning.plan import plan_extraction

SHAPE = EncoderShape(2, 16)


@pytest.fixture
def one_second(tmp_path):
    """A second of noise at 48 kHz in two channels."""
    path = tmp_path / "noise.flac"
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, (48_000, 2))
    soundfile.write(path, noise, 48_000)
    return path


@pytest.mark.parametrize(
    ("start", "end", "samples"),
    [(None, None, 8_000), (0.2, 0.9, 8_000), (0.2, 0.6, 6_400), (0.5, None, 8_000)],
)
def test_a_trimmed_utterance_is_the_beginning_of_the_whole(one_second, start, end, samples):
    utterance = Utterance("noise", one_second, "", "", start=start, end=end)
    manifest = Manifest(one_second, (utterance,))
    plan = plan_extraction(manifest, SHAPE, "float16", limit=LengthLimit(0.5, trim=True))
    (planned,) = plan.planned
    assert planned.samples == samples
    assert planned.frames == SHAPE.frames(samples)
    np.testing.assert_allclose(
        plan.read(planned), read_audio(one_second, start, end)[:samples], atol=1e-6
    )


def test_what_is_cut_is_not_decoded(one_second, monkeypatch):
    asked = []
    monkeypatch.setattr(
        "featx.features.planning.plan.read_audio",
        lambda path, start, end, scale: asked.append(end) or read_audio(path, start, end, scale),
    )
    manifest = Manifest(one_second, (Utterance("noise", one_second, "", ""),))
    plan = plan_extraction(manifest, SHAPE, "float16", limit=LengthLimit(0.1, trim=True))
    plan.read(plan.planned[0])
    assert asked[0] < 0.11


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), float("inf")])
def test_a_limit_is_a_number_of_seconds(seconds):
    with pytest.raises(FeatxError, match="give a number of seconds above 0"):
        LengthLimit(seconds)
