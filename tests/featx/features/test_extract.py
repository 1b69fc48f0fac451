"""From files to a store, whatever happens on the way."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from transformers import Wav2Vec2FeatureExtractor

import featx
import featx.features.planning.plan
from cache import StoreError
from featx.data.audio import read_audio
from featx.data.manifest import save_manifest
from featx.errors import FeatxError
from featx.features.encoders.checkpoints.find import find_checkpoint
from featx.features.encoders.encoder import Encoder

STORE = Path("features/manifest/tiny")
FLOAT = {"precision": "float32"}
ONE_BY_ONE = {"precision": "float32", "batch_seconds": 0.3}


def test_the_store_holds_what_the_encoder_gives_to_half_precision(write_corpus, checkpoint_folder):
    write_corpus(speakers=2)
    extraction = featx.extract(checkpoint_folder, **FLOAT)
    assert (extraction.extracted, extraction.kept, extraction.failures) == (12, 0, {})
    store = extraction.store
    assert store.folder == STORE
    encoder = Encoder(find_checkpoint(str(checkpoint_folder)))
    for name in store.utterances:
        expected = encoder.encode([read_audio(Path(f"audio/{name}.wav"))])[0]
        np.testing.assert_allclose(store.read(name), expected, rtol=1e-3, atol=1e-4)
    assert store.identity.weights_sha256 == encoder.digest
    assert store.identity.frame_step == 0.02
    assert store.identity.precision == "float32"
    assert store.layout.layers == ("0", "1", "2")


def test_a_rerun_does_nothing(write_corpus, checkpoint_folder, monkeypatch):
    write_corpus(speakers=1)
    featx.extract(checkpoint_folder)
    monkeypatch.setattr(Encoder, "encode", lambda *_: pytest.fail("encoded again"))
    extraction = featx.extract(checkpoint_folder)
    assert (extraction.extracted, extraction.kept) == (0, 6)


def test_a_manifest_may_be_loaded_and_the_store_elsewhere(write_corpus, checkpoint_folder):
    manifest = featx.load_manifest(write_corpus(speakers=1, takes=1))
    extraction = featx.extract(str(checkpoint_folder), manifest, out="elsewhere", **FLOAT)
    assert extraction.folder == Path("elsewhere")
    assert list(extraction.store.utterances) == [u.utterance for u in manifest.utterances]


def test_a_dry_run_writes_nothing_and_needs_no_weights(write_corpus):
    write_corpus(speakers=2, takes=1, seconds=1.0)
    extraction = featx.extract("xlsr53", dry_run=True)
    assert extraction.plan.frames == 294  # 6 s, 49 frames each
    assert extraction.plan.nbytes == 294 * 25 * 1024 * 2  # layers, dim, bytes of float16
    assert extraction.folder == Path("features/manifest/xlsr53")
    assert not Path("features").exists()
    with pytest.raises(FeatxError):
        _ = extraction.store


def test_one_bad_file_does_not_stop_the_others(write_corpus, checkpoint_folder):
    write_corpus(speakers=1)
    Path("audio/sad-0-0.wav").write_bytes(b"not audio")
    soundfile.write("audio/sad-0-1.wav", np.zeros(399), 16_000)
    bad = np.full(8_000, np.nan, dtype=np.float32)
    soundfile.write("audio/happy-0-0.wav", bad, 16_000, subtype="FLOAT")
    extraction = featx.extract(checkpoint_folder, **FLOAT)
    assert set(extraction.failures) == {"sad-0-0", "sad-0-1", "happy-0-0"}
    assert "not a readable audio file" in extraction.failures["sad-0-0"].reason
    assert "399 samples" in extraction.failures["sad-0-1"].reason
    assert "not finite" in extraction.failures["happy-0-0"].reason
    assert "sad-0-0.wav" in extraction._repr_html_()
    assert [extraction.store.is_done(f"angry-0-{take}") for take in (0, 1)] == [True, True]
    assert not extraction.store.is_done("happy-0-0")

    for name in extraction.failures:
        soundfile.write(f"audio/{name}.wav", np.zeros(8_000), 16_000)
    again = featx.extract(checkpoint_folder)
    assert (again.extracted, again.kept, again.failures) == (3, 3, {})


def test_a_file_for_which_memory_runs_out_does_not_stop_the_others(
    write_corpus, checkpoint_folder, monkeypatch
):
    write_corpus(speakers=1)
    original = soundfile.read

    def read(path: Path, **options: object) -> object:
        if Path(path).stem == "sad-0-0":
            raise MemoryError
        return original(path, **options)

    monkeypatch.setattr(soundfile, "read", read)
    extraction = featx.extract(checkpoint_folder, **FLOAT)
    assert extraction.extracted == 5
    assert "sad-0-0.wav: memory ran out" in str(extraction.failures["sad-0-0"])


def test_a_scale_in_the_manifest_gives_the_features_of_scaled_audio(
    write_corpus, checkpoint_folder
):
    write_corpus(speakers=1)
    manifest = featx.load_manifest("manifest.csv")
    whole = tuple(Path(f"whole/{u.utterance}.wav").absolute() for u in manifest.utterances)
    Path("whole").mkdir()
    for utterance, path in zip(manifest.utterances, whole, strict=True):
        samples, rate = soundfile.read(utterance.path, dtype="int16")
        soundfile.write(path, samples.astype(np.float32), rate, "FLOAT")
    right = featx.extract(checkpoint_folder, **FLOAT)
    rows = [replace(u, path=p) for u, p in zip(manifest.utterances, whole, strict=True)]
    save_manifest(Path("whole.csv"), rows)
    failures = featx.extract(checkpoint_folder, "whole.csv", **FLOAT).failures
    assert len(failures) == 6
    assert all("`scale=32768`" in failure.reason for failure in failures.values())
    save_manifest(Path("scaled.csv"), [replace(u, scale=32768.0) for u in rows])
    scaled = featx.extract(checkpoint_folder, "scaled.csv", **FLOAT)
    for name in right.store.utterances:
        np.testing.assert_array_equal(right.store.read(name), scaled.store.read(name))


def test_no_usable_file_at_all_is_an_error(write_corpus, checkpoint_folder):
    write_corpus(speakers=1, seconds=0.001)
    with pytest.raises(FeatxError, match="no utterance can be extracted"):
        featx.extract(checkpoint_folder)
    assert not Path("features").exists()


def test_other_weights_under_the_same_name_are_refused(
    write_corpus, checkpoint_folder, monkeypatch
):
    write_corpus(speakers=1)
    featx.extract(checkpoint_folder, **FLOAT)
    monkeypatch.setattr(Encoder, "encode", lambda *_: pytest.fail("encoded"))
    monkeypatch.setattr("featx.features.encoders.encoder.digest_weights", lambda _: "0" * 64)
    with pytest.raises(StoreError, match="weights_sha256: the store has"):
        featx.extract(checkpoint_folder)


@pytest.fixture
def own_checkpoint(checkpoint_folder, tmp_path):
    """A copy of the tiny encoder, to be changed."""
    return shutil.copytree(checkpoint_folder, tmp_path / "copy")


def test_other_preprocessing_under_the_same_weights_is_refused(write_corpus, own_checkpoint):
    write_corpus(speakers=1)
    featx.extract(own_checkpoint, **FLOAT)
    Wav2Vec2FeatureExtractor(do_normalize=False).save_pretrained(own_checkpoint)
    with pytest.raises(StoreError, match="settings_sha256"):
        featx.extract(own_checkpoint)


def test_preprocessing_is_not_guessed(write_corpus, own_checkpoint):
    write_corpus(speakers=1)
    settings = '{"feature_extractor_type": "Wav2Vec2FeatureExtractor"}'
    (own_checkpoint / "preprocessor_config.json").write_text(settings)
    with pytest.raises(FeatxError, match="lacks do_normalize"):
        featx.extract(own_checkpoint)


@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "preprocessor_config.json"])
def test_a_damaged_checkpoint_is_explained(write_corpus, own_checkpoint, name):
    write_corpus(speakers=1)
    (own_checkpoint / name).write_bytes((own_checkpoint / name).read_bytes()[:100])
    with pytest.raises(FeatxError, match=str(own_checkpoint)):
        featx.extract(own_checkpoint)


def test_growth_costs_only_itself(write_corpus, checkpoint_folder, monkeypatch):
    manifest = write_corpus(speakers=3)
    whole = manifest.read_text().splitlines()
    manifest.write_text("\n".join(whole[:13]))
    featx.extract(checkpoint_folder, **FLOAT)
    original, encoded = Encoder.encode, []

    def encode(encoder, waveforms, dtype):
        encoded.extend(waveforms)
        return original(encoder, waveforms, dtype)

    monkeypatch.setattr(Encoder, "encode", encode)
    manifest.write_text("\n".join(whole))
    featx.extract(checkpoint_folder)
    assert len(encoded) == 6


def test_a_manifest_may_grow_and_shrink(write_corpus, checkpoint_folder):
    manifest = write_corpus(speakers=3)
    whole = manifest.read_text().splitlines()
    manifest.write_text("\n".join(whole[:13]))
    featx.extract(checkpoint_folder, **FLOAT)
    manifest.write_text("\n".join(whole))
    grown = featx.extract(checkpoint_folder)
    assert (grown.extracted, grown.kept) == (6, 12)
    manifest.write_text("\n".join(whole[:7]))
    shrunk = featx.extract(checkpoint_folder)
    assert (shrunk.extracted, shrunk.kept) == (0, 6)


def test_an_overflow_does_not_stop_the_others(write_corpus, checkpoint_folder, monkeypatch):
    write_corpus(speakers=1)
    original, calls = Encoder.encode, []

    def encode(encoder, waveforms, dtype):
        calls.append(1)
        loud = 1e6 if len(calls) == 2 else 1
        with np.errstate(over="ignore"):
            return [(loud * features).astype(dtype) for features in original(encoder, waveforms)]

    monkeypatch.setattr(Encoder, "encode", encode)
    extraction = featx.extract(checkpoint_folder, **ONE_BY_ONE)
    assert extraction.extracted == 5
    (failure,) = extraction.failures.values()
    assert failure.stage == "store"
    assert "layer 0 overflows float16" in failure.reason


def test_a_file_that_changes_under_way_is_named(write_corpus, checkpoint_folder, monkeypatch):
    write_corpus(speakers=1)
    original = featx.features.planning.plan.read_audio
    monkeypatch.setattr(
        "featx.features.planning.plan.read_audio",
        lambda path, *part: original(path, *part)[: 300 if "sad-0-0" in str(path) else None],
    )
    extraction = featx.extract(checkpoint_folder, **FLOAT)
    assert extraction.extracted == 5
    assert list(extraction.failures) == ["sad-0-0"]


def test_where_there_is_a_file_no_store_is_made(write_corpus, checkpoint_folder):
    write_corpus(speakers=1)
    Path("taken").touch()
    with pytest.raises(StoreError, match="taken is a file"):
        featx.extract(checkpoint_folder, out="taken")
