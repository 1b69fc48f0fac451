"""Short windows are asked for, planned, recorded, and never mixed with those of training."""

from pathlib import Path

import numpy as np
import pytest

import featx
from cache import FeatureStore, StoreError
from featx.errors import FeatxError
from featx.features.encoders.checkpoints.find import find_checkpoint
from featx.features.encoders.encoder import Encoder
from featx.features.writing import fill

STORE = Path("features/manifest/model")
SHORT = {"window": "short", "precision": "float32"}


@pytest.fixture
def whisper(write_corpus, save_whisper):
    """A Whisper of windows of 0.4 s, and as many utterances of 0.39 s as of 0.41 s."""
    save_whisper(positions=20)
    write_corpus(speakers=2, seconds=0.39)
    return "model"


@pytest.mark.parametrize(("window", "recorded"), [("short", "short"), ("30", None), (30, None)])
def test_the_store_holds_and_records_the_windows(window, recorded, whisper):
    store = featx.extract(whisper, window=window, precision="float32", dtype="float32").store
    assert store.identity.window == recorded
    encoder = Encoder(find_checkpoint(whisper), window="30" if recorded is None else "short")
    extraction = featx.extract(whisper, window=window, dtype="float32")
    assert (extraction.extracted, extraction.failures) == (0, {})
    for planned in extraction.plan.planned:
        expected = encoder.encode([extraction.plan.read(planned)])[0]
        np.testing.assert_allclose(store.read(planned.utterance), expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize(("first", "second"), [("30", "short"), ("short", "30")])
def test_a_store_is_not_completed_in_other_windows(first, second, whisper):
    store = featx.extract(whisper, window=first, precision="float32").store
    store.forget(store.utterances[:2])
    with pytest.raises(StoreError, match=f"window: the store has '{first}', asked for '{second}'"):
        featx.extract(whisper, window=second)
    assert featx.extract(whisper, window=first).extracted == 2
    featx.extract(whisper, window=second, precision="float32", out="apart")
    assert FeatureStore(STORE).identity != FeatureStore(Path("apart")).identity


def test_the_plan_says_what_is_short_and_what_is_seen_in_several(whisper):
    longer = "6 utterances longer than 0.4 s"
    plan = featx.extract(whisper, dry_run=True).plan
    assert longer in plan.describe()
    assert "Short windows" not in plan.describe()
    extraction = featx.extract(whisper, window="short", dry_run=True)
    assert longer in extraction.plan.describe()
    assert "Short windows, without silence up to 0.4 s" in extraction.plan.describe()
    assert extraction.plan.frames == plan.frames
    assert "short, without silence" in extraction._repr_html_()
    assert not STORE.exists()


def test_progress_is_counted_in_what_takes_time(whisper, monkeypatch):
    """A window of 30 s takes as long however little of it is sound."""
    seen = []
    progress = fill.progress
    monkeypatch.setattr(fill, "progress", lambda *given: seen.append(given) or progress(*given))
    featx.extract(whisper, precision="float32")
    featx.extract(whisper, **SHORT, out="apart")
    store = FeatureStore(STORE)
    store.forget(store.utterances[:2])
    featx.extract(whisper)
    assert seen == [
        ("Extracting", 18, "windows", 0),
        ("Extracting", pytest.approx(6 * 0.39 + 6 * 0.41), "s of audio", 0),
        ("Extracting", 18, "windows", 15),
    ]


@pytest.mark.parametrize("model", ["tiny", "wav2vec2-base", "egemaps", "spectrogram"])
@pytest.mark.parametrize("dry_run", [False, True])
def test_short_windows_are_refused_in_a_sentence_where_there_are_none(
    model, dry_run, write_corpus, checkpoint_folder
):
    write_corpus(speakers=1, takes=1)
    name = checkpoint_folder if model == "tiny" else model
    with pytest.raises(FeatxError, match=r"^`window='short'` is for Whisper models.*\.$") as error:
        featx.extract(name, window="short", dry_run=dry_run)
    assert model in str(error.value)
    assert "\n" not in str(error.value)
    assert not Path("features").exists()


@pytest.mark.parametrize("window", ["20", 20, True, None])
def test_a_window_is_one_of_the_two(window, write_corpus):
    write_corpus(speakers=1, takes=1)
    with pytest.raises(FeatxError, match="`window="):
        featx.extract("whisper-tiny.en", window=window, dry_run=True)
