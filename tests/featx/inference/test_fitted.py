"""A loaded fit gives what the run gave, on stored features and on audio."""

from pathlib import Path

import numpy as np
import pytest

import featx
from cache import FeatureStore
from featx.errors import FeatxError

STORE, ACOUSTIC = Path("features/manifest/encoder"), Path("features/manifest/egemaps")
QUICK = {"folds": 3, "settings": "training.epochs=2", "name": "made"}


@pytest.fixture
def fit(place):
    """Fit a head quickly and load it."""

    def run(head: str, **options: object):
        if head in ("linear", "svm"):
            options["settings"] = ()
        models = ["encoder", "egemaps"] if head == "fusion" else ["encoder"]
        return featx.load(featx.fit(head, models, **{**QUICK, **options}))

    return run


def shares(rows, classes) -> np.ndarray:
    return np.array([[float(row[f"p_{name}"]) for name in classes] for row in rows])


def check_members(model, tested, *stores: Path) -> None:
    """The head of each seed and fold gives the written figures for its test utterances."""
    selections = model.heads.select([FeatureStore(store) for store in stores])
    groups = tested(model.folder)
    assert {(member.seed, member.fold) for member in model.heads.members} == set(groups)
    for member in model.heads.members:
        rows = groups[member.seed, member.fold]
        actual = model.heads.member_probabilities(
            member,
            selections,
            [row["utterance"] for row in rows],
            [row["speaker"] for row in rows],
        )
        np.testing.assert_allclose(
            actual.numpy(), shares(rows, model.classes), rtol=1e-6, atol=1e-9
        )


@pytest.mark.parametrize("head", ["dense", "lstm", "linear", "svm"])
def test_heads_repeat_the_predictions_of_their_run(head, fit, tested):
    check_members(fit(head, seeds=2), tested, STORE)


def test_a_fusion_of_two_stores_repeats_its_predictions(fit, tested):
    check_members(fit("fusion"), tested, STORE, ACOUSTIC)


@pytest.mark.parametrize("normalize", ["speaker", "none"])
def test_other_normalisations_repeat_their_predictions(normalize, fit, tested):
    check_members(fit("dense", normalize=normalize), tested, STORE)


def test_layers_and_seconds_are_those_of_the_run(fit, tested):
    check_members(fit("dense", layers="0,2", seconds=0.1), tested, STORE)


def test_several_heads_are_averaged(fit):
    model = fit("dense", seeds=2)
    store = FeatureStore(STORE)
    selections = model.heads.select([store])
    alone = [
        model.heads.member_probabilities(
            member, selections, store.utterances, [""] * len(store.utterances)
        )
        for member in model.heads.members
    ]
    assert len(alone) == 6
    predictions = featx.predict(model, store)
    assert [row.utterance for row in predictions] == store.utterances
    actual = [list(row.probabilities.values()) for row in predictions]
    np.testing.assert_allclose(actual, np.mean([a.numpy() for a in alone], 0), rtol=1e-6)
    for row in predictions:
        assert row.label == max(row.probabilities, key=row.probabilities.get)
        assert row.probability == max(row.probabilities.values())


def by_utterance(predictions) -> dict[str, list[float]]:
    return {row.utterance: list(row.probabilities.values()) for row in predictions}


def check_close(actual, expected, rtol=2e-3) -> None:
    assert set(actual) == set(expected)
    for utterance, row in expected.items():
        np.testing.assert_allclose(actual[utterance], row, rtol=rtol, err_msg=utterance)


@pytest.mark.parametrize("head", ["dense", "fusion"])
def test_audio_gives_what_its_stored_features_give(head, fit):
    model = fit(head)
    stores = [STORE, ACOUSTIC] if head == "fusion" else STORE
    expected = by_utterance(model.predict(stores))
    assert by_utterance(model.predict("manifest.csv")) == expected
    assert by_utterance(model.predict(featx.load_manifest(Path("manifest.csv")))) == expected
    named = {f"audio/{name}.wav": row for name, row in expected.items()}
    check_close(by_utterance(model.predict("audio")), named)
    alone = by_utterance(model.predict("audio/sad-0-0.wav"))  # other batches, other last bits
    check_close(alone, {"audio/sad-0-0.wav": expected["sad-0-0"]})
    two = model.predict(["audio/sad-1-0.wav", "audio/happy-0-0.wav"])
    assert [row.utterance for row in two] == ["audio/sad-1-0.wav", "audio/happy-0-0.wav"]


def test_a_seed_and_fold_repeat_the_runs_own_test_predictions(fit, tested):
    model = fit("dense", seeds=2)
    for (seed, fold), rows in tested(model.folder).items():
        files = [f"audio/{row['utterance']}.wav" for row in rows]
        predictions = model.predict(files, seed=seed, fold=fold)
        assert predictions.labels == [row["prediction"] for row in rows]
        actual = [list(row.probabilities.values()) for row in predictions]
        np.testing.assert_allclose(actual, shares(rows, model.classes), atol=1e-3)
        stored = {row.utterance: row for row in model.predict(STORE, seed=seed, fold=fold)}
        exact = [list(stored[row["utterance"]].probabilities.values()) for row in rows]
        np.testing.assert_allclose(exact, shares(rows, model.classes), rtol=1e-6, atol=1e-9)
    with pytest.raises(FeatxError, match=r"`seed=5` and `fold=1`.*seeds 0, 1 and folds 0, 1, 2"):
        model.predict("audio", seed=5, fold=1)


