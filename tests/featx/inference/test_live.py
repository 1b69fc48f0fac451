"""What is heard is predicted in windows, on time or not at all."""

import logging
import sys

import numpy as np
import pytest

import featx
from featx.errors import FeatxError
from featx.inference import microphone
from featx.inference.model import Model
from featx.inference.predictions import Predictions

RATE = 8_000


class Recorded:
    """A microphone that gives blocks of so many samples."""

    def __init__(self, samples, block=RATE // 10, rate=RATE):
        self.rate = rate
        cuts = range(block, len(samples), block)
        self.blocks = np.split(samples.astype(np.float32), cuts)

    def read(self):
        return self.blocks.pop(0) if self.blocks else np.zeros(0, np.float32)


class Length(Model):
    """A model that remembers how long what it hears is."""

    classes = ("short", "long")

    def __init__(self):
        self.heard = []

    def _predict(self, given, options):
        import soundfile
        import torch

        (own,) = given.manifest.utterances
        samples, rate = soundfile.read(own.path)
        self.heard.append((len(samples), rate))
        return Predictions.of(self.classes, [own.utterance], torch.tensor([[0.25, 0.75]]), {})


def noise(seconds: float):
    return 0.1 * np.random.default_rng(0).standard_normal(round(seconds * RATE))


def test_the_last_window_is_predicted_every_hop():
    model = Length()
    rows = list(featx.listen(model, window=2, hop=0.5, microphone=Recorded(noise(4))))
    assert [row.end for row in rows] == pytest.approx([2, 2.5, 3, 3.5, 4])
    assert all(row.end - row.start == pytest.approx(2) for row in rows)
    assert model.heard == [(32_000, 16_000)] * 5
    assert {row.label for row in rows} == {"long"}
    assert rows[0].utterance == "microphone"


def test_it_stops_after_so_many_seconds():
    sound = Recorded(noise(9))
    assert len(list(featx.listen(Length(), window=1, seconds=3, microphone=sound))) == 3
    with pytest.raises(FeatxError, match=r"`seconds=2`.*shorter than `window=4`"):
        featx.listen(Length(), seconds=2, microphone=sound)


def test_silence_is_told_and_not_predicted():
    model = Length()
    samples = np.concatenate([noise(2), np.zeros(3 * RATE)])
    rows = list(featx.listen(model, window=1, hop=1, microphone=Recorded(samples)))
    assert [bool(row.probabilities) for row in rows] == [True, True, False, False, False]
    assert [row.label for row in rows] == ["long", "long", "", "", ""]
    assert rows[-1].to_json() == (
        '{"utterance": "microphone", "start": 4.0, "end": 5.0, "label": null, "probabilities": {}}'
    )
    assert len(model.heard) == 2


def test_predictions_that_come_too_late_are_left_out_and_that_is_said(caplog):
    caplog.set_level(logging.WARNING, "featx")
    late = Recorded(noise(10), block=round(2.5 * RATE))  # as if predicting took that long
    rows = list(featx.listen(Length(), window=1, hop=0.5, microphone=late))
    assert [row.end for row in rows] == pytest.approx([2.5, 5, 7.5, 10])
    assert caplog.messages[0] == "Predicting takes longer than `hop=0.5`: 3 predictions left out."


def test_without_a_label_where_it_is_not_sure():
    rows = featx.listen(Length(), window=1, abstain=0.8, microphone=Recorded(noise(1)))
    assert [(row.label, row.probability) for row in rows] == [("", 0.75)]


class Devices:
    """Stands for the module sounddevice."""

    class PortAudioError(Exception):
        pass

    def __init__(self, blocks):
        self.blocks, self.closed = blocks, False

    def query_devices(self, chosen, kind):
        if chosen is not None:
            raise ValueError(f"No input device matching {chosen!r}")
        return {"default_samplerate": float(RATE), "max_input_channels": 8}

    def InputStream(self, callback, **options):
        self.callback, self.options = callback, options
        return self

    def start(self):
        for block, status in self.blocks:
            self.callback(block, len(block), None, status)

    def close(self):
        self.closed = True


def test_a_microphone_gives_the_mean_of_its_channels(monkeypatch, caplog):
    block = np.stack([np.ones(RATE), np.zeros(RATE)], 1).astype(np.float32)
    devices = Devices([(block, ""), (block, "input overflow")])
    monkeypatch.setitem(sys.modules, "sounddevice", devices)
    monkeypatch.setattr(microphone, "_QUIET", 0.01)
    with microphone.Microphone() as sound:
        assert sound.rate == RATE
        assert sound.read() == pytest.approx(np.full(2 * RATE, 0.5))
        with pytest.raises(FeatxError, match="given nothing"):
            sound.read()
    assert devices.closed
    assert devices.options["channels"] == 2
    assert "lost samples: input overflow" in caplog.text
    with pytest.raises(FeatxError, match=r"microphone='x'.*python -m sounddevice"):
        featx.listen(Length(), microphone="x")


@pytest.mark.parametrize(
    ("error", "cure"), [(ImportError, r"featx\[live\]"), (OSError, "libportaudio2")]
)
def test_what_is_not_installed_is_named(error, cure, monkeypatch):
    def fail(name):
        raise error("PortAudio library not found")

    monkeypatch.setattr(microphone, "import_module", fail)
    with pytest.raises(FeatxError, match=cure):
        featx.listen(Length())
