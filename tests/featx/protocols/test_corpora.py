"""Between corpora nobody who is tested is learned from, and the classes are those of all."""

from itertools import product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featx.data.joined import join_manifests
from featx.data.manifest import Manifest, Utterance
from featx.errors import FeatxError
from featx.protocols.apply import apply_protocol
from featx.protocols.corpora_protocol import corpora_protocol
from featx.protocols.divisions.manifests import Corpora, ManifestSplit
from featx.protocols.folds import make_folds
from featx.protocols.protocol import Protocol
from featx.protocols.task import set_task


def corpus(name, speakers, labels=("happy", "sad"), corpus="", **extra) -> Manifest:
    extra = {**extra, "corpus": corpus} if corpus else extra
    rows = [
        Utterance(f"{speaker}{label}", Path(f"{name}{speaker}{label}.wav"), str(speaker), label,
                  extra={**extra, "sex": "mf"[number % 2]})
        for (number, speaker), label in product(enumerate(speakers), labels)
    ]  # fmt: skip
    return Manifest(Path(f"{name}.csv"), tuple(rows))


def division(train="a", test="b", count=5, **more) -> Corpora:
    return Corpora(kind="corpora", train=tuple(train), test=tuple(test), count=count, **more)


def speakers(part) -> set[str]:
    return {u.speaker for u in part}


def of(joined, name):
    return {u.utterance for u in joined.utterances if u.column("manifest") == name}


def test_the_test_corpus_is_tested_whole_and_other_speakers_validate():
    joined = join_manifests([corpus("b", range(4)), corpus("a", range(10)), corpus("c", "vwxyz")])
    (fold,) = make_folds(joined, division(train="ac"))
    assert {u.utterance for u in fold.test} == of(joined, "b")
    learned = {u.utterance for u in (*fold.train, *fold.validation)}
    assert learned == of(joined, "a") | of(joined, "c")
    assert not speakers(fold.train) & speakers(fold.validation)
    # a fifth of each corpus
    assert sorted(u.column("manifest") for u in fold.validation) == ["a"] * 4 + ["c"] * 2
    assert {u.column("sex") for u in fold.validation} == {"m", "f"}
    assert make_folds(joined, division(train="ac")) == (fold,)


def test_shared_speakers_are_refused_unless_they_are_folded():
    joined = join_manifests(
        [corpus("b", range(5), corpus="one"), corpus("a", range(8), corpus="one")]
    )
    words = r"5 speakers of a would be tested in b, such as 0, 1, 2 and 2 more: .*`fold_speakers`"
    with pytest.raises(FeatxError, match=words):
        make_folds(joined, division())
    folds = make_folds(joined, division(fold_speakers=True))
    tested = [u.utterance for fold in folds for u in fold.test]
    assert sorted(tested) == sorted(of(joined, "b"))
    for fold in folds:
        parts = [speakers(part) for part in fold.parts.values()]
        assert sum(map(len, parts)) == len(set.union(*parts))
        assert {u.column("manifest") for u in (*fold.train, *fold.validation)} == {"a"}
        # nobody is left out of training who is neither tested nor validates
        assert speakers(fold.train) == set("01234567") - parts[1] - parts[2]


def test_folds_are_made_only_where_speakers_are_shared():
    apart = join_manifests([corpus("b", "xyz"), corpus("a", range(5))])
    assert not corpora_protocol(apart, division(fold_speakers=True)).division.fold_speakers
    same = join_manifests([corpus("b", "012", corpus="o"), corpus("a", range(5), corpus="o")])
    assert corpora_protocol(same, division(fold_speakers=True)).division.fold_speakers


@settings(max_examples=30)
@given(
    st.dictionaries(st.sampled_from("abcd"), st.sets(st.integers(0, 9), min_size=4), min_size=3),
    st.booleans(),
    st.integers(3, 6),
)
def test_no_speaker_is_in_two_parts(found, same, count):
    kept = [corpus(n, sorted(s), corpus="one" if same else "") for n, s in sorted(found.items())]
    joined = join_manifests(kept)
    first, *others = [manifest.name for manifest in kept]
    try:
        folds = make_folds(joined, division(others, [first], count, fold_speakers=same))
    except FeatxError:  # groups of too few speakers are refused
        assert same
        return
    for fold in folds:
        parts = [speakers(part) for part in fold.parts.values()]
        assert all(parts)
        assert sum(map(len, parts)) == len(set.union(*parts))
    assert sorted(u.utterance for f in folds for u in f.test) == sorted(of(joined, first))


def test_speaker_dependent_draws_utterances():
    joined = join_manifests([corpus("b", "01", corpus="o"), corpus("a", range(10), corpus="o")])
    (fold,) = make_folds(joined, division(speaker_dependent=True))
    assert len(fold.validation) == 4
    assert set_task(
        apply_protocol(joined, corpora_protocol(joined, division(speaker_dependent=True)))
    ).speakers_shared


def test_the_classes_are_those_that_all_corpora_have_and_the_others_are_named():
    joined = join_manifests(
        [corpus("b", "xyz", ("sad", "happy", "calm")), corpus("a", range(5), ("happy", "sad"))]
    )
    protocol = corpora_protocol(joined, division())
    assert protocol.labels == ("happy", "sad")
    task = set_task(apply_protocol(joined, protocol))
    assert task.classes == ("happy", "sad")
    assert "left out 3 utterances of other labels: calm (3)" in task.notes
    assert any("one in 5 speakers who are learned from validates" in note for note in task.notes)
    assert not corpora_protocol(join_manifests([corpus("b", "xyz"), corpus("a", "12")]),
                                division()).labels  # fmt: skip


def test_a_protocol_merges_labels_and_its_division_does_not_count():
    joined = join_manifests(
        [corpus("b", "xyz", ("sad", "excited")), corpus("a", range(5), ("happy", "sad"))]
    )
    merging = Protocol(title="two", merge={"excited": "happy"}, labels=("happy", "sad"),
                       division=ManifestSplit(kind="manifest-split"))  # fmt: skip
    protocol = corpora_protocol(joined, division(), merging)
    assert protocol.title == "cross-corpus, two"
    assert set_task(apply_protocol(joined, protocol)).classes == ("happy", "sad")
    with pytest.raises(FeatxError, match=r"share sad, and a head needs two: b has .*; a has happy"):
        corpora_protocol(joined, division())


def test_of_a_target_the_values_that_all_have_are_learned():
    kinds = [corpus("b", "xyz", kind="x"), corpus("a", range(5), kind="x")]
    odd = Utterance("odd", Path("odd.wav"), "x", "sad", extra={"sex": "?"})
    joined = join_manifests([Manifest(kinds[0].path, (*kinds[0].utterances, odd)), kinds[1]])
    protocol = corpora_protocol(joined, division(), target=["sex"])
    assert protocol.where == {"sex": ("f", "m")}
    assert set_task(apply_protocol(joined, protocol)).classes == ("f", "m")


def test_a_single_speaker_cannot_train_and_validate():
    joined = join_manifests([corpus("b", "xyz"), corpus("a", "1")])
    with pytest.raises(FeatxError, match="1 is the only speaker to learn from"):
        make_folds(joined, division())
