"""The checks that run by themselves where a manifest is made."""

import logging
import shutil

import numpy as np
import pytest
import soundfile

import featx
from featx.data.checks.corpus import check_corpus
from featx.data.sounds import measure as measuring
from featx.errors import Interrupted


@pytest.fixture
def corpus(workplace):
    """Two labels with three sounds each, all different."""
    random = np.random.default_rng(0)
    for label in ("sad", "happy"):
        (workplace / "corpus" / label).mkdir(parents=True)
        for number in range(3):
            wave = 0.1 * random.standard_normal(16_000)
            soundfile.write(f"corpus/{label}/{label}{number}.wav", wave, 16_000)
    return workplace / "corpus"


def said(caplog):
    return [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]


def test_nothing_is_said_of_distinct_sounds(corpus, caplog):
    featx.build_manifest("folder", corpus)
    assert said(caplog) == []


def test_copies_are_counted_and_named(corpus, caplog):
    for number in range(3):
        shutil.copy(corpus / "sad" / f"sad{number}.wav", corpus / "sad" / f"again{number}.wav")
    wave, rate = soundfile.read(corpus / "happy" / "happy0.wav")
    soundfile.write(corpus / "happy" / "softer.flac", wave[1_000:] / 2, rate)
    with caplog.at_level(logging.WARNING, "featx"):
        featx.build_manifest("folder", corpus)
    (copies,) = said(caplog)
    assert copies.startswith("Warning: 4 pairs of utterances are the same sound (")
    assert "near copies: 1" in copies
    assert "identical samples: 3" in copies
    assert copies.endswith(" and 1 more.")


def test_a_sound_under_two_labels_is_named(corpus, caplog):
    shutil.copy(corpus / "sad" / "sad1.wav", corpus / "happy" / "happy7.wav")
    featx.build_manifest("folder", corpus)
    copies, labels = said(caplog)
    assert "1 pair of utterances are the same sound: " in copies
    assert "the same sound under different labels: " in labels
    assert "labels happy and sad" in labels


def test_audio_that_can_not_be_read_is_said(corpus):
    manifest = featx.build_manifest("folder", corpus)
    (corpus / "sad" / "sad0.wav").write_text("<html>404</html>")
    (unread,) = check_corpus(manifest.utterances).findings
    assert unread.text.startswith("Unreadable audio of 1 of 6 utterances")
    assert "sad0.wav" in unread.text


def test_ctrl_c_leaves_no_manifest(corpus, workplace, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(measuring, "measure_sound", interrupt)
    monkeypatch.setattr(measuring.RememberedSounds, "find", lambda *_: None)
    with pytest.raises(Interrupted, match="goes on from there"):
        featx.build_manifest("folder", corpus)
    assert not (workplace / "manifest.csv").exists()
