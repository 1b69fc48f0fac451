"""Features are used for the audio that they were computed from, and for no other."""

from dataclasses import replace
from pathlib import Path

import pytest
import soundfile

import featx
from featx.data.manifest import load_manifest, save_manifest
from featx.errors import FeatxError, StoreError
from featx.layer_analysis.probes.probe import probe

STORE = Path("features/manifest/tiny")


@pytest.fixture(autouse=True)
def _corpus(extracted):
    pass


def fit(**options):
    return featx.fit("linear", folds=3, settings="head.strengths=[1]", **options)


def scores(run) -> object:
    return run.results.confusion.tolist()


def change(place: int, **values: object) -> str:
    """Change a row of the manifest; return its id."""
    rows = list(load_manifest(Path("manifest.csv")).utterances)
    rows[place] = replace(rows[place], **values)
    save_manifest(Path("manifest.csv"), rows)
    return rows[place].utterance


def refused(*names: str) -> None:
    with pytest.raises(StoreError, match="were computed from other audio than") as error:
        fit()
    assert f"now gives: {', '.join(names)}. " in error.value.message
    assert error.value.cure.arguments["update"]
    assert not list(Path().glob("runs/*/metrics.json"))
    with pytest.raises(StoreError, match="other audio"):
        probe(folds=3)
    with pytest.raises(StoreError, match="other audio"):
        featx.FeatureDataset(STORE)


def test_exchanged_paths():
    rows = load_manifest(Path("manifest.csv")).utterances
    names = change(2, path=rows[9].path), change(9, path=rows[2].path)
    refused(*names)


def test_another_file_of_the_same_length():
    audio, rate = soundfile.read("audio/happy-2-1.wav", dtype="int16")
    soundfile.write("audio/happy-2-1.wav", audio[::-1], rate)
    refused("happy-2-1")


def test_another_part_of_the_file():
    refused(change(4, start=0.1))


def test_another_scale():
    refused(change(3, scale=2.0))


def test_a_file_that_was_damaged_since():
    Path("audio/sad-0-0.wav").write_bytes(b"not audio")
    refused("sad-0-0")


def test_the_command_that_mends_it_is_shown(run_featx):
    name = change(4, start=0.1)
    outcome = run_featx("fit", "--head", "linear")
    assert outcome.code == 1
    assert f"{name}. Files have changed" in outcome.err
    assert f"featx extract --model tiny --manifest manifest.csv --out {STORE} --update" in (
        outcome.err
    )


def test_what_takes_no_part_may_have_changed():
    change(4, start=0.1, label="bored")
    Path("three.toml").write_text(
        'title = "three"\nlabels = ["sad", "happy", "angry"]\n[division]\nkind = "speaker-folds"\n'
        "count = 3\n"
    )
    assert featx.fit("linear", protocol="three.toml").folder.is_dir()


def test_the_same_audio_under_other_ids():
    rows = load_manifest(Path("manifest.csv")).utterances
    expected = scores(fit(name="first"))
    save_manifest(Path("other.csv"), [replace(u, utterance=f"x{u.utterance}") for u in rows])
    assert scores(fit(manifest="other.csv", features=STORE, name="second")) == expected
    dataset = featx.FeatureDataset(STORE, "other.csv")
    assert dataset[0].utterance == f"x{rows[0].utterance}"


def test_audio_that_is_gone_is_not_compared(caplog):
    expected = scores(fit(name="first"))
    Path("audio").rename("elsewhere")
    caplog.set_level("INFO", "featx")
    run = fit(name="second")
    assert scores(run) == expected
    assert "its audio is not here" in caplog.text
    assert any("is not here" in remark for remark in run.results.remarks)


def test_audio_that_is_gone_in_part_is_refused():
    Path("audio/sad-0-0.wav").unlink()
    with pytest.raises(FeatxError, match=r"no audio file .*sad-0-0\.wav"):
        fit()


def test_a_fit_and_a_probe_find_a_shared_store_by_its_name():
    Path("features/manifest").rename("features/shared")
    with pytest.raises(FeatxError, match="no feature store here"):
        fit()
    assert fit(store="shared").folder.is_dir()
    assert probe("tiny", folds=3, store="shared").folder.is_dir()
    with pytest.raises(FeatxError, match="`store` can't be given with `features`"):
        fit(features="features/shared/tiny", store="shared")


def test_what_a_manifest_has_under_another_id_is_not_pruned():
    rows = load_manifest(Path("manifest.csv")).utterances
    save_manifest(Path("other.csv"), [replace(u, utterance=f"x{u.utterance}") for u in rows[:30]])
    pruned = featx.prune_store(STORE, ["other.csv"])
    assert set(pruned.removed) == {u.utterance for u in rows[30:]}
    assert len(featx.FeatureDataset(STORE, "other.csv")) == 30
