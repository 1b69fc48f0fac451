from pathlib import Path

import pytest

from featx.data.checks.unlisted import check_unlisted
from featx.data.manifest import Utterance


def listed(folder: Path, *names: str) -> list[Utterance]:
    return [Utterance(name, folder / name, "s", "sad") for name in names]


@pytest.fixture
def folder(tmp_path):
    for name in ("a/1.wav", "a/2.wav", "a/3.WAV", "a/1.txt", "a/inner/4.wav", "b/5.wav"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


@pytest.mark.parametrize(
    ("names", "left"),
    [
        (["a/1.wav"], "2 audio files in the folders of listed ones, but in no row: 2.wav, 3.WAV."),
        (
            ["a/1.wav", "a/3.WAV"],
            "1 audio file in the folders of listed ones, but in no row: 2.wav.",
        ),
        (
            ["a/inner/4.wav", "a/2.wav", "a/3.WAV"],
            "1 audio file in the folders of listed ones, but",
        ),
    ],
)
def test_files_in_no_row_are_named(folder, names, left):
    (finding,) = check_unlisted(listed(folder, *names))
    assert (finding.severity, finding.utterances) == ("note", ())
    assert finding.text.startswith(left)


@pytest.mark.parametrize(
    "names", [["a/1.wav", "a/2.wav", "a/3.WAV"], ["b/5.wav"], ["gone/6.wav"], ["a/1.txt"], []]
)
def test_nothing_to_find(folder, names):
    assert check_unlisted(listed(folder, *names)) == []
