"""What `featx extract` computes, on what, and of how long an utterance."""

import inspect
import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from cache import FeatureStore
from featx.cli.extract import extract
from featx.data.audio import read_audio
from featx.features.encoders.checkpoints import find_checkpoint
from featx.features.encoders.encoder import Encoder
from featx.features.encoders.precision import PrecisionCheck
from featx.features.plan import LengthLimit

STORE = Path("features/manifest/tiny")


def test_only_the_chosen_layers_are_stored(write_corpus, run_featx, checkpoint_folder):
    write_corpus(speakers=1)
    outcome = run_featx("extract", "--model", checkpoint_folder, "--layers", "0,2")
    assert outcome.code == 0
    assert "87 frames × 2 layers × 16 features" in outcome.out
    store = FeatureStore(STORE)
    assert store.layout.layers == ("0", "2")
    assert store.read("sad-0-0").shape[0] == 2


def test_other_layers_than_the_stores_are_refused(write_corpus, run_featx, checkpoint_folder):
    write_corpus(speakers=1)
    run_featx("extract", "--model", checkpoint_folder, "--layers", "0")
    outcome = run_featx("extract", "--model", checkpoint_folder, "--layers", "1")
    assert outcome.code == 1
    assert "layers: the store has ('0',), asked for ('1',)" in outcome.err


def test_a_layer_the_encoder_lacks_is_refused_before_anything(write_corpus, run_featx):
    write_corpus(speakers=1)
    outcome = run_featx("extract", "--model", "wav2vec2-base", "--layers", "0-13", "--dry-run")
    assert (outcome.code, "the encoder has no layer 13" in outcome.err) == (1, True)


def test_heads_train_on_a_few_layers(write_corpus, run_featx, checkpoint_folder):
    write_corpus(speakers=6)
    run_featx("extract", "--model", checkpoint_folder, "--layers", "1-2")
    assert run_featx("fit", "--head", "dense", "--folds", "3").code == 0
    (weights,) = Path("runs").rglob("layer_weights.csv")
    assert {line.split(",")[-2] for line in weights.read_text().splitlines()[1:]} == {"1", "2"}


def test_long_utterances_are_refused_by_default(write_corpus, run_featx, checkpoint_folder):
    write_corpus(speakers=1)  # of 0.30 and 0.32 s
    outcome = run_featx("extract", "--model", checkpoint_folder, "--max-seconds", "0.31")
    assert outcome.code == 1
    assert "3 utterances can't be used" in outcome.out
    assert "sad-0-1.wav: 0.3 s, more than --max-seconds 0.31 (--too-long trim" in outcome.out
    assert "3 utterances extracted" in outcome.out


def test_long_utterances_are_trimmed_where_asked(write_corpus, run_featx, checkpoint_folder):
    write_corpus(speakers=1)
    options = ("--max-seconds", "0.31", "--too-long", "trim", "--precision", "float32")
    outcome = run_featx("extract", "--model", checkpoint_folder, *options)
    assert outcome.code == 0
    assert "3 utterances keep only their first 0.31 s" in outcome.out
    store = FeatureStore(STORE)
    assert store.samples("sad-0-1") == 4_960
    encoder = Encoder(find_checkpoint(str(checkpoint_folder)))
    expected = encoder.encode([read_audio(Path("audio/sad-0-1.wav"))[:4_960]])[0]
    np.testing.assert_allclose(store.read("sad-0-1"), expected, rtol=1e-3, atol=1e-4)


def test_another_limit_than_the_stores_is_refused(write_corpus, run_featx, checkpoint_folder):
    write_corpus(speakers=1)
    options = ("--max-seconds", "0.31", "--too-long", "trim")
    run_featx("extract", "--model", checkpoint_folder, *options)
    outcome = run_featx("extract", "--model", checkpoint_folder)
    assert outcome.code == 1
    assert "trimmed_to: the store has 0.31, asked for None" in outcome.err
    shorter = run_featx(
        "extract", "--model", checkpoint_folder, "--max-seconds", "0.3", *options[2:]
    )
    assert "trimmed_to: the store has 0.31, asked for 0.3" in shorter.err


