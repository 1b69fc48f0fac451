"""Anybody's protocol, and what divides a corpus without one."""

from dataclasses import replace
from pathlib import Path

import pytest

from featx.data.manifest import Manifest
from featx.errors import FeatxError
from featx.protocols.apply import apply_protocol
from featx.protocols.folds import make_folds
from featx.protocols.protocol import Protocol, default_protocol, protocol_names, read_protocol
from featx.utils.config import check_config
from tests.featx.protocols.corpora import CORPUS, notes


def own(**keys) -> Protocol:
    table = {"title": "t", "division": {"kind": "leave-one-out", "by": "speaker"}, **keys}
    return check_config(table, Protocol, "own")


def test_where_also_takes_speaker_and_session():
    protocol = own(where={"session": ["1", "2"], "speaker": ["Ses01F", "Ses02M", "Ses03F"]})
    applied = apply_protocol(CORPUS["iemocap"], protocol).kept
    assert {u.speaker for u in applied.utterances} == {"Ses01F", "Ses02M"}


def test_without_labels_all_are_kept():
    assert apply_protocol(CORPUS["emodb"], own()).kept.utterances == CORPUS["emodb"].utterances


def test_ones_own_toml_is_read_and_named_after_its_file(workplace):
    Path("mine.toml").write_text('title = "mine"\n[division]\nkind = "speaker-folds"\ncount = 4\n')
    protocol = read_protocol("mine.toml")
    assert (protocol.name, protocol.title) == ("mine", "mine")
    assert len(make_folds(CORPUS["emodb"], protocol.division)) == 4


def test_an_unknown_name_gets_the_nearest_ones():
    with pytest.raises(FeatxError, match=r"`protocol=.*did you mean 'iemocap-loso'"):
        read_protocol("iemocap-losso")
    with pytest.raises(FeatxError, match=r"absent\.toml: can't be read"):
        read_protocol("absent.toml")


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"merge": {"calm": "neutral"}, "labels": ["calm", "neutral"]}, "calm is merged into"),
        ({"merge": {"calm": "neutal"}, "labels": ["sad"]}, "calm becomes neutal, which is not"),
        ({"where": {"channel": []}}, r"where\.channel: .* at least 1 item"),
        ({"expected": {"test": {"sad": 3}}}, "only a division with one fold"),
        ({"lables": ["sad"]}, "did you mean 'labels'"),
    ],
)
def test_a_contradictory_protocol_is_refused(keys, message):
    with pytest.raises(FeatxError, match=message):
        own(**keys)


def test_without_a_protocol_speakers_are_dealt_into_at_most_one_fold_each():
    protocol = default_protocol(CORPUS["emodb"], 5, False)
    assert protocol.division.model_dump() == {"kind": "speaker-folds", "count": 5}
    assert default_protocol(CORPUS["emodb"], 99, False).division.count == 10
    assert apply_protocol(CORPUS["emodb"], protocol).kept.utterances == CORPUS["emodb"].utterances
    assert notes(CORPUS["emodb"], protocol) == []


def test_without_a_protocol_the_split_column_comes_first():
    split = tuple(replace(u, split="train") for u in CORPUS["emodb"].utterances)
    for dependent in (False, True):
        protocol = default_protocol(Manifest(Path("m.csv"), split), 5, dependent)
        assert protocol.division.kind == "manifest-split"
        assert protocol.speakers_disjoint != dependent


def test_without_a_protocol_speaker_dependent_folds_divide_utterances():
    protocol = default_protocol(CORPUS["ravdess"], 5, True)
    assert not protocol.speakers_disjoint
    folds = make_folds(CORPUS["ravdess"], protocol.division)
    assert len(folds) == 5
    assert [f.validation for f in folds] == [folds[n].test for n in (1, 2, 3, 4, 0)]


def test_too_few_folds_are_refused():
    with pytest.raises(FeatxError, match="`folds=2`"):
        default_protocol(CORPUS["emodb"], 2, False)
    two = Manifest(Path("m.csv"), tuple(u for u in CORPUS["emodb"].utterances if u.speaker < "09"))
    with pytest.raises(FeatxError, match="2 speakers; training, validation and test need a"):
        make_folds(two, default_protocol(two, 5, False).division)


def test_the_toml_in_the_docs_divides_a_corpus(tmp_path):
    text = (Path(__file__).parents[3] / "docs" / "protocols.md").read_text("utf-8")
    path = tmp_path / "women.toml"
    path.write_text(text.partition("```toml\n")[2].partition("```")[0])
    protocol = read_protocol(str(path))
    applied = apply_protocol(CORPUS["ravdess"], protocol).kept
    assert len(make_folds(applied, protocol.division)) == 4
    assert {u.extra["sex"] for u in applied.utterances} == {"female"}
    for name in protocol_names():
        assert f"`{name}`" in text
