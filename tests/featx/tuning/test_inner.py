"""Inner folds have all that trains and validates in their fold, and nothing that is tested."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featx.data.manifest import Manifest, Utterance
from featx.errors import FeatxError
from featx.protocols.apply import apply_protocol
from featx.protocols.protocol import Protocol
from featx.protocols.task import Task, set_task
from featx.tuning.config import SearchSettings, TuneConfig
from featx.tuning.inner import folds_of, inner_task
from featx.tuning.space import Space
from tests.featx.tuning.test_space import config

FOLDS = {"kind": "speaker-folds", "count": 3}
RANDOM = {
    "kind": "random-folds", "count": 3, "validation": "next", "stratified": True, "random_state": 0,
}  # fmt: skip


def tuning(division: dict[str, object], inner_folds: int = 3) -> TuneConfig:
    space = Space(head={"width": {"low": 2, "high": 4}})
    search = SearchSettings(trials=1, inner_folds=inner_folds, seed=0, space=space)
    protocol = Protocol(title="here", division=division)
    own = {**config().model_dump(), "protocol": protocol}
    return TuneConfig(**own, search=search)


def task(speakers: int, takes: int, division: dict[str, object]) -> Task:
    utterances = tuple(
        Utterance(f"{s}-{t}", Path(f"{s}-{t}.wav"), f"s{s}", ("sad", "happy")[t % 2])
        for s in range(speakers)
        for t in range(takes)
    )
    corpus = Manifest(Path("manifest.csv"), utterances)
    return set_task(apply_protocol(corpus, Protocol(title="here", division=division)))


def names(utterances) -> set[str]:
    return {utterance.utterance for utterance in utterances}


@settings(max_examples=25)
@given(
    speakers=st.integers(6, 12),
    takes=st.integers(2, 5),
    inner_folds=st.integers(3, 4),
    division=st.sampled_from([FOLDS, RANDOM]),
)
def test_nothing_that_is_tested_is_in_the_search_of_its_fold(
    speakers, takes, inner_folds, division
):
    outer = task(speakers, takes, division)
    inner = inner_task(outer, tuning(division, inner_folds))
    assert len(inner.folds) == (len(outer.folds) + 1) * inner_folds
    assert [fold.number for fold in inner.folds] == list(range(len(inner.folds)))
    for search in range(len(outer.folds) + 1):
        folds = folds_of(inner, search, inner_folds)
        if search < len(outer.folds):
            fold = outer.folds[search]
            known, tested = names((*fold.train, *fold.validation)), names(fold.test)
        else:
            known, tested = names(outer.utterances), set()
        held = [names(fold.validation) for fold in folds]
        assert set().union(*held) == known
        assert sum(map(len, held)) == len(known)
        for fold in folds:
            assert not fold.test
            assert names(fold.train) == known - names(fold.validation)
            assert not (names(fold.train) | names(fold.validation)) & tested
            if division is FOLDS:
                of_train, of_held = ({u.speaker for u in p} for p in (fold.train, fold.validation))
                assert not of_train & of_held


def test_too_few_speakers_are_refused_with_the_option_and_the_fold():
    with pytest.raises(FeatxError, match=r"`inner_folds=5`, fold 0: .*4 speakers"):
        inner_task(task(6, 2, FOLDS), tuning(FOLDS, inner_folds=5))


def test_labels_that_no_inner_training_part_has_are_refused():
    outer = task(6, 2, FOLDS)
    rare = [replace(u, label="calm") if u.utterance == "0-0" else u for u in outer.utterances]
    corpus = Manifest(Path("manifest.csv"), tuple(rare))
    division = {"kind": "speakers", "train": ["s0", "s1", "s2"], "validation": ["s3"],
                "test": ["s4", "s5"]}  # fmt: skip
    single = set_task(apply_protocol(corpus, Protocol(title="here", division=division)))
    with pytest.raises(FeatxError, match="has the label calm"):
        inner_task(single, tuning(division))
