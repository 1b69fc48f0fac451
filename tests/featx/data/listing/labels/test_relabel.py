from pathlib import Path

import pytest

from featx.data.listing.corpus import Found
from featx.data.listing.files import CorpusError
from featx.data.listing.labels.relabel import choose_labels
from featx.data.manifest import Utterance

LABELS = ["happy", "excited", "excited", "sad", "angry"]
FOUND = Found([Utterance(str(i), Path("/a.wav"), "", n) for i, n in enumerate(LABELS)], ["seen"])


def labels_of(found):
    return [utterance.label for utterance in found.utterances]


def test_nothing_asked_changes_nothing():
    assert choose_labels(FOUND, {}, []) == FOUND


def test_merging_comes_before_choosing():
    chosen = choose_labels(FOUND, {"excited": "happy"}, ["happy", "sad"])
    assert labels_of(chosen) == ["happy", "happy", "happy", "sad"]
    assert chosen.notes == [
        "seen",
        "merged 2 excited utterances into happy",
        "left out 1 utterance of other labels: angry (1)",
    ]


def test_merges_are_made_at_once():
    assert labels_of(choose_labels(FOUND, {"happy": "sad", "sad": "happy"}, []))[::3] == [
        "sad",
        "happy",
    ]


def test_unknown_labels_list_those_there_are():
    known = r"angry \(1\), excited \(2\), happy \(1\), sad \(1\)"
    with pytest.raises(CorpusError, match=f"`labels`: no label hapy; there are: {known}"):
        choose_labels(FOUND, {}, ["hapy", "sad"])
    with pytest.raises(CorpusError, match=f"`merge`: no label exited; there are: {known}"):
        choose_labels(FOUND, {"exited": "happy"}, [])
    with pytest.raises(CorpusError, match="`labels`: no label excited"):
        choose_labels(FOUND, {"excited": "happy"}, ["excited"])
