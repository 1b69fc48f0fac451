"""From files to a store without a model, as with one."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

import featx
from cache import FeatureStore, StoreError
from featx.data.audio import read_audio
from featx.errors import FeatxError
from featx.features.acoustic.egemaps import describe
from featx.features.acoustic.settings import read_acoustic
from featx.features.acoustic.workers import AcousticWorkers

NAMED = read_acoustic()


def store_of(name: str) -> FeatureStore:
    return FeatureStore(Path("features/manifest") / name)


@pytest.mark.parametrize("name", sorted(NAMED))
def test_every_kind_fills_a_store_and_a_rerun_does_nothing(write_corpus, name):
    write_corpus(speakers=1)
    extraction = featx.extract(name)
    assert (extraction.extracted, extraction.kept, extraction.failures) == (6, 0, {})
    store = extraction.store
    assert store.folder == store_of(name).folder
    assert (store.layout.layers, store.layout.dtype) == ((name,), "float32")
    assert store.identity.encoder == name
    assert store.identity.is_acoustic
    assert store.identity.settings == NAMED[name].identity
    assert store.identity.frame_step == NAMED[name].hop / 16_000
    assert ("opensmile" in store.software) == name.startswith("egemaps")
    for utterance in store.utterances:
        frames = NAMED[name].frames(store.samples(utterance))
        assert store.read(utterance).shape == (1, frames, NAMED[name].dim)
    again = featx.extract(name)
    assert (again.extracted, again.kept) == (0, 6)


@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 0), ("float16", 1e-3)])
def test_the_store_holds_what_opensmile_gives(write_corpus, dtype, tolerance):
    write_corpus(speakers=1)
    store = featx.extract("egemaps", dtype=dtype).store
    assert store.layout.dtype == dtype
    for name in store.utterances:
        expected = describe(read_audio(Path(f"audio/{name}.wav")), 2)
        np.testing.assert_allclose(store.read(name)[0], expected, rtol=tolerance, atol=tolerance)


def test_an_encoder_is_still_stored_in_half_precision(write_corpus):
    write_corpus(speakers=1)
    assert featx.extract("xlsr53", dry_run=True).plan.layout.dtype == "float16"
    asked = featx.extract("xlsr53", dry_run=True, dtype="float32")
    assert asked.plan.layout.dtype == "float32"


@pytest.mark.parametrize(
    "argument",
    [
        {"layers": "0"},
        {"precision": "bfloat16"},
        {"device": "cpu"},
        {"devices": "all"},
        {"batch_seconds": 3.0},
        {"revision": "main"},
    ],
)
@pytest.mark.parametrize("dry_run", [False, True])
def test_arguments_of_encoders_are_refused(write_corpus, argument, dry_run):
    write_corpus(speakers=1)
    (name,) = argument
    with pytest.raises(FeatxError, match=f"`{name}="):
        featx.extract("egemaps", dry_run=dry_run, **argument)
    assert not Path("features").exists()


def test_a_dry_run_writes_nothing(write_corpus):
    write_corpus(speakers=2, takes=1, seconds=1.0)
    plan = featx.extract("egemaps", dry_run=True).plan
    assert (plan.frames, plan.layout.dim, plan.layout.dtype) == (288, 25, "float32")
    assert not Path("features").exists()


def test_one_bad_file_does_not_stop_the_others(write_corpus):
    write_corpus(speakers=1)
    soundfile.write("audio/sad-0-0.wav", np.full(8_000, np.nan), 16_000, subtype="FLOAT")
    soundfile.write("audio/sad-0-1.wav", np.zeros(959), 16_000)
    extraction = featx.extract("egemaps")
    assert extraction.extracted == 4
    assert "not finite" in extraction.failures["sad-0-0"].reason
    assert "959 samples" in extraction.failures["sad-0-1"].reason


def test_long_utterances_are_trimmed_where_asked(write_corpus):
    write_corpus(speakers=1)  # of 0.30 and 0.32 s
    extraction = featx.extract("spectrogram", max_seconds=0.31, too_long="trim", out="there")
    assert extraction.plan.trimmed == 3
    assert FeatureStore("there").samples("sad-0-1") == 4_960


def test_features_of_another_kind_are_refused(write_corpus, checkpoint_folder):
    write_corpus(speakers=1)
    featx.extract("spectrogram", out="there")
    for model in ("logmel", checkpoint_folder):
        with pytest.raises(StoreError, match="encoder: the store has 'spectrogram', asked for"):
            featx.extract(model, out="there")


def test_a_misspelt_name_gets_the_right_one(write_corpus):
    write_corpus(speakers=1)
    with pytest.raises(FeatxError, match="egemaps"):
        featx.extract("egemap")


@pytest.mark.parametrize("cores", [1, 3])
@pytest.mark.parametrize("name", sorted(NAMED))
def test_neither_company_nor_cores_change_a_bit(monkeypatch, name, cores):
    draw = np.random.default_rng(0)
    lengths = [9_000, 4_321, 1_000, 7_777, 12_000]
    waveforms = [draw.uniform(-0.5, 0.5, length).astype(np.float32) for length in lengths]
    alone = [_compute(name, [[waveform]])[0] for waveform in waveforms]
    monkeypatch.setattr(torch, "get_num_threads", lambda: cores)
    together = _compute(name, [waveforms[:2], [], waveforms[2:]])
    for single, other in zip(alone, together, strict=True):
        np.testing.assert_array_equal(single, other)


def _compute(name: str, batches: list[list[np.ndarray]]) -> list[np.ndarray]:
    found = list(AcousticWorkers(NAMED[name]).encode(enumerate(batches), "float32"))
    assert [key for key, _ in found] == list(range(len(batches)))
    return [utterance for _, features in found for utterance in features]
