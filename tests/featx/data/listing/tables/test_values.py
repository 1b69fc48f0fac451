"""Words of corpora's tables in the manifest's."""

import pytest

from featx.data.listing.tables.corpus_tables import stem_of
from featx.data.listing.tables.values import own_columns, to_sex, to_speaker, to_split


@pytest.mark.parametrize(
    ("split", "names"),
    [
        ("train", ["train", "Train", "train_splits", "training", "trn", "train.clean"]),
        ("validation", ["dev", "Development", "validation", "valid", "dev_splits_complete", "val"]),
        ("test", ["test", "Test1", "test-other", "TEST"]),
        ("", ["", "evaluation", "eval", "valence", "testimony", "fold1", "device", "other"]),
    ],
)
def test_parts_are_known_by_their_first_word(split, names):
    assert {to_split(name) for name in names} == {split}


@pytest.mark.parametrize("name", ["Unknown", "unknown ", "nan", "", "None", "N/A"])
def test_words_for_nobody_are_no_speaker(name):
    assert to_speaker(name) == ""


def test_speakers_and_sexes_in_their_spellings():
    assert [to_speaker(name) for name in (" 7", "Nancy", "01")] == ["7", "Nancy", "01"]


@pytest.mark.parametrize(
    ("sex", "names"),
    [
        ("female", ["F", "Female", "w", "Woman", " mujer", "Mulher", "femme", "weiblich", "女"]),
        ("male", ["M", "male", "Man", "hombre", "Homem", "homme", "männlich", "男"]),
        ("", ["", "Unknown", "missing", "mixed", "multiple", "n/a", "fm", "while", "0"]),
    ],
)
def test_sexes_are_known_by_whole_words(sex, names):
    assert {to_sex(name) for name in names} == {sex}


def test_names_of_the_manifests_columns_are_left_to_them():
    assert own_columns({"path": "a", "age": "3"}) == {"original_path": "a", "age": "3"}


def test_stems_of_names_from_other_systems():
    names = ("a.wav", r"x\y\a.wav", "x/a.wav", "x.y/a")
    assert {stem_of(name) for name in names} == {"a"}
    assert stem_of("a.b.wav") == "a.b"
