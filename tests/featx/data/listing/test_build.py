"""A corpus becomes a manifest: through the API, as the command line does it."""

import logging
from pathlib import Path
from typing import get_args

import pytest

import featx
from featx.data.choices import CorpusName
from featx.data.corpora import CORPORA
from featx.data.listing.files import CorpusError


@pytest.fixture
def root(fill, monkeypatch) -> Path:
    """Hold three labels of a corpus sorted into folders, one folder below where we are."""
    folder = fill(*(f"corpus/{n}.wav" for n in ("happy/anna_1", "sad/bert_1", "excited/bert_2")))
    monkeypatch.chdir(folder)
    return Path("corpus")


def test_labels_are_merged_then_chosen_and_notes_are_said(root, caplog):
    caplog.set_level(logging.INFO, "featx")
    built = featx.build_manifest(
        "folder", str(root), labels="happy, sad", merge={"excited": "happy"}, speaker=r"(\w+)_\d"
    )
    assert built == featx.load_manifest("manifest.csv")
    assert [u.speaker for u in built.utterances] == ["bert", "anna", "bert"]
    assert sorted(u.label for u in built.utterances) == ["happy", "happy", "sad"]
    assert Path("manifest.csv").read_text().splitlines()[1].split(",")[1] == (
        "corpus/excited/bert_2.wav"
    )
    assert caplog.messages == ["Note: merged 1 excited utterance into happy."]


def test_labels_may_be_a_list_and_out_another_file(root):
    built = featx.build_manifest("folder", root, "made/here.csv", labels=["sad"])
    assert built.path == Path("made/here.csv")
    assert [u.label for u in built.utterances] == ["sad"]


def test_another_manifest_is_replaced_only_when_asked(root):
    for _ in range(2):
        featx.build_manifest("folder", root)
    before = Path("manifest.csv").read_text()
    with pytest.raises(CorpusError, match=r"manifest\.csv exists .*`overwrite`.*`out`"):
        featx.build_manifest("folder", root, labels="sad")
    assert Path("manifest.csv").read_text() == before
    assert len(featx.build_manifest("folder", root, labels="sad", overwrite=True).utterances) == 1


@pytest.mark.parametrize(
    ("corpus", "arguments", "message"),
    [
        ("emodb", {"channel": "song"}, "`channel` is for ravdess, not for emodb"),
        ("ravdess", {"scenario": "both"}, "`scenario` is for iemocap, not for ravdess"),
        ("iemocap", {"speaker": "(x)"}, "`speaker` is for folder, csv, not for iemocap"),
        ("tess", {"label_source": "voice"}, "`label_source` is for crema-d, not for tess"),
        ("crema-d", {"label_source": "ear"}, "`label_source='ear'`: must be 'acted'"),
        ("crema-d", {"speaker": "(x)"}, "`speaker` is for folder, csv, not for crema-d"),
        ("ravdess", {"channel": "loud"}, "`channel='loud'`: must be 'speech'"),
        ("folder", {"labels": "hapy"}, "`labels`: no label hapy; there are: excited"),
        ("ravdess", {}, "found no RAVDESS speech"),
        ("ravdes", {}, "`corpus='ravdes'`: must be 'ravdess'"),
    ],
)
def test_what_does_not_fit_is_refused(root, corpus, arguments, message):
    with pytest.raises(featx.FeatxError, match=message):
        featx.build_manifest(corpus, root, **arguments)
    assert not Path("manifest.csv").exists()


@pytest.mark.parametrize("before", [None, "what was there"])
def test_a_manifest_that_is_not_valid_is_not_written(fill, before):
    root = fill("a.wav")
    lists = {"wav.scp": "r a.wav", "segments": "u r 0 99", "utt2emo": "u sad"}
    for name, text in lists.items():
        (root / name).write_text(text)
    out = root / "made/m.csv"
    if before:
        out.parent.mkdir()
        out.write_text(before)
    with pytest.raises(featx.FeatxError, match=r"made/m\.csv can't be used:.*\n.*lies outside"):
        featx.build_manifest("kaldi", root, out, overwrite=True)
    assert [path.read_text() for path in out.parent.glob("*")] == ([before] if before else [])


@pytest.mark.parametrize(
    ("corpus", "name"), [("meld", "unpack"), ("huggingface", "unpack"), ("csv", "audio")]
)
def test_a_folder_without_a_name_is_refused(root, corpus, name):
    with pytest.raises(CorpusError, match=rf"`{name}` must name a folder"):
        featx.build_manifest(corpus, root, **{name: ""})


def test_every_corpus_is_a_choice():
    assert list(get_args(CorpusName)) == list(CORPORA)
