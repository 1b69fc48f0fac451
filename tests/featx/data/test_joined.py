"""Manifests are joined so that ids and people stay apart, and the first keeps its names."""

from pathlib import Path

import pytest

from featx.data.checks.duplicates import is_published
from featx.data.corpora import CORPORA
from featx.data.joined import join_manifests, own_id
from featx.data.manifest import Manifest, Utterance
from featx.data.sounds.same import Same
from featx.errors import FeatxError


def manifest(name: str, ids: str, speakers: str, corpus: str = "") -> Manifest:
    extra = {"corpus": corpus} if corpus else {}
    rows = zip(ids, speakers.replace("-", ""), strict=False)
    spoken = [Utterance(i, Path(f"{i}.wav"), s, "sad", extra=extra) for i, s in rows]
    return Manifest(Path(name).with_suffix(".csv"), tuple(spoken))


def names(joined):
    return [(u.utterance, u.speaker, u.column("manifest")) for u in joined.utterances]


def test_what_clashes_with_an_earlier_manifest_gets_the_name_of_its_own():
    joined = join_manifests([manifest("b", "xy", "12"), manifest("a", "yz", "23")])
    assert names(joined) == [
        ("x", "1", "b"), ("y", "2", "b"), ("a:y", "a:2", "a"), ("a:z", "a:3", "a"),
    ]  # fmt: skip
    assert [dict(part.own) for part in joined.parts] == [
        {"x": "x", "y": "y"}, {"a:y": "y", "a:z": "z"},
    ]  # fmt: skip
    assert [own_id(u) for u in joined.utterances] == ["x", "y", "y", "z"]
    assert str(joined.path) == "b.csv and a.csv"


def test_names_that_do_not_clash_stay():
    joined = join_manifests([manifest("b", "xy", "12"), manifest("a", "vw", "34")])
    assert [name for name, _, _ in names(joined)] == ["x", "y", "v", "w"]
    assert [speaker for _, speaker, _ in names(joined)] == ["1", "2", "3", "4"]


def test_speakers_of_one_corpus_are_the_same_people():
    parts = [manifest("song", "xy", "12", "ravdess"), manifest("speech", "vw", "23", "ravdess")]
    others = [*parts, manifest("emodb", "ab", "27", "emodb")]
    speakers = [speaker for _, speaker, _ in names(join_manifests(others))]
    assert speakers == ["1", "2", "2", "3", "emodb:2", "emodb:7"]


def test_unknown_speakers_stay_unknown():
    nobody = Manifest(Path("a.csv"), (Utterance("x", Path("x.wav"), "", "sad"),))
    joined = join_manifests([nobody, manifest("b", "y", "1")])
    assert [u.speaker for u in joined.utterances] == ["", "1"]


def test_two_manifests_of_one_name_are_refused():
    twice = [manifest("here/a", "x", "1"), manifest("there/a", "y", "2")]
    with pytest.raises(FeatxError, match=r"called 'a': here/a.csv and there/a.csv.*rename one"):
        join_manifests(twice)


def test_copies_that_a_corpus_is_known_for_are_known_under_longer_ids_too():
    first, second = sorted(next(iter(CORPORA["ravdess"].copies)))
    rows = [Utterance(i, Path(f"{i}.wav"), "1", "sad", extra={"corpus": "ravdess"})
            for i in (first, second)]  # fmt: skip
    other = Manifest(Path("a.csv"), (*rows[:1],))
    joined = join_manifests([other, Manifest(Path("b.csv"), tuple(rows))])
    spoken = {u.utterance: u for u in joined.utterances}
    assert is_published(Same(f"b:{first}", f"b:{second}", "identical samples"), spoken)
