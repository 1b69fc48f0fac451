from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from featx.data.manifest import Manifest, Utterance
from featx.data.summary import summarize


@pytest.fixture
def utterance(tmp_path: Path) -> Utterance:
    """Describe 36 s of silence."""
    soundfile.write(tmp_path / "a.flac", np.zeros(36 * 8_000), 8_000)
    return Utterance("u1", tmp_path / "a.flac", "anna", "happy")


def lines(*utterances: Utterance) -> list[str]:
    return summarize(Manifest(Path("manifest.csv"), utterances)).splitlines()


def test_counts_labels_by_sex(utterance):
    man = replace(utterance, speaker="bert", label="sad", extra={"sex": "male"})
    woman = replace(utterance, extra={"sex": "female"}, session="1")
    assert lines(man, woman, woman, replace(woman, extra={"sex": ""}, speaker="")) == [
        "4 utterances, 2 speakers, speaker unknown in 1 of them, 0.04 h of audio",
        "",
        "label  female  male  unknown  total",
        "happy       2     0        1      3",
        "sad         0     1        0      1",
        "total       2     1        1      4",
    ]


def test_counts_labels_by_session_where_no_sex_is_known(utterance):
    first, second = replace(utterance, session="1"), replace(utterance, session="2", label="sad")
    assert lines(first, second)[2:] == [
        "label  session 1  session 2  total",
        "happy          1          0      1",
        "sad            0          1      1",
        "total          1          1      2",
    ]


def test_one_group_needs_no_columns(utterance):
    assert lines(utterance) == [
        "1 utterance, 1 speaker, 0.01 h of audio",
        "",
        "label  total",
        "happy      1",
        "total      1",
    ]


def test_segments_count_as_long_as_they_are(utterance):
    assert "0.02 h" in lines(*[replace(utterance, start=18.0)] * 2, replace(utterance, end=36.0))[0]
