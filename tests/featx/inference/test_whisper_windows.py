"""A head predicts from the windows that it was trained on, and refuses others."""

from pathlib import Path

import pytest

import featx
from featx.errors import FeatxError

STORE = Path("features/manifest/model")
TRAINED = {"settings": "training.epochs=1", "folds": 3, "name": "made"}


def labels(predictions) -> dict[str, list[float]]:
    return {row.utterance: list(row.probabilities.values()) for row in predictions}


@pytest.fixture
def stores(write_corpus, save_whisper) -> dict[str, Path]:
    """Features of a tiny Whisper in either windows."""
    save_whisper(positions=40)
    write_corpus(speakers=3, takes=1)
    return {
        window: featx.extract("model", window=window, precision="float32", out=window).folder
        for window in ("30", "short")
    }


@pytest.mark.parametrize(("window", "other"), [("short", "30"), ("30", "short")])
def test_audio_is_seen_in_the_windows_of_training(window, other, stores):
    model = featx.load(featx.fit("dense", features=stores[window], **TRAINED))
    assert labels(model.predict("manifest.csv")) == labels(model.predict(stores[window]))
    with pytest.raises(FeatxError, match=f"window: '{window}' in training, here '{other}'"):
        model.predict(stores[other])


def test_a_fit_that_goes_on_takes_no_other_windows(stores):
    featx.fit("dense", features=stores["short"], **TRAINED)
    Path("short").rename("kept")
    Path("30").rename("short")
    with pytest.raises(FeatxError):
        featx.fit("dense", features="short", **TRAINED)


def test_heads_of_both_windows_are_fused(stores):
    both = [stores["30"], stores["short"]]
    model = featx.load(featx.fit("fusion", features=both, **TRAINED))
    expected = labels(model.predict(both))
    assert labels(model.predict(both[::-1])) == expected
    assert labels(model.predict("manifest.csv")) == expected
