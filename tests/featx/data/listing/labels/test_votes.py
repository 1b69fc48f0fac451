"""Annotators' votes as columns: from a table, and where labels are merged."""

from pathlib import Path

import pytest

import featx
from featx.data.listing.corpus import Found
from featx.data.listing.labels.relabel import choose_labels
from featx.data.listing.labels.vote_table import read_votes, take_votes
from featx.data.manifest import Utterance
from featx.errors import FeatxError

TABLE = """utterance,annotator,label
a,1,sad
a,2,happy
a,3,happy
b,1,sad
b,1,angry
b,2,angry
c,1,sad
c,2,angry
"""


def found(*names, label="angry"):
    return Found([Utterance(name, Path(f"/{name}.wav"), "", label) for name in names], [])


@pytest.fixture
def votes(tmp_path):
    def write(text=TABLE):
        (tmp_path / "votes.csv").write_text(text)
        return tmp_path / "votes.csv"

    return write


def test_the_label_is_what_most_gave_and_the_columns_are_all_votes(votes):
    taken = take_votes(found("a", "b", "c"), read_votes(votes()), votes())
    rows = {u.utterance: {"label": u.label, **u.extra} for u in taken.utterances}
    assert rows["a"] == {
        "label": "happy", "agreement": "0.67",
        "p_happy": "0.6667", "p_sad": "0.3333", "p_angry": "0",
    }  # fmt: skip
    assert (rows["b"]["label"], rows["b"]["p_angry"], rows["b"]["p_sad"]) == (
        "angry",
        "0.75",
        "0.25",
    )
    assert rows["c"]["label"] == "angry"  # its own label, of two with as many votes
    (again,) = take_votes(found("c", label="happy"), read_votes(votes()), votes()).utterances
    assert again.label == "sad"  # the first in the customary order
    assert taken.notes == ["1 label of 3 changed to what most annotators gave"]


def test_utterances_without_votes_and_votes_without_utterances_are_said(votes):
    taken = take_votes(found("a", "z"), read_votes(votes()), votes())
    assert taken.utterances[1].label == "angry"
    assert not taken.utterances[1].extra
    assert "1 utterance without votes: z" in taken.notes
    assert "votes.csv has votes for 2 utterances not in the corpus: b, c" in taken.notes
    with pytest.raises(FeatxError, match=r"none of its 3 utterances is in the corpus.*'a'.*'z'"):
        take_votes(found("z"), read_votes(votes()), votes())


def test_a_table_that_is_wrong_is_refused_with_its_lines(votes):
    with pytest.raises(FeatxError, match=r"line 10: annotator 1 already gives a the label sad"):
        read_votes(votes(TABLE + "a,1,sad\n"))
    with pytest.raises(FeatxError, match=r"line 10: annotator is empty"):
        read_votes(votes(TABLE + "a,,sad\n"))


def test_merged_labels_add_up_their_votes(votes):
    taken = take_votes(found("a", "b", "c"), read_votes(votes()), votes())
    merged = choose_labels(taken, {"angry": "sad"}, []).utterances
    assert [u.label for u in merged] == ["happy", "sad", "sad"]
    assert [u.extra["p_sad"] for u in merged] == ["0.3333", "1", "1"]
    assert [u.extra["agreement"] for u in merged] == ["0.67", "1.00", "1.00"]
    assert all("p_angry" not in u.extra for u in merged)
    swapped = choose_labels(taken, {"angry": "sad", "sad": "angry"}, []).utterances
    assert [u.extra["p_angry"] for u in swapped] == [u.extra["p_sad"] for u in taken.utterances]


def test_the_command_makes_a_manifest_of_votes(write_corpus, run_featx):
    write_corpus(speakers=2, takes=1)
    names = [u.utterance for u in featx.load_manifest("manifest.csv").utterances]
    lines = [
        f"{name},{rater},{'calm' if rater == 'x' else 'happy'}" for name in names for rater in "xyz"
    ]
    Path("votes.csv").write_text("\n".join(["utterance,annotator,label", *lines]))
    made = run_featx("manifest", "csv", "manifest.csv", "--votes", "votes.csv", "--out", "new.csv")
    assert made.code == 0, made.err
    rows = featx.load_manifest("new.csv").utterances
    assert {(u.label, u.extra["p_happy"], u.extra["p_calm"]) for u in rows} == {
        ("happy", "0.6667", "0.3333")
    }
