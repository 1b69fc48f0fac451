"""Labels: missing, alike, rare, or none at all."""

import unicodedata
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import featx
from featx.data.checks.labels import check_labels, check_missing
from featx.data.manifest import Utterance
from featx.data.manifest_rows import ManifestError
from featx.data.words import looks_missing


def said(labels: Sequence[str], each: int = 4) -> list[Utterance]:
    return [
        Utterance(f"{number}-{take}", Path("/a.wav"), "s", label)
        for number, label in enumerate(labels)
        for take in range(each)
    ]


def texts(*labels: str, each: int = 4) -> list[str]:
    return [finding.text for finding in check_labels(said(labels, each))]


@pytest.mark.parametrize(
    "label",
    ["nan", "NaN", "None", "null", "n/a", "N.A.", "#N/A", "<NA>", "-", "?", "??", "—", "", "  ",
     "unlabeled", "No label", "NOT_AVAILABLE"],
)  # fmt: skip
def test_missing_labels_are_errors(label):
    (finding,) = check_missing(said(["sad", label]))
    assert finding.severity == "error"
    assert len(finding.utterances) == 4
    assert "`labels=sad`" in finding.text
    assert ("`merge=" in finding.text) == bool(label.strip())


@pytest.mark.parametrize("label", ["other", "undecided", "unknown", "neutral", "N", "0", "+", "😀"])
def test_words_that_can_be_answers_are_labels(label):
    assert not check_missing(said([label]))


@pytest.mark.parametrize(
    ("labels", "why", "cures"),
    [
        (["Happy", "happy"], "differ only in case", ["Happy=happy"]),
        (["angry", "angry\u200b"], "differ only in case, spaces", ["angry\u200b=angry"]),
        (["very sad", "very_sad"], "differ only in case, spaces", ["very_sad=very sad"]),
        (["fröhlich", unicodedata.normalize("NFD", "fröhlich")], r"'fr\xf6hlich' (4)", []),
        (["happiness", "Joy", "sad"], "mean the same", ["Joy=happiness"]),
        (["surprised", "ps", "pleasant_surprise"], "mean the same", ["ps=surprised"]),
        (["ang", "anger"], "mean the same", []),
        (["angry", "Angray"], "differ in a single letter", ["Angray=angry"]),
        (["neutral", "nuetral"], "differ in a single letter", ["nuetral=neutral"]),
        (["fear", "faer"], "differ in a single letter", ["faer=fear"]),
        (["frustré", "frustrée"], "differ in a single letter", []),
    ],
)
def test_labels_that_are_alike_are_named_with_their_cure(labels, why, cures):
    (finding,) = check_labels(said(labels))
    assert finding.severity == "warning"
    assert why in finding.text
    for cure in cures:
        assert f"`merge={cure}`" in finding.text


def test_six_classes_that_are_two_are_merged_into_two():
    cures = " ".join(texts("Happy", "happy", "happiness", "Joy", "Angray", "angry"))
    for old, new in [("Happy", "happy"), ("happiness", "happy"), ("Joy", "happy")]:
        assert f"`merge={old}={new}`" in cures
    assert "`merge=Angray=angry`" in cures


@pytest.mark.parametrize(
    "labels",
    [
        ["happy", "excited", "calm", "neutral", "sad", "bored", "mad", "bad"],
        ["HAHV", "HALV", "LAHV", "LALV"],
        ["A", "H", "S", "N"],
        ["typical", "atypical"],
        ["level 10", "level 11"],
        ["positive", "negative"],
        ["very sad", "slightly sad", "neutral"],
    ],
)
def test_labels_that_are_meant_are_left_alone(labels):
    assert not check_labels(said(labels))


def test_rare_labels_are_named_in_corpora_that_are_not_small():
    corpus = said(["sad", "happy"], each=20) + said(["bored"], each=2)
    (finding,) = check_labels(corpus)
    assert "bored (2)" in finding.text
    assert not check_labels(said(["sad", "bored"], each=1))


@pytest.mark.parametrize(
    ("labels", "what"),
    [
        (["train", "Test", "dev"], "name parts of a corpus"),
        (["Actor_01", "Actor_02", "Actor_03"], "as speakers' names do"),
        (["OAF_Fear", "YAF_fear", "OAF_sad", "YAF_sad"], "hold an emotion and something else"),
        ([f"{chr(97 + i % 26) * 3}{chr(97 + i // 26) * 3}" for i in range(60)], "texts or names"),
    ],
)
def test_labels_that_are_something_else(labels, what):
    assert any(what in text for text in texts(*labels))


@pytest.mark.parametrize("label", ["nan", "None", "-", " ? "])
def test_manifests_with_missing_labels_are_refused_by_line(write_corpus, label):
    manifest = write_corpus(speakers=2, takes=1)
    lines = manifest.read_text().splitlines()
    lines[3] = lines[3].rsplit(",", 1)[0] + f",{label}"
    manifest.write_text("\n".join(lines) + "\n")
    with pytest.raises(ManifestError, match=r"line 4: label '.*' looks like a missing value"):
        featx.load_manifest(manifest)


def test_a_corpus_with_missing_labels_is_chosen_from_or_renamed(fill, monkeypatch):
    root = fill("happy/1.wav", "sad/1.wav", "None/1.wav", "None/2.wav")
    monkeypatch.chdir(root)
    with pytest.raises(featx.FeatxError, match=r"'None' of 2 utterances.*`labels=happy,sad`"):
        featx.build_manifest("folder", root)
    assert not Path("manifest.csv").exists()
    kept = featx.build_manifest("folder", root, "kept.csv", labels="happy,sad")
    assert len(kept.utterances) == 2
    named = featx.build_manifest("folder", root, "named.csv", merge="None=neutral")
    assert {u.label for u in named.utterances} == {"happy", "sad", "neutral"}


@given(st.lists(st.text(max_size=8), max_size=6))
def test_any_labels_are_checked(labels):
    for finding in check_labels(said(labels, each=1)):
        assert finding.text.endswith(".")
    assert {u.label for u in said(labels) if looks_missing(u.label)} >= {x for x in labels if not x}
