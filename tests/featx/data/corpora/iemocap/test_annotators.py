"""Votes of annotators: soft labels add up to 1, and agreement is what counting by hand gives."""

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from featx.data.corpora.iemocap.annotators import WORDS, read_votes
from featx.data.listing.labels.votes import add_votes
from featx.data.manifest import Utterance

ANNOTATORS = st.lists(
    st.lists(st.sampled_from(sorted(WORDS)), min_size=1, max_size=4), min_size=1, max_size=7
)


def lines(annotators, gap="\t", end=";"):
    return [
        (f"line {number}", f"C-E{number}:{gap}{'; '.join(words).title()}{end}{gap}()")
        for number, words in enumerate(annotators, 1)
    ]


def columns(label, votes):
    utterance = Utterance("u", Path("x.wav"), "s", label)
    return add_votes([utterance], {"u": votes.shares})[0].extra


@given(ANNOTATORS, st.sampled_from(sorted(set(WORDS.values()))), st.sampled_from(["\t", "  "]),
       st.sampled_from([";", ""]))  # fmt: skip
def test_agreement_is_the_share_of_votes_and_soft_labels_add_up_to_1(annotators, label, gap, end):
    found = columns(label, read_votes(lines(annotators, gap, end)))
    given_labels = [{WORDS[word] for word in words} for words in annotators]
    share = sum((label in labels) / len(labels) for labels in given_labels) / len(annotators)
    assert float(found.pop("agreement")) == pytest.approx(share, abs=0.0051)
    assert sum(map(Decimal, found.values())) == 1
    assert set(found) == {f"p_{name}" for labels in given_labels for name in labels}
    assert float(found.get(f"p_{label}", 0)) == pytest.approx(share, abs=1e-4)


@given(ANNOTATORS)
def test_full_agreement_is_that_all_labels_of_all_annotators_are_the_same(annotators):
    labels = {WORDS[word] for words in annotators for word in words}
    for label in labels:
        found = columns(label, read_votes(lines(annotators)))
        assert (found["agreement"] == "1.00") == (len(labels) == 1)


@pytest.mark.parametrize(
    "line",
    ["C-E2:\t;\t()", "C-E2:", "C-E2 Anger; ()", "C-E2:\tAngry;\t()", "C-E:\tAnger;\t()",
     "C-X2:\tAnger;\t()", "C-E1:\tAnger;\t()", "C-E2:\tAnger;\t() Fear;", "Anger;"],
)  # fmt: skip
def test_a_line_that_cannot_be_read_leaves_the_votes_unknown(line):
    votes = read_votes([("first", "C-E1:\tAnger;\t()"), ("second", line)])
    assert votes == ({}, ["second"])


def test_actors_attributes_and_remarks_are_no_votes():
    said = ["C-F1:\tFear;\t()", "C-M1:\tFear;\t()", "A-E2:\tval 3; act 2; dom  3;\t()", "", "% x"]
    votes = read_votes([("", line) for line in [*said, "C-E2:\tSadness;\t(weary; Fear;)"]])
    assert votes == ({"sad": 1}, ())
    assert read_votes([("", line) for line in said]) == ({}, ())
