import os
from collections import Counter
from pathlib import Path

import pytest

from featx.data.corpora.ravdess import CORPUS, find_ravdess
from featx.data.listing.files import CorpusError

ANGRY_MAN = "03-01-05-02-01-02-01"
CALM_WOMAN = "03-01-02-01-02-01-02"
SONG = "03-02-03-01-01-01-01"


@pytest.mark.parametrize(
    "layout",
    [
        "Audio_Speech_Actors_01-24/Actor_01/{}.wav",
        "Actor_01/{}.wav",
        "audio_speech_actors_01-24/Actor_01/{}.WAV",
        "{}.flac",
        "speech/Actor_01/{}.flac",
    ],
)
def test_reads_any_layout(fill, layout):
    [found] = find_ravdess(fill(layout.format(ANGRY_MAN))).utterances
    assert (found.utterance, found.speaker, found.label) == (ANGRY_MAN, "01", "angry")
    assert found.path.is_file()
    assert found.extra == {
        "modality": "audio-only",
        "channel": "speech",
        "emotion": "angry",
        "intensity": "strong",
        "statement": "Kids are talking by the door",
        "repetition": "2nd",
        "actor": "01",
        "sex": "male",
    }


def test_even_actors_are_women(fill):
    [found] = find_ravdess(fill(f"{CALM_WOMAN}.wav")).utterances
    assert (found.speaker, found.extra["sex"]) == ("02", "female")


def test_channels_are_chosen_and_the_other_is_counted(fill):
    root = fill(f"{ANGRY_MAN}.wav", f"{SONG}.wav")
    speech, song, both = (find_ravdess(root, c) for c in ("speech", "song", "both"))
    assert [u.utterance for u in speech.utterances] == [ANGRY_MAN]
    assert [u.utterance for u in song.utterances] == [SONG]
    assert {u.utterance for u in both.utterances} == {ANGRY_MAN, SONG}
    assert "left out 1 song utterance; `channel=both` keeps them" in speech.notes
    assert "left out 1 speech utterance; `channel=both` keeps them" in song.notes


def test_copies_are_resolved_to_the_shallowest_then_first(fill):
    nested = f"audio_speech_actors_01-24/Actor_01/{ANGRY_MAN}.wav"
    found = find_ravdess(
        fill(nested, f"Actor_01/{ANGRY_MAN}.wav", f"Actor_01/{ANGRY_MAN}.flac", f"{CALM_WOMAN}.wav")
    )
    kept = {u.utterance: u.path for u in found.utterances}
    assert kept[ANGRY_MAN].parent.name == "Actor_01"
    assert kept[ANGRY_MAN].suffix == ".flac"
    [note] = [note for note in found.notes if "duplicate" in note]
    assert "2 duplicates" in note
    assert f"kept Actor_01/{ANGRY_MAN}.flac" in note


def test_odd_names_are_reported(fill):
    found = find_ravdess(
        fill(
            f"{ANGRY_MAN}.wav",
            "._03-01-05-02-01-02-01.wav",
            ".hidden/03-01-05-02-01-01-01.wav",
            "01-01-05-02-01-02-01.wav",
            "03-01-09-01-01-01-01.wav",
            "03-01-05-01-01-01-25.wav",
            "03-01-05-01-01-01.wav",
            "intro.wav",
        )
    )
    assert [u.utterance for u in found.utterances] == [ANGRY_MAN]
    notes = "\n".join(found.notes)
    assert "1 file not audio-only (modality 03): 01-01-05-02-01-02-01.wav" in notes
    assert "3 files with codes that RAVDESS doesn't have" in notes
    assert "1 file not named like" in notes
    assert "hidden" not in notes


def test_missing_utterances_are_named_by_actor(fill):
    found = find_ravdess(fill(f"{ANGRY_MAN}.wav", f"{SONG}.wav"), "both")
    speech, song = CORPUS.gaps(found.utterances)
    assert speech.startswith("1 of 1,440 speech utterances are here; too few: 01 (1 of 60)")
    assert song.startswith("1 of 1,012 song utterances are here")
    assert speech.endswith(" and 16 more")


def test_more_than_published_is_said_by_actor(fill):
    [utterance] = find_ravdess(fill(f"{ANGRY_MAN}.wav")).utterances
    *_, surplus = CORPUS.gaps([utterance] * 61)
    assert surplus == "more speech utterances than published: 01 (61 instead of 60)"


def test_order_does_not_depend_on_the_layout(fill):
    names = [CALM_WOMAN, ANGRY_MAN, "03-01-01-01-01-01-02"]
    flat = find_ravdess(fill(*(f"a/{name}.wav" for name in names))).utterances
    root = fill(*(f"b/{i}/{name}.wav" for i, name in enumerate(names)))
    nested = find_ravdess(root / "b").utterances
    assert [u.utterance for u in flat] == [u.utterance for u in nested]
    assert [u.speaker for u in flat] == ["01", "02", "02"]


def test_links_are_followed_once(fill):
    root = fill(f"real/{ANGRY_MAN}.wav")
    (root / "corpus").mkdir()
    (root / "corpus" / "speech").symlink_to(root / "real")
    (root / "real" / "again").symlink_to(root / "real")
    [found] = find_ravdess(root / "corpus").utterances
    assert found.path == root / "corpus" / "speech" / f"{ANGRY_MAN}.wav"


def test_nothing_found_says_what_is_there(fill):
    root = fill("other/a.wav")
    with pytest.raises(CorpusError, match=r"(?s)found no RAVDESS speech.*not named.*holds other/"):
        find_ravdess(root)


def test_a_missing_root_says_what_is_next_to_it(fill):
    root = fill("ravdess/a.wav")
    with pytest.raises(CorpusError, match=r"no such folder; .* holds ravdess/"):
        find_ravdess(root / "ravdes")
    with pytest.raises(CorpusError, match="is a file"):
        find_ravdess(root / "ravdess" / "a.wav")


@pytest.mark.corpus
@pytest.mark.skipif("FEATX_DATA" not in os.environ, reason="FEATX_DATA, the real corpus, is unset")
@pytest.mark.parametrize(
    ("channel", "count", "speakers"), [("speech", 1440, 24), ("song", 1009, 23), ("both", 2449, 24)]
)
def test_the_real_corpus(channel, count, speakers):
    found = find_ravdess(Path(os.environ["FEATX_DATA"]) / "ravdess", channel).utterances
    assert len(found) == count
    assert len({u.speaker for u in found}) == speakers
    if channel == "speech":
        labels = Counter(u.label for u in found)
        assert labels.pop("neutral") == 96
        assert set(labels.values()) == {192}
