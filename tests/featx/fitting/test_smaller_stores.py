"""Every head takes every kind of store, and predicts of audio what it predicts of the store."""

import csv
import shutil
from pathlib import Path

import numpy as np
import pytest

import featx
from featx.errors import FeatxError
from featx.layer_analysis.probes.probe import probe

KINDS = {
    "mean": {"pool": "mean"},
    "moments": {"pool": "mean+deviation"},
    "averaged": {"frames": 10},
    "int8": {"dtype": "int8"},
    "compressed": {"compress": True},
}
QUICK = ("training.epochs=2", "training.patience=2")


@pytest.fixture
def stores(kept, extracted, checkpoint_folder):
    """A folder for each kind, beside a store of all frames."""
    if not (kept / "kinds").exists():
        for name, options in KINDS.items():
            featx.extract(checkpoint_folder, out=f"kinds/{name}", precision="float32", **options)
        shutil.copytree("kinds", kept / "kinds")
    else:
        shutil.copytree(kept / "kinds", "kinds")
    return Path("kinds")


def rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "predictions.csv").open() as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("head", ["linear", "dense"])
@pytest.mark.parametrize("kind", KINDS)
def test_audio_gives_what_the_store_gives(stores, checkpoint_folder, kind, head):
    settings = QUICK if head == "dense" else ()
    run = featx.fit(head, features=stores / kind, folds=3, settings=settings, name="run")
    model = featx.load(run.folder)
    stored = model.predict(stores / kind)
    audio = model.predict("audio", encoder=checkpoint_folder)
    assert len(stored) == len(audio) == 36
    for row in audio:
        name = Path(row.utterance).stem
        other = next(own for own in stored if own.utterance == name)
        for label, share in row.probabilities.items():
            assert share == pytest.approx(other.probabilities[label], abs=2e-3)


def test_a_linear_head_loses_nothing_where_moments_are_stored(stores):
    """Frames are as samples, nearly, so what features are standardised by is nearly the same."""
    whole = featx.fit("linear", folds=3, name="whole")
    kept = featx.fit("linear", features=stores / "moments", folds=3, name="kept")
    first, second = rows(whole.folder), rows(kept.folder)
    labels = [name for name in first[0] if name.startswith("p_")] or list(first[0])[-3:]
    for row, other in zip(first, second, strict=True):
        assert row["utterance"] == other["utterance"]
        for label in labels:
            assert float(row[label]) == pytest.approx(float(other[label]), abs=0.02)
    assert kept.results.scores["uar"].mean == pytest.approx(whole.results.scores["uar"].mean)


def test_compressed_features_train_the_same_head(stores, checkpoint_folder):
    featx.extract(checkpoint_folder, out="plain", precision="float32")
    settings = (*QUICK, "head.average_frames=1")
    runs = [
        featx.fit("dense", features=store, folds=3, settings=settings, name=name)
        for store, name in (("plain", "plain"), (stores / "compressed", "compressed"))
    ]
    assert rows(runs[0].folder) == rows(runs[1].folder)


def test_pooled_features_are_fused_with_frames(stores, with_egemaps):
    for kind in ("mean", "moments"):
        run = featx.fit(
            "fusion",
            features=[stores / kind, "features/manifest/egemaps"],
            folds=3,
            settings=QUICK,
            name=kind,
        )
        assert run.results.scores["uar"].mean > 0


@pytest.mark.parametrize("kind", ["mean", "moments"])
def test_what_vectors_cannot_do_is_refused_in_a_sentence(stores, checkpoint_folder, kind):
    with pytest.raises(FeatxError, match=r"`head='lstm'` goes from frame to frame"):
        featx.fit("lstm", features=stores / kind, folds=3)
    with pytest.raises(FeatxError, match=r"`seconds=2`: .* vectors of whole utterances"):
        featx.fit("linear", features=stores / kind, folds=3, seconds=2)
    run = featx.fit("linear", features=stores / kind, folds=3)
    with pytest.raises(FeatxError, match="pooled over time, which the graph does not do"):
        featx.export(run.folder, encoder=checkpoint_folder)
    assert not list(Path().glob("*.onnx"))
    with pytest.raises(FeatxError, match="pool: "):
        featx.predict(run.folder, "features/manifest/tiny")


def test_an_explanation_has_the_utterance_as_its_only_moment(stores, checkpoint_folder):
    for kind in ("mean", "moments"):
        for head, settings in (("linear", ()), ("dense", QUICK)):
            run = featx.fit(
                head, features=stores / kind, folds=3, settings=settings, name=kind + head
            )
            why = featx.explain(run.folder, "audio/sad-0-0.wav", encoder=checkpoint_folder)
            assert why.baseline + why.total == pytest.approx(why.logit, abs=0.05)
            for store in why.stores:
                assert store.values.shape[1] == 1


def test_pooled_arrays_are_those_of_all_frames(stores):
    whole = featx.pooled_features("features/manifest/tiny")
    kept = featx.pooled_features(stores / "moments")
    np.testing.assert_allclose(kept.features, whole.features, rtol=0, atol=2e-3)
    means = featx.pooled_features(stores / "mean", pooling="mean")
    half = whole.features.shape[1] // 2
    np.testing.assert_allclose(means.features, whole.features[:, :half], rtol=0, atol=2e-3)
    with pytest.raises(FeatxError, match=r"means of frames alone.*`pooling='mean'`"):
        featx.pooled_features(stores / "mean")
    dataset = featx.FeatureDataset(stores / "moments")
    assert dataset[0].features.shape[1] == 1


@pytest.mark.parametrize("kind", KINDS)
def test_layers_can_be_probed(stores, kind):
    found = probe(features=stores / kind, folds=3, name=kind)
    assert len(found.layers) == 3
