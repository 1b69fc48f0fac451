from pathlib import Path

import pytest

from featx.data.checks.balance import check_balance
from featx.data.manifest import Utterance


def corpus(**speakers: str) -> list[Utterance]:
    """Utterances of speakers, a letter a label."""
    pairs = [(speaker, label) for speaker, labels in speakers.items() for label in labels]
    return [
        Utterance(f"{speaker}-{n}", Path("x.wav"), speaker.replace("nobody", ""), label)
        for n, (speaker, label) in enumerate(pairs)
    ]


@pytest.mark.parametrize(
    "speakers",
    [
        {"a": "xyz", "b": "xyz", "c": "zzyx"},
        {"a": "xyz", "b": "xyz", "c": "xyz", "nobody": "w"},
        {"a": "x", "b": "x"},
        {"a": "xyz"},
        {"nobody": "xyz"},
        {},
    ],
)
def test_nothing_to_find(speakers):
    assert check_balance(corpus(**speakers)) == []


@pytest.mark.parametrize("rare", ["a", "ab"])
def test_labels_of_too_few_speakers(rare):
    speakers = {name: "xy" + "z" * (name in rare) for name in "abcde"}
    (warning,) = check_balance(corpus(**speakers))
    assert warning.severity == "warning"
    assert f"z ({len(rare)})" in warning.text
    assert len(warning.utterances) == len(rare)


@pytest.mark.parametrize(("lacking", "left"), [("e", 4), ("de", 3)])
def test_labels_that_some_speakers_lack(lacking, left):
    speakers = {name: "xyz"[: 3 - (name in lacking)] for name in "abcde"}
    (note,) = check_balance(corpus(**speakers))
    assert (note.severity, note.utterances) == ("note", ())
    assert note.text == f"Of 5 speakers not all have these labels: z ({left})."


def test_of_two_speakers_none_are_too_few():
    (note,) = check_balance(corpus(a="xy", b="x"))
    assert note.severity == "note"
