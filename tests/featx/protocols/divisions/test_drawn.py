"""Utterances drawn at random, whoever speaks them."""

import pytest

from tests.featx.protocols.divisions.dividing import balanced, divide, ids


@pytest.mark.parametrize("validation", ["next", 0.1])
def test_random_folds_are_stratified_if_asked_and_test_everything_once(validation):
    corpus = balanced(3, takes=10)
    keys = {"count": 5, "validation": validation, "random_state": 0}
    folds = divide(corpus, "random-folds", stratified=True, **keys)
    assert ids(u for f in folds for u in f.test) == ids(corpus.utterances)
    for fold in folds:
        labels = [u.label for u in fold.test]
        assert labels.count("sad") == labels.count("happy") == 6
        assert len(fold.validation) == (12 if validation == "next" else 5)  # 10 % of 48
    assert divide(corpus, "random-folds", stratified=False, **keys) != folds


def test_a_random_split_has_its_shares_and_another_state_draws_others():
    corpus = balanced(10, takes=5)
    keys = {"test": 0.2, "validation": 0.1, "stratified": True}
    (fold,) = divide(corpus, "random-split", random_state=1, **keys)
    assert [len(part) for part in fold.parts.values()] == [72, 8, 20]
    assert [u.label for u in fold.test].count("sad") == 10
    (other,) = divide(corpus, "random-split", random_state=2, **keys)
    assert ids(other.test) != ids(fold.test)
