"""The division that a manifest itself has, and speakers who are on both sides of it."""

import pytest

from featx.errors import FeatxError
from featx.protocols.fold import shares_speakers
from tests.featx.protocols.divisions.dividing import balanced, divide, manifest


def test_the_split_column_is_followed():
    parts = {1: "train", 2: "train", 3: "validation", 4: "test"}
    (fold,) = divide(balanced(4, split=parts.get), "manifest-split")
    assert {u.speaker for u in fold.train} == {"1", "2"}
    assert {u.speaker for u in fold.validation} == {"3"}
    assert {u.speaker for u in fold.test} == {"4"}


def test_a_speaker_in_training_and_test_is_refused_unless_asked_for():
    rows = [("1", "sad", "train", ""), ("2", "sad", "validation", ""), ("1", "sad", "test", "")]
    with pytest.raises(FeatxError, match=r"1 speakers .* such as 1 in train and test") as error:
        divide(manifest(rows), "manifest-split")
    assert "`speaker_dependent`" in str(error.value)
    (fold,) = divide(manifest(rows), "manifest-split", speaker_dependent=True)
    assert shares_speakers(fold)


def test_a_speaker_in_validation_and_test_is_refused():
    rows = [("1", "sad", "train", ""), ("2", "sad", "validation", ""), ("2", "sad", "test", "")]
    with pytest.raises(FeatxError, match="such as 2 in validation and test"):
        divide(manifest(rows), "manifest-split")
