"""From files to a store without a model, as with one."""

import signal
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from cache import FeatureStore, StoreError
from featx.data.audio import read_audio
from featx.features.acoustic.egemaps import describe
from featx.features.acoustic.settings import read_acoustic
from featx.features.acoustic.workers import AcousticWorkers

NAMED = read_acoustic()


def store_of(name: str) -> FeatureStore:
    return FeatureStore(Path("features/manifest") / name)


@pytest.mark.parametrize("name", sorted(NAMED))
def test_every_kind_fills_a_store_and_a_rerun_does_nothing(write_corpus, run_featx, name):
    write_corpus(speakers=1)
    outcome = run_featx("extract", "--model", name)
    assert (outcome.code, "6 utterances extracted, 0 there before" in outcome.out) == (0, True)
    assert f"× 1 layer × {NAMED[name].dim} features in float32" in outcome.out
    assert f"--model {name}" in outcome.out.splitlines()[-1]
    store = store_of(name)
    assert (store.layout.layers, store.layout.dtype) == ((name,), "float32")
    assert store.identity["encoder"] == name
    assert store.identity["settings"] == NAMED[name].identity
    assert store.identity["frame_step"] == NAMED[name].hop / 16_000
    assert ("opensmile" in store.software) == name.startswith("egemaps")
    for utterance in store.utterances:
        frames = NAMED[name].frames(store.samples(utterance))
        assert store.read(utterance).shape == (1, frames, NAMED[name].dim)
    again = run_featx("extract", "--model", name)
    assert (again.code, "0 utterances extracted, 6 there before" in again.out) == (0, True)


@pytest.mark.parametrize(("option", "tolerance"), [("float32", 0), ("float16", 1e-3)])
def test_the_store_holds_what_opensmile_gives(write_corpus, run_featx, option, tolerance):
    write_corpus(speakers=1)
    assert run_featx("extract", "--model", "egemaps", "--dtype", option).code == 0
    store = store_of("egemaps")
    assert store.layout.dtype == option
    for name in store.utterances:
        expected = describe(read_audio(Path(f"audio/{name}.wav")), 2)
        np.testing.assert_allclose(store.read(name)[0], expected, rtol=tolerance, atol=tolerance)


def test_an_encoder_is_still_stored_in_half_precision(write_corpus, run_featx):
    write_corpus(speakers=1)
    outcome = run_featx("extract", "--model", "xlsr53", "--dry-run")
    assert "features in float16" in outcome.out
    outcome = run_featx("extract", "--model", "xlsr53", "--dry-run", "--dtype", "float32")
    assert "features in float32" in outcome.out


@pytest.mark.parametrize(
    "option",
    [
        ("--layers", "0"),
        ("--precision", "float32"),
        ("--device", "cpu"),
        ("--devices", "all"),
        ("--batch-seconds", "3.0"),
        ("--revision", "main"),
    ],
)
@pytest.mark.parametrize("dry", [(), ("--dry-run",)])
def test_options_of_encoders_are_refused(write_corpus, run_featx, option, dry):
    write_corpus(speakers=1)
    outcome = run_featx("extract", "--model", "egemaps", *option, *dry)
    assert outcome.code == 1
    assert f"{' '.join(option)}: they" in outcome.err
    assert not Path("features").exists()


def test_a_dry_run_writes_nothing(write_corpus, run_featx):
    write_corpus(speakers=2, takes=1, seconds=1.0)
    outcome = run_featx("extract", "--model", "egemaps", "--dry-run")
    assert "288 frames × 1 layer × 25 features in float32" in outcome.out
    assert not Path("features").exists()


def test_one_bad_file_does_not_stop_the_others(write_corpus, run_featx):
    write_corpus(speakers=1)
    soundfile.write("audio/sad-0-0.wav", np.full(8_000, np.nan), 16_000, subtype="FLOAT")
    soundfile.write("audio/sad-0-1.wav", np.zeros(959), 16_000)
    outcome = run_featx("extract", "--model", "egemaps")
    assert outcome.code == 1
    assert "sad-0-0.wav: holds values that are not finite" in outcome.out
    assert "sad-0-1.wav: too short for one frame, 959 samples" in outcome.out
    assert "4 utterances extracted" in outcome.out


def test_long_utterances_are_trimmed_where_asked(write_corpus, run_featx):
    write_corpus(speakers=1)  # of 0.30 and 0.32 s
    options = ("--max-seconds", "0.31", "--too-long", "trim", "--out", "there")
    outcome = run_featx("extract", "--model", "spectrogram", *options)
    assert (outcome.code, "3 utterances keep only" in outcome.out) == (0, True)
    assert FeatureStore(Path("there")).samples("sad-0-1") == 4_960


def test_features_of_another_kind_are_refused(write_corpus, run_featx, checkpoint_folder):
    write_corpus(speakers=1)
    run_featx("extract", "--model", "spectrogram", "--out", "there")
    for model in ("logmel", checkpoint_folder):
        outcome = run_featx("extract", "--model", model, "--out", "there")
        assert outcome.code == 1
        assert "encoder: the store has 'spectrogram', asked for" in outcome.err


def test_a_misspelt_name_gets_the_right_one(write_corpus, run_featx):
    write_corpus(speakers=1)
    outcome = run_featx("extract", "--model", "egemap")
    assert "Did you mean egemaps?" in outcome.err


@pytest.mark.parametrize("cores", [1, 3])
@pytest.mark.parametrize("name", sorted(NAMED))
def test_neither_company_nor_cores_change_a_bit(monkeypatch, name, cores):
    draw = np.random.default_rng(0)
    lengths = [9_000, 4_321, 1_000, 7_777, 12_000]
    waveforms = [draw.uniform(-0.5, 0.5, length).astype(np.float32) for length in lengths]
    alone = [_compute(name, [[one]])[0] for one in waveforms]
    monkeypatch.setattr(torch, "get_num_threads", lambda: cores)
    together = _compute(name, [waveforms[:2], [], waveforms[2:]])
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_array_equal(one, other)


def _compute(name: str, batches: list[list[np.ndarray]]) -> list[np.ndarray]:
    found = list(AcousticWorkers(NAMED[name]).encode(enumerate(batches), "float32"))
    assert [key for key, _ in found] == list(range(len(batches)))
    return [one for _, features in found for one in features]


def test_ctrl_c_keeps_what_is_done(write_corpus, run_featx, start_featx):
    write_corpus(speakers=10, takes=2, seconds=3.0)
    process = start_featx("extract", "--model", "egemaps")
    while _done() < 5 and process.poll() is None:
        time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    _, message = process.communicate(timeout=60)
    assert process.returncode == 130
    done = _done()
    assert f"Interrupted with {done} of 60 utterances done" in message
    assert "Traceback" not in message
    outcome = run_featx("extract", "--model", "egemaps")
    assert f"{60 - done} utterances extracted, {done} there before" in outcome.out


def _done() -> int:
    try:
        store = store_of("egemaps")
    except StoreError:
        return 0
    return sum(map(store.is_done, store.utterances))
