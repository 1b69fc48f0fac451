"""The whole path on real recordings."""

import csv
import json
import os
from pathlib import Path

import h5py
import numpy as np
import pytest
import soundfile
import torch
from transformers import Wav2Vec2FeatureExtractor, Wav2Vec2Model

import featx

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif("FEATX_DATA" not in os.environ, reason="FEATX_DATA is unset"),
]


@pytest.fixture
def four_actors(workplace) -> Path:
    """A folder RAVDESS with the speech of actors 1 to 4."""
    speech = Path(os.environ["FEATX_DATA"]) / "ravdess" / "speech"
    root = workplace / "RAVDESS"
    root.mkdir()
    for actor in range(1, 5):
        (root / f"Actor_{actor:02}").symlink_to(speech / f"Actor_{actor:02}")
    return root


def test_from_wave_files_to_scores(four_actors, checkpoint_folder):
    manifest = featx.build_manifest("ravdess", four_actors)
    assert len(manifest.utterances) == 240
    assert len({utterance.speaker for utterance in manifest.utterances}) == 4
    assert featx.extract(checkpoint_folder).extracted == 240
    featx.fit("dense", seeds=2, settings="training.epochs=2")
    metrics = json.loads(Path("runs/manifest-tiny-dense/metrics.json").read_text())
    assert np.sum(metrics["confusion"]) == 2 * 240
    with Path("runs/manifest-tiny-dense/predictions.csv").open(newline="") as file:
        tested = [row for row in csv.DictReader(file) if row["split"] == "test"]
    assert len(tested) == 2 * 240


def test_h5py_alone_finds_what_transformers_computes(four_actors, checkpoint_folder):
    featx.build_manifest("ravdess", four_actors)
    featx.extract(checkpoint_folder, precision="float32")
    name = "03-01-05-01-02-01-04"
    with h5py.File("features/manifest/tiny/shard-0000.h5") as shard:
        index = list(shard["utterance"].asstr()).index(name)
        begin = shard["frame_offset"][index]
        end = begin + shard["frames"][index]
        stored = shard["features"][2, begin:end]
    audio, rate = soundfile.read(four_actors / "Actor_04" / f"{name}.flac", dtype="float32")
    model = Wav2Vec2Model.from_pretrained(checkpoint_folder).eval()
    extractor = Wav2Vec2FeatureExtractor.from_pretrained(checkpoint_folder)
    inputs = extractor(audio, sampling_rate=rate, return_tensors="pt").input_values
    with torch.inference_mode():
        expected = model(inputs).last_hidden_state[0].numpy()
    np.testing.assert_allclose(stored, expected, rtol=1e-3, atol=1e-4)  # float16's rounding
