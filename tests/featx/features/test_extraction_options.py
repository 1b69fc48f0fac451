"""What `featx.extract` computes, on what, and of how long an utterance."""

import inspect
from pathlib import Path

import numpy as np
import pytest
import soundfile

import featx
from cache import FeatureStore, StoreError
from featx.data.audio import read_audio
from featx.errors import FeatxError
from featx.features.encoders.checkpoints.find import find_checkpoint
from featx.features.encoders.encoder import Encoder
from featx.features.planning.length import LengthLimit

STORE = Path("features/manifest/tiny")
TRIM = {"max_seconds": 0.31, "too_long": "trim", "precision": "float32"}


def test_only_the_chosen_layers_are_stored(write_corpus, checkpoint_folder):
    write_corpus(speakers=1)
    store = featx.extract(checkpoint_folder, layers="0,2").store
    assert store.layout.layers == ("0", "2")
    assert store.read("sad-0-0").shape[0] == 2


def test_other_layers_than_the_stores_are_refused(write_corpus, checkpoint_folder):
    write_corpus(speakers=1)
    featx.extract(checkpoint_folder, layers="0")
    with pytest.raises(StoreError, match=r"layers: the store has \('0',\), asked for \('1',\)"):
        featx.extract(checkpoint_folder, layers="1")


def test_a_layer_the_encoder_lacks_is_refused_before_anything(write_corpus):
    write_corpus(speakers=1)
    with pytest.raises(FeatxError, match="no layer 13"):
        featx.extract("wav2vec2-base", layers="0-13", dry_run=True)


def test_long_utterances_are_refused_by_default(write_corpus, checkpoint_folder):
    write_corpus(speakers=1)  # of 0.30 and 0.32 s
    extraction = featx.extract(checkpoint_folder, max_seconds=0.31)
    assert extraction.extracted == 3
    assert len(extraction.failures) == 3
    assert "`max_seconds=0.31`" in extraction.failures["sad-0-1"].reason


def test_long_utterances_are_trimmed_where_asked(write_corpus, checkpoint_folder):
    write_corpus(speakers=1)
    extraction = featx.extract(checkpoint_folder, **TRIM)
    assert (extraction.plan.trimmed, extraction.failures) == (3, {})
    store = extraction.store
    assert store.identity.trimmed_to == 0.31
    assert store.samples("sad-0-1") == 4_960
    encoder = Encoder(find_checkpoint(str(checkpoint_folder)))
    expected = encoder.encode([read_audio(Path("audio/sad-0-1.wav"))[:4_960]])[0]
    np.testing.assert_allclose(store.read("sad-0-1"), expected, rtol=1e-3, atol=1e-4)


def test_another_limit_than_the_stores_is_refused(write_corpus, checkpoint_folder):
    write_corpus(speakers=1)
    featx.extract(checkpoint_folder, **TRIM)
    with pytest.raises(StoreError, match=r"trimmed_to: the store has 0.31, asked for None"):
        featx.extract(checkpoint_folder)
    with pytest.raises(StoreError, match=r"trimmed_to: the store has 0.31, asked for 0.3"):
        featx.extract(checkpoint_folder, max_seconds=0.3, too_long="trim")


@pytest.mark.parametrize("precision", ["float32", "bfloat16", "float16"])
def test_the_store_records_the_precision(write_corpus, checkpoint_folder, precision):
    write_corpus(speakers=1)
    extraction = featx.extract(checkpoint_folder, precision=precision)
    assert extraction.store.identity.precision == precision
    assert featx.extract(checkpoint_folder, precision="auto").extracted == 0  # what the store has
    other = "float32" if precision == "bfloat16" else "bfloat16"
    with pytest.raises(StoreError, match=f"has '{precision}', asked for '{other}'"):
        featx.extract(checkpoint_folder, precision=other)


@pytest.mark.parametrize(
    "wrong",
    [
        {"device": "cuda:77"},
        {"max_seconds": float("inf")},
        {"batch_seconds": float("inf")},
        {"precision": "double"},
        {"dtype": "bfloat16"},
        {"too_long": "drop"},
        {"layers": "second"},
        {"revision": "main"},
    ],
)
def test_what_can_not_be_is_refused_by_the_name_of_its_argument(
    write_corpus, checkpoint_folder, wrong
):
    write_corpus(speakers=1, takes=1)
    (name,) = wrong
    with pytest.raises(FeatxError, match=f"`{name}="):
        featx.extract(checkpoint_folder, **wrong)
    assert not Path("features").exists()


def test_the_limit_by_default_is_the_one_in_force():
    default = inspect.signature(featx.extract).parameters["max_seconds"].default
    assert default == LengthLimit().seconds


def test_a_sample_that_can_not_be_read_stops_nothing(write_corpus, checkpoint_folder):
    write_corpus(speakers=1, takes=1)
    for path in Path("audio").iterdir():
        soundfile.write(path, np.full(8_000, np.nan, np.float32), 16_000, subtype="FLOAT")
    extraction = featx.extract(checkpoint_folder, precision="auto")
    assert extraction.extracted == 0
    assert len(extraction.failures) == 3


@pytest.mark.parametrize("precision", ["auto", "float32"])
def test_out_of_memory_is_explained(write_corpus, checkpoint_folder, monkeypatch, precision):
    def encode(*_):
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to...")

    write_corpus(speakers=1)
    monkeypatch.setattr(Encoder, "encode", encode)
    place = "featx.features.encoders.precision.half_precisions"
    monkeypatch.setattr(place, lambda _: ("bfloat16",))  # auto measures
    with pytest.raises(FeatxError, match="`batch_seconds`"):
        featx.extract(checkpoint_folder, precision=precision)


def test_an_extraction_is_found_under_the_name_of_the_manifest(write_corpus, checkpoint_folder):
    write_corpus(speakers=1, takes=1).rename("other.csv")
    extraction = featx.extract(checkpoint_folder, "other.csv", precision="float32")
    assert extraction.folder == Path("features/other/tiny")
    assert FeatureStore.exists(extraction.folder)
