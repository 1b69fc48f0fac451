"""From files to a store, whatever happens on the way."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
from transformers import Wav2Vec2FeatureExtractor

import featx.features.plan
from cache import FeatureStore
from featx.data.audio import _crc32, read_audio
from featx.features.encoders.checkpoints import find_checkpoint
from featx.features.encoders.encoder import Encoder

STORE = Path("features/manifest/tiny")
ONE_BY_ONE = ("--precision", "float32", "--batch-seconds", "0.3")


def test_the_store_holds_what_the_encoder_gives_to_half_precision(
    write_corpus, run_featx, checkpoint_folder
):
    write_corpus(speakers=2)
    outcome = run_featx("extract", "--model", checkpoint_folder, "--precision", "float32")
    assert outcome.code == 0
    assert "12 utterances, 0.00 h of audio" in outcome.out
    assert "12 utterances extracted, 0 there before" in outcome.out
    store = FeatureStore(STORE)
    encoder = Encoder(find_checkpoint(str(checkpoint_folder)))
    for name in store.utterances:
        expected = encoder.encode([read_audio(Path(f"audio/{name}.wav"))])[0]
        np.testing.assert_allclose(store.read(name), expected, rtol=1e-3, atol=1e-4)
    assert store.identity["weights_sha256"] == encoder.digest
    assert store.identity["frame_step"] == 0.02
    assert store.identity["precision"] == "float32"
    assert store.layout.layers == ("0", "1", "2")


def test_a_rerun_does_nothing(write_corpus, run_featx, checkpoint_folder, monkeypatch):
    write_corpus(speakers=1)
    run_featx("extract", "--model", checkpoint_folder)
    monkeypatch.setattr(Encoder, "encode", lambda *_: pytest.fail("encoded again"))
    outcome = run_featx("extract", "--model", checkpoint_folder)
    assert (outcome.code, "0 utterances extracted, 6 there before" in outcome.out) == (0, True)


def test_a_dry_run_writes_nothing_and_needs_no_weights(write_corpus, run_featx):
    write_corpus(speakers=2, takes=1, seconds=1.0)
    outcome = run_featx("extract", "--model", "xlsr53", "--dry-run")
    assert outcome.code == 0
    # 6 s: 49 frames each, 25 layers of 1024 halves
    assert "294 frames × 25 layers × 1024 features in float16: 0.02 GB" in outcome.out
    assert str(Path("features/manifest/xlsr53")) in outcome.out
    assert not Path("features").exists()


def test_one_bad_file_does_not_stop_the_others(write_corpus, run_featx, checkpoint_folder):
    write_corpus(speakers=1)
    Path("audio/sad-0-0.wav").write_bytes(b"not audio")
    soundfile.write("audio/sad-0-1.wav", np.zeros(399), 16_000)
    bad = np.full(8_000, np.nan, dtype=np.float32)
    soundfile.write("audio/happy-0-0.wav", bad, 16_000, subtype="FLOAT")
    outcome = run_featx("extract", "--model", checkpoint_folder)
    assert outcome.code == 1
    assert "sad-0-0.wav: not a readable audio file" in outcome.out
    assert "sad-0-1.wav: too short for one frame, 399 samples" in outcome.out
    assert "happy-0-0.wav: holds values that are not finite" in outcome.out
    store = FeatureStore(STORE)
    assert [store.is_done(f"angry-0-{take}") for take in (0, 1)] == [True, True]
    assert not store.is_done("happy-0-0")

    soundfile.write("audio/sad-0-0.wav", np.zeros(8_000), 16_000)
    soundfile.write("audio/sad-0-1.wav", np.zeros(8_000), 16_000)
    soundfile.write("audio/happy-0-0.wav", np.zeros(8_000), 16_000)
    outcome = run_featx("extract", "--model", checkpoint_folder)
    assert outcome.code == 0
    assert "3 utterances extracted, 3 there before" in outcome.out


def test_no_usable_file_at_all_is_an_error(write_corpus, run_featx, checkpoint_folder):
    write_corpus(speakers=1, seconds=0.001)
    outcome = run_featx("extract", "--model", checkpoint_folder)
    assert outcome.code == 1
    assert "no utterance can be extracted" in outcome.err
    assert not Path("features").exists()


def test_other_weights_under_the_same_name_are_refused(
    write_corpus, run_featx, checkpoint_folder, monkeypatch
):
    write_corpus(speakers=1)
    run_featx("extract", "--model", checkpoint_folder)
    monkeypatch.setattr(Encoder, "encode", lambda *_: pytest.fail("encoded"))
    monkeypatch.setattr("featx.features.encoders.encoder.digest_weights", lambda _: "0" * 64)
    outcome = run_featx("extract", "--model", checkpoint_folder)
    assert outcome.code == 1
    assert "weights_sha256: the store has" in outcome.err
    assert "--out" in outcome.err


@pytest.fixture
def own_checkpoint(checkpoint_folder, tmp_path):
    """A copy of the tiny encoder, to be changed."""
    return shutil.copytree(checkpoint_folder, tmp_path / "copy")


def test_other_preprocessing_under_the_same_weights_is_refused(
    write_corpus, run_featx, own_checkpoint
):
    write_corpus(speakers=1)
    run_featx("extract", "--model", own_checkpoint)
    Wav2Vec2FeatureExtractor(do_normalize=False).save_pretrained(own_checkpoint)
    outcome = run_featx("extract", "--model", own_checkpoint)
    assert outcome.code == 1
    assert "settings_sha256" in outcome.err


def test_preprocessing_is_not_guessed(write_corpus, run_featx, own_checkpoint):
    write_corpus(speakers=1)
    settings = '{"feature_extractor_type": "Wav2Vec2FeatureExtractor"}'
    (own_checkpoint / "preprocessor_config.json").write_text(settings)
    outcome = run_featx("extract", "--model", own_checkpoint)
    assert outcome.code == 1
    assert "lacks do_normalize" in outcome.err


@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "preprocessor_config.json"])
def test_a_damaged_checkpoint_is_explained(write_corpus, run_featx, own_checkpoint, name):
    write_corpus(speakers=1)
    (own_checkpoint / name).write_bytes((own_checkpoint / name).read_bytes()[:100])
    outcome = run_featx("extract", "--model", own_checkpoint)
    assert outcome.code == 1
    assert outcome.err.startswith("error: ") or "\nerror: " in outcome.err
    assert str(own_checkpoint) in outcome.err


def test_growth_costs_only_itself(write_corpus, run_featx, checkpoint_folder, monkeypatch):
    manifest = write_corpus(speakers=3)
    whole = manifest.read_text().splitlines()
    manifest.write_text("\n".join(whole[:13]))
    run_featx("extract", "--model", checkpoint_folder, "--precision", "float32")
    original, encoded = Encoder.encode, []

    def encode(encoder, waveforms, dtype):
        encoded.extend(waveforms)
        return original(encoder, waveforms, dtype)

    monkeypatch.setattr(Encoder, "encode", encode)
    manifest.write_text("\n".join(whole))
    run_featx("extract", "--model", checkpoint_folder)
    assert len(encoded) == 6


def test_a_manifest_may_grow_and_shrink(write_corpus, run_featx, checkpoint_folder):
    manifest = write_corpus(speakers=3)
    whole = manifest.read_text().splitlines()
    manifest.write_text("\n".join(whole[:13]))
    run_featx("extract", "--model", checkpoint_folder)
    manifest.write_text("\n".join(whole))
    grown = run_featx("extract", "--model", checkpoint_folder)
    assert "6 utterances extracted, 12 there before" in grown.out
    manifest.write_text("\n".join(whole[:7]))
    shrunk = run_featx("extract", "--model", checkpoint_folder)
    assert "0 utterances extracted, 6 there before" in shrunk.out


def test_changed_audio_is_refused(write_corpus, run_featx, checkpoint_folder):
    write_corpus(speakers=1)
    run_featx("extract", "--model", checkpoint_folder)
    audio, rate = soundfile.read("audio/sad-0-0.wav")
    soundfile.write("audio/sad-0-0.wav", audio[::-1], rate)
    _crc32.cache_clear()  # a new command is a new process
    outcome = run_featx("extract", "--model", checkpoint_folder)
    assert outcome.code == 1
    assert "the audio of 'sad-0-0' has changed" in outcome.err


def test_an_overflow_does_not_stop_the_others(
    write_corpus, run_featx, checkpoint_folder, monkeypatch
):
    write_corpus(speakers=1)
    original, calls = Encoder.encode, []

    def encode(encoder, waveforms, dtype):
        calls.append(1)
        loud = 1e6 if len(calls) == 2 else 1
        with np.errstate(over="ignore"):
            return [(loud * one).astype(dtype) for one in original(encoder, waveforms)]

    monkeypatch.setattr(Encoder, "encode", encode)
    outcome = run_featx("extract", "--model", checkpoint_folder, *ONE_BY_ONE)
    assert outcome.code == 1
    assert "5 utterances extracted" in outcome.out
    assert "layer 0 overflows float16. Store the features with --dtype float32" in outcome.out


def test_a_file_that_changes_under_way_is_named(
    write_corpus, run_featx, checkpoint_folder, monkeypatch
):
    write_corpus(speakers=1)
    original = featx.features.plan.read_audio
    monkeypatch.setattr(
        "featx.features.plan.read_audio",
        lambda path, *part: original(path, *part)[: 300 if "sad-0-0" in str(path) else None],
    )
    outcome = run_featx("extract", "--model", checkpoint_folder, "--precision", "float32")
    assert outcome.code == 1
    assert "sad-0-0.wav: has changed while featx was at work" in outcome.out
    assert "5 utterances extracted" in outcome.out