@pytest.mark.parametrize("precision", ["float32", "bfloat16", "float16"])
def test_the_store_records_the_precision(write_corpus, run_featx, checkpoint_folder, precision):
    write_corpus(speakers=1)
    outcome = run_featx("extract", "--model", checkpoint_folder, "--precision", precision)
    assert outcome.code == 0
    assert FeatureStore(STORE).identity["precision"] == precision
    outcome = run_featx("extract", "--model", checkpoint_folder)  # auto: what the store has
    assert (outcome.code, "0 utterances extracted" in outcome.out) == (0, True)
    other = "float32" if precision == "bfloat16" else "bfloat16"
    outcome = run_featx("extract", "--model", checkpoint_folder, "--precision", other)
    assert outcome.code == 1
    assert f"precision: the store has '{precision}', asked for '{other}'" in outcome.err


def test_auto_takes_what_it_measured_and_records_the_figures(
    write_corpus, run_featx, checkpoint_folder, monkeypatch
):
    write_corpus(speakers=1)
    check = PrecisionCheck("bfloat16", {0: 0.9999, 1: 0.9997, 2: 0.9998}, 3.0)
    monkeypatch.setattr("featx.features.precision.check_precisions", lambda *_: [check])
    outcome = run_featx("extract", "--model", checkpoint_folder)
    assert "3.0 times as fast as float32, lowest cosine of a frame 0.99970 (layer 1)" in outcome.out
    assert FeatureStore(STORE).identity["precision"] == "bfloat16"
    record = json.loads((STORE / "precision.json").read_text())
    assert (record["precision"], record["checks"][0]["speed"]) == ("bfloat16", 3.0)


def test_a_device_that_is_not_there_is_explained(write_corpus, run_featx, checkpoint_folder):
    write_corpus(speakers=1)
    outcome = run_featx("extract", "--model", checkpoint_folder, "--device", "cuda:77")
    assert outcome.code == 1
    assert "--device cpu works everywhere" in outcome.err


@pytest.mark.parametrize("option", ["--max-seconds", "--batch-seconds"])
def test_endless_seconds_are_refused(write_corpus, run_featx, checkpoint_folder, option):
    write_corpus(speakers=1)
    outcome = run_featx("extract", "--model", checkpoint_folder, option, "inf")
    assert outcome.code == 1
    assert f"error: {option} inf: give a number" in outcome.err


def test_the_limit_in_the_help_is_the_one_in_force():
    default = inspect.signature(extract).parameters["max_seconds"].default
    assert default == LengthLimit().seconds


def test_a_sample_that_can_not_be_read_stops_nothing(write_corpus, run_featx, checkpoint_folder):
    write_corpus(speakers=1, takes=1)
    for path in Path("audio").iterdir():
        soundfile.write(path, np.full(8_000, np.nan, np.float32), 16_000, subtype="FLOAT")
    outcome = run_featx("extract", "--model", checkpoint_folder)
    assert outcome.code == 1
    assert "0 utterances extracted" in outcome.out
    assert outcome.out.count("holds values that are not finite") == 3


@pytest.mark.parametrize("precision", ["auto", "float32"])
def test_out_of_memory_is_explained(
    write_corpus, run_featx, checkpoint_folder, monkeypatch, precision
):
    def encode(*_):
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to...")

    write_corpus(speakers=1)
    monkeypatch.setattr(Encoder, "encode", encode)
    monkeypatch.setattr("featx.features.encoders.precision._candidates", lambda _: ("bfloat16",))
    outcome = run_featx("extract", "--model", checkpoint_folder, "--precision", precision)
    assert outcome.code == 1
    assert "smaller ones with --batch-seconds" in outcome.err
