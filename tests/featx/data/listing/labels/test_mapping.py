"""Mappings between corpora's labels: chosen by name, what is dropped is counted."""

from pathlib import Path

import pytest

import featx
from featx.data.corpora import CORPORA
from featx.data.emotions import emotion_of
from featx.data.label_order import CUSTOMARY
from featx.data.listing.corpus import Found
from featx.data.listing.files import CorpusError
from featx.data.listing.labels.mapping import apply_mapping, mapping_names, read_mapping
from featx.data.manifest import Utterance
from featx.protocols.protocol import protocol_names, read_protocol


def found(*labels: str, **columns: str) -> Found:
    rows = [Utterance(str(i), Path("/a.wav"), "", n, extra=columns) for i, n in enumerate(labels)]
    return Found(rows, ["seen"])


def labels_of(name: str, *labels: str) -> list[str]:
    return [u.label for u in apply_mapping(found(*labels), read_mapping(name)).utterances]


def test_all_that_are_shipped_can_be_read():
    assert mapping_names() == [
        "ekman", "four-classes", "quadrants", "quadrants-1to5", "quadrants-1to7", "valence",
    ]  # fmt: skip
    for name in mapping_names():
        mapping = read_mapping(name)
        assert mapping.title
        assert mapping.source
        assert mapping.classes
        for word in mapping.words:
            assert emotion_of(word) == word, f"{name}: write {word} as configs/emotions.toml does"


@pytest.mark.parametrize(
    ("name", "labels", "expected"),
    [
        ("ekman", ["Joy", "fear", "PS", "disgust", "NEU"],
         ["happy", "fearful", "surprised", "disgust", "neutral"]),
        ("four-classes", ["exc", "happiness", "anger", "fearful"], ["happy", "happy", "angry"]),
        ("quadrants", ["calm", "sad", "angry", "joy", "neutral"],
         ["positive-low", "negative-low", "negative-high", "positive-high"]),
        ("valence", ["disgust", "excited", "surprise", "other"], ["negative", "positive"]),
    ],
)  # fmt: skip
def test_words_of_any_corpus_become_classes(name, labels, expected):
    assert labels_of(name, *labels) == expected


def test_what_is_renamed_and_dropped_is_counted():
    mapped = apply_mapping(
        found("exc", "sad", "bored", "bored", "xxx"), read_mapping("four-classes")
    )
    assert mapped.notes == [
        "seen",
        "four-classes: 1 exc utterance became happy",
        "four-classes: left out 3 utterances that it has no class for: bored (2), xxx (1)",
    ]


def test_labels_that_no_mapping_knows_are_refused():
    with pytest.raises(CorpusError, match=r"doesn't know the label Angray, W\. Rename it"):
        labels_of("ekman", "Angray", "W", "sad")
    with pytest.raises(CorpusError, match="nothing is left"):
        labels_of("ekman", "bored")
    with pytest.raises(featx.FeatxError, match="no such mapping; did you mean 'ekman'"):
        read_mapping("ekmann")


def test_every_label_of_every_corpus_is_a_known_emotion():
    for name, corpus in CORPORA.items():
        for label in corpus.facts.labels if corpus.facts else ():
            assert emotion_of(label) is not None, f"{name}: {label} is not in configs/emotions.toml"
    assert all(emotion_of(label) == label for label in CUSTOMARY)


def test_protocols_and_mappings_have_the_same_words():
    for name in protocol_names():
        assert all(emotion_of(label) == label for label in read_protocol(name).labels)


RATED = [("4.5", "4"), ("4.5", "1.5"), ("2", "5"), ("1", "1"), ("3", "5"), ("", "4"), ("nan", "2")]


def test_ratings_become_quadrants():
    rows = [
        Utterance(str(i), Path("/a.wav"), "", "x", extra={"valence": v, "activation": a})
        for i, (v, a) in enumerate(RATED)
    ]
    mapped = apply_mapping(Found(rows, []), read_mapping("quadrants-1to5"))
    assert [u.label for u in mapped.utterances] == [
        "positive-high", "positive-low", "negative-high", "negative-low",
    ]  # fmt: skip
    assert mapped.notes == [
        "quadrants-1to5: left out 1 utterance in the middle of the scale",
        "quadrants-1to5: left out 2 utterances without both ratings",
    ]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"valence": "3"}, "needs a column arousal or activation or EmoAct; there is valence"),
        ({"valence": "6", "arousal": "2"}, "valence of 0 is 6, and the scale is 1 to 5"),
        ({"valence": "3", "arousal": "3"}, "nothing is left"),
    ],
)
def test_ratings_that_do_not_fit(columns, message):
    with pytest.raises(CorpusError, match=message):
        apply_mapping(found("x", **columns), read_mapping("quadrants-1to5"))


def test_a_mapping_of_ones_own_comes_between_merging_and_choosing(fill, monkeypatch):
    root = fill("W/1.wav", "Freude/1.wav", "traurig/1.wav", "tief traurig/1.wav")
    monkeypatch.chdir(root)
    Path("own.toml").write_text(
        'title = "t"\nsource = "s"\n[words]\nfreude = "good"\ntraurig = "bad"\nangry = "bad"\n'
    )
    built = featx.build_manifest(
        "folder", root, merge={"W": "angry", "tief traurig": "traurig"}, mapping="own.toml",
        labels="bad",
    )  # fmt: skip
    assert sorted(u.utterance for u in built.utterances) == ["W/1", "tief traurig/1", "traurig/1"]
    assert {u.label for u in built.utterances} == {"bad"}
    Path("own.toml").write_text('title = "t"\nsource = "s"\n')
    with pytest.raises(featx.FeatxError, match="give either words or ratings"):
        featx.build_manifest("folder", root, mapping="own.toml", overwrite=True)