def test_a_pattern_finds_speakers_in_paths(fit):
    model = fit("dense", normalize="speaker")
    expected = model.predict("audio", speaker_of=lambda path: path.split("-")[1])
    assert by_utterance(model.predict("audio", speaker_of=r"-(\d)-")) == by_utterance(expected)
    with pytest.raises(FeatxError, match=r"speaker_of.*not a regular"):
        fit("linear", name="other").predict("audio", speaker_of="(")  # though it asks for none
    for pattern, problem in {"(": "not a regular", "x": "0 groups", "(zz)": "no speaker"}.items():
        with pytest.raises(FeatxError, match=f"speaker_of.*{problem}"):
            model.predict("audio", speaker_of=pattern)


def test_stores_of_a_fusion_are_told_apart(fit):
    model = fit("fusion")
    assert by_utterance(model.predict([ACOUSTIC, STORE])) == by_utterance(
        model.predict([STORE, ACOUSTIC])
    )
    with pytest.raises(FeatxError, match="encoder and egemaps"):
        model.predict(STORE)


def test_acoustic_features_need_no_encoder(place):
    model = featx.load(featx.fit("dense", "egemaps", **QUICK))
    assert by_utterance(model.predict("manifest.csv")) == by_utterance(model.predict(ACOUSTIC))


def test_speakers_come_from_the_manifest_or_are_given(fit, caplog):
    model = fit("dense", normalize="speaker")
    expected = by_utterance(model.predict("manifest.csv"))
    assert "speaker_of" not in caplog.text
    named = {f"audio/{name}.wav": row for name, row in expected.items()}
    given = model.predict("audio", speaker_of=lambda path: path.split("-")[1])
    check_close(by_utterance(given), named)
    owners = {name: name.split("-")[1] for name in expected}
    check_close(by_utterance(model.predict(STORE, speaker_of=owners)), expected)
    assert "speaker_of" not in caplog.text
    unknown = by_utterance(model.predict("audio"))
    assert "speaker_of" in caplog.text
    assert not np.allclose(list(unknown.values()), list(named.values()), rtol=1e-3)
    with pytest.raises(FeatxError, match="speaker_of"):
        model.predict(STORE, speaker_of={"sad-0-0": "0"})


def test_long_audio_is_cut_where_training_cut_it(place):
    featx.extract("encoder", precision="float32", max_seconds=0.2, too_long="trim", out="cut")
    model = featx.load(featx.fit("dense", features="cut", **QUICK))
    assert by_utterance(model.predict("manifest.csv")) == by_utterance(model.predict("cut"))
    with pytest.raises(FeatxError, match="max_seconds"):
        model.predict(STORE)


def test_what_can_not_be_used_is_left_out_and_said(fit, caplog):
    model = fit("dense")
    Path("audio/broken.wav").write_bytes(b"no audio")
    predictions = model.predict("audio")
    assert len(predictions) == 18
    assert list(predictions.failures) == ["audio/broken.wav"]
    assert "broken.wav" in caplog.text
    with pytest.raises(FeatxError, match="broken"):
        model.predict("audio/broken.wav")
    with pytest.raises(FeatxError, match="max_seconds"):
        model.predict("audio/sad-0-0.wav", max_seconds=0.1)


def test_another_encoder_is_refused(fit, save_model_of, tiny):
    model = fit("dense")
    other = save_model_of("wav2vec2", **tiny)
    with pytest.raises(FeatxError, match="weights_sha256"):
        model.predict("audio", encoder=other)
    featx.extract(other, precision="float32")
    with pytest.raises(FeatxError, match="weights_sha256"):
        model.predict(Path("features/manifest", other.name))


def test_an_encoder_that_is_elsewhere_can_be_named(fit):
    model = fit("dense")
    expected = by_utterance(model.predict("manifest.csv"))
    Path("encoder").rename("moved")
    with pytest.raises(FeatxError, match="`encoder`"):
        model.predict("audio")
    assert by_utterance(model.predict("manifest.csv", encoder="moved")) == expected
    with pytest.raises(FeatxError, match="`encoder` names 2"):
        model.predict("audio", encoder=["moved", "moved"])


def test_features_without_the_layers_are_refused(fit):
    model = fit("dense")
    featx.extract("encoder", precision="float32", layers="1", out="fewer")
    with pytest.raises(FeatxError, match="layer 0, 2"):
        model.predict("fewer")


def test_a_store_that_keeps_float32_is_repeated_in_float32(place):
    featx.extract("encoder", precision="float32", dtype="float32", out="f")
    model = featx.load(featx.fit("dense", features="f", **QUICK))
    assert model.dtypes == ("float32",)
    assert by_utterance(model.predict("manifest.csv")) == by_utterance(model.predict("f"))
