"""Corpora that change: what has other audio is done again where asked, and nothing else is."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

import featx
from cache import FeatureStore
from featx.data.manifest import load_manifest, save_manifest
from featx.errors import FeatxError, StoreError

STORE = Path("features/manifest/tiny")
SHARED = {"store": "shared"}


@pytest.fixture
def encoded(monkeypatch):
    """The lengths of all waveforms that encoders see."""
    from featx.features.encoders.encoder import Encoder

    original, seen = Encoder.encode, []

    def encode(encoder, waveforms, dtype):
        seen.extend(map(len, waveforms))
        return original(encoder, waveforms, dtype)

    monkeypatch.setattr(Encoder, "encode", encode)
    return seen


@pytest.fixture
def stored(write_corpus, checkpoint_folder, encoded):
    """A corpus of six utterances and its features."""
    write_corpus(speakers=1)
    store = featx.extract(checkpoint_folder).store
    encoded.clear()
    return {name: store.read(name).copy() for name in store.utterances}


def rewrite(path: str, **changes: Path) -> list[str]:
    """Write the manifest under another name, with other paths for some utterances."""
    rows = load_manifest(Path("manifest.csv")).utterances
    save_manifest(Path(path), [replace(u, path=changes.get(u.utterance, u.path)) for u in rows])
    return [u.utterance for u in rows]


def reverse(name: str) -> None:
    """Replace a file by another with as many samples."""
    audio, rate = soundfile.read(f"audio/{name}.wav", dtype="int16")
    soundfile.write(f"audio/{name}.wav", audio[::-1], rate)


def exchange(first: str, second: str) -> None:
    """Exchange the paths of two utterances in the manifest."""
    paths = {first: Path(f"audio/{second}.wav"), second: Path(f"audio/{first}.wav")}
    rewrite("manifest.csv", **{name: path.absolute() for name, path in paths.items()})


def test_only_what_has_other_audio_is_done_again(stored, checkpoint_folder, encoded):
    reverse("sad-0-0")
    audio = np.tile(soundfile.read("audio/happy-0-1.wav")[0], 2)
    soundfile.write("audio/happy-0-1.wav", audio, 16_000)  # and longer
    with pytest.raises(StoreError, match=r"2 utterances have other audio.*happy-0-1") as refused:
        featx.extract(checkpoint_folder)
    assert "`update`" in refused.value.message
    assert not encoded
    extraction = featx.extract(checkpoint_folder, update=True)
    assert (extraction.extracted, extraction.kept) == (2, 4)
    store = extraction.store
    assert store.frames("happy-0-1") > 1.9 * stored["happy-0-1"].shape[1]
    for name, features in stored.items():
        same = features.tobytes() == store.read(name).tobytes()
        assert same == (name not in ("sad-0-0", "happy-0-1"))
    featx.extract(checkpoint_folder, out="anew")
    np.testing.assert_allclose(
        store.read("sad-0-0"), FeatureStore("anew").read("sad-0-0"), rtol=1e-2, atol=1e-3
    )
    again = featx.extract(checkpoint_folder)
    assert (again.extracted, again.kept) == (0, 6)


def test_what_is_updated_is_said(stored, run_featx, checkpoint_folder):
    reverse("sad-0-1")
    outcome = run_featx("extract", "--model", checkpoint_folder)
    assert outcome.code == 1
    assert "sad-0-1" in outcome.err
    assert "With --update" in outcome.err
    outcome = run_featx("extract", "--model", checkpoint_folder, "--update")
    assert "The audio of 1 utterance has changed: sad-0-1." in outcome.out + outcome.err
    assert "1 utterance extracted, 5 there before" in outcome.out


def test_an_update_of_other_features_gives_nothing_up(stored, checkpoint_folder):
    reverse("sad-0-0")
    with pytest.raises(StoreError, match="layers: the store has"):
        featx.extract(checkpoint_folder, layers="0", update=True)
    store = FeatureStore(STORE)
    assert all(store.read(name).tobytes() == stored[name].tobytes() for name in stored)


def test_an_update_that_was_stopped_goes_on(stored, checkpoint_folder, monkeypatch):
    reverse("sad-0-0")

    def stop(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("cache.prepare.create_shard", stop)
        with pytest.raises(KeyboardInterrupt):
            featx.extract(checkpoint_folder, update=True)
    extraction = featx.extract(checkpoint_folder)
    assert (extraction.extracted, extraction.kept) == (1, 5)


def test_named_utterances_are_done_again_in_their_place(stored, checkpoint_folder, encoded):
    before = FeatureStore(STORE).shards
    extraction = featx.extract(checkpoint_folder, again=["sad-0-0", "angry-0-1"])
    assert (extraction.extracted, extraction.kept) == (2, 4)
    assert encoded
    store = extraction.store
    assert store.shards == before
    assert all(store.read(name).tobytes() == stored[name].tobytes() for name in stored)
    with pytest.raises(FeatxError, match=r"`again` names: sad-0-9; did you mean 'sad-0-"):
        featx.extract(checkpoint_folder, again="sad-0-9")


def test_other_versions_do_nothing_again(stored, checkpoint_folder, monkeypatch):
    monkeypatch.setattr("featx.features.writing.work.version", lambda _: "0.0")
    with pytest.raises(StoreError, match="other software versions"):
        featx.extract(checkpoint_folder, again="sad-0-0")
    assert all(map(FeatureStore(STORE).is_done, stored))


class TestShared:
    """Manifests that share a store share features by their audio."""

    def test_a_subset_and_a_copy_with_other_ids_cost_nothing(
        self, write_corpus, checkpoint_folder, encoded
    ):
        write_corpus(speakers=2)
        whole = featx.extract(checkpoint_folder, **SHARED)
        assert whole.folder == Path("features/shared/tiny")
        encoded.clear()
        rows = load_manifest(Path("manifest.csv")).utterances
        save_manifest(Path("few.csv"), rows[:5])
        few = featx.extract(checkpoint_folder, "few.csv", **SHARED)
        assert (few.extracted, few.kept, few.shared) == (0, 5, 0)
        save_manifest(Path("copy.csv"), [replace(u, utterance=f"x{u.utterance}") for u in rows])
        copy = featx.extract(checkpoint_folder, "copy.csv", **SHARED)
        assert (copy.extracted, copy.kept, copy.shared) == (0, 12, 12)
        assert "12 there before, 12 of them under other ids" in copy.describe()
        assert not encoded

    def test_only_new_audio_is_computed(self, write_corpus, checkpoint_folder, encoded):
        write_corpus(speakers=2)
        rows = load_manifest(Path("manifest.csv")).utterances
        save_manifest(Path("first.csv"), rows[:4])
        featx.extract(checkpoint_folder, "first.csv", **SHARED)
        encoded.clear()
        save_manifest(Path("second.csv"), [replace(u, utterance=f"x{u.utterance}") for u in rows])
        second = featx.extract(checkpoint_folder, "second.csv", **SHARED)
        assert (second.extracted, second.kept, second.shared) == (8, 4, 4)
        assert len(encoded) == 8
        first = featx.extract(checkpoint_folder, "first.csv", **SHARED)
        assert (first.extracted, first.kept) == (0, 4)

    def test_the_same_id_of_other_audio_is_refused(self, write_corpus, checkpoint_folder):
        write_corpus(speakers=1)
        featx.extract(checkpoint_folder, **SHARED)
        exchange("sad-0-0", "happy-0-0")
        with pytest.raises(StoreError, match="a store of its own"):
            featx.extract(checkpoint_folder, **SHARED)

    def test_what_is_given_up_is_not_shared(self, write_corpus, checkpoint_folder):
        """An id gets other audio, and its old audio another id, in one update."""
        write_corpus(speakers=1)
        featx.extract(checkpoint_folder, out="first")
        expected = FeatureStore("first").read("sad-0-0").copy()
        rows = list(load_manifest(Path("manifest.csv")).utterances)
        place = [u.utterance for u in rows].index("sad-0-0")
        rows.append(replace(rows[place], utterance="moved"))
        audio, rate = soundfile.read("audio/sad-0-0.wav", dtype="int16")
        soundfile.write("audio/new.wav", audio[::-1], rate)
        rows[place] = replace(rows[place], path=Path("audio/new.wav").absolute())
        save_manifest(Path("manifest.csv"), rows)
        extraction = featx.extract(checkpoint_folder, out="first", update=True)
        assert (extraction.extracted, extraction.shared) == (2, 0)
        np.testing.assert_allclose(extraction.store.read("moved"), expected, rtol=1e-2, atol=1e-3)

    @pytest.mark.parametrize("name", ["a/b", "..", "", "con", "x."])
    def test_what_is_no_name_is_refused(self, write_corpus, checkpoint_folder, name):
        write_corpus(speakers=1, takes=1)
        with pytest.raises(FeatxError, match="`store="):
            featx.extract(checkpoint_folder, store=name)
        with pytest.raises(FeatxError, match="`store="):
            featx.fit("linear", store=name)


def test_an_utterance_of_shared_audio_is_done_again_in_a_place_of_its_own(
    write_corpus, checkpoint_folder
):
    write_corpus(speakers=1)
    rows = load_manifest(Path("manifest.csv")).utterances
    save_manifest(Path("other.csv"), [replace(u, utterance=f"{u.utterance}-b") for u in rows])
    featx.extract(checkpoint_folder, **SHARED)
    name = f"{rows[0].utterance}-b"
    extraction = featx.extract(checkpoint_folder, "other.csv", again=name, **SHARED)
    assert (extraction.extracted, extraction.kept, extraction.shared) == (1, 5, 5)
    assert extraction.store.is_done(name)
    assert featx.extract(checkpoint_folder, **SHARED).extracted == 0
