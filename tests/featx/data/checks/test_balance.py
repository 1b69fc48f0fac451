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
        {"a": "xyz", "b": "xyz", "c": "xyz", "nobody": "x"},
        {"a": "x", "b": "x"},  # a corpus of a single label is another matter
        {"a": "xyz"},
        {"nobody": "xyz"},
        {},
    ],
)
def test_nothing_to_find(speakers):
    assert check_balance(corpus(**speakers)) == []


@pytest.mark.parametrize("single", [["c"], ["c", "d"], ["c", "d", "e"]])
def test_speakers_with_a_single_label(single):
    others = dict.fromkeys(single, "xx")
    warning, note = check_balance(corpus(a="xy", b="xy", f="xy", **others))
    assert warning.severity == "warning"
    count = f"{len(single)} speaker{'s' * (len(single) > 1)} of {3 + len(single)}"
    assert warning.text.startswith(f"{count} have a single label: {', '.join(single)}.")
    assert len(warning.utterances) == 2 * len(single)
    assert (note.severity, "y (3)" in note.text) == ("note", True)


@pytest.mark.parametrize("labels", ["xxyyzz", "xyxyxy", "xyzwvu"])
def test_a_label_for_each_speaker_is_an_error(labels):
    """As where the column of speakers holds a folder's label."""
    utterances = corpus(**{f"s{n}": 2 * label for n, label in enumerate(labels)})
    error = check_balance(utterances)[0]
    assert (error.severity, len(error.utterances)) == ("error", 12)
    assert error.text.startswith("Each of the 6 speakers has a single label")


@pytest.mark.parametrize("rare", ["a", "ab"])
def test_labels_of_too_few_speakers(rare):
    speakers = {name: "xy" + "z" * (name in rare) for name in "abcde"}
    (warning,) = check_balance(corpus(**speakers))
    assert warning.severity == "warning"
    assert f"z ({len(rare)})" in warning.text
    assert len(warning.utterances) == len(rare)
