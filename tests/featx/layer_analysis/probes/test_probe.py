"""A probe finds the layer that holds the signal, as heads' weights do, and is made like a run."""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import featx
import featx.layer_analysis.probes.training as probe_training
from cache import FeatureStore
from featx.errors import FeatxError, Interrupted
from featx.layer_analysis.probes.probe import probe
from featx.layer_analysis.probes.text import Probe
from featx.layer_analysis.read_weights import read_weights
from featx.layer_analysis.weights import LayerWeights, average
from featx.scoring.classes.results import Results
from featx.scoring.metrics import Score
from tests.featx.layer_analysis.layers import made, rows

QUICK = {"folds": 3, "settings": ["training.epochs=15", "training.learning_rate=0.01"]}
RUN = Path("runs/manifest-tiny-dense")
EMPTY = Results(
    title="p",
    classes=["a", "b"],
    scores={},
    confusion=np.eye(2, dtype=int),
    seeds=1,
    speakers=2,
    speakers_shared=False,
)


def deviations(run: Path) -> np.ndarray:
    """Return (folds, layers): root of the mean variance of features over training frames."""
    store, found = FeatureStore(Path("features/manifest/tiny")), []
    for fold in "012":
        held = {row["utterance"] for row in rows(run / "predictions.csv") if row["fold"] == fold}
        names = [row["utterance"] for row in rows(Path("manifest.csv"))]
        training = [store.read(name) for name in names if name not in held]
        assert 0 < len(training) < len(names)
        frames = np.concatenate(training, axis=1).astype(float)
        found.append(np.sqrt(frames.var(axis=1).mean(-1)))
    return np.array(found)


@pytest.mark.parametrize("normalize", ["global", "none"])
def test_both_show_the_layer_with_the_signal(one_layer_tells, normalize):
    featx.fit(normalize=normalize, **QUICK)
    (weights,) = read_weights(RUN)
    assert weights.weights.shape == weights.scales.shape == (3, 3)
    means, _ = average(weights.weights)
    if normalize == "global":
        assert means.argmax() == 1
        np.testing.assert_allclose(weights.corrected, weights.weights, rtol=1e-5)
    else:
        assert means[1] > means[0]
        assert (weights.scales[:, 2] > 5 * weights.scales[:, 0]).all()  # large, and says nothing
        products = weights.weights * deviations(RUN)
        expected = products / products.sum(1, keepdims=True)
        np.testing.assert_allclose(weights.corrected, expected, rtol=1e-4)
    found = probe(folds=3, weights_of=[str(RUN)], name="p")
    assert found.folder == Path("probes/p")
    recalls = [result.scores["uar"].mean for result in found.results]
    assert recalls[1] > 95
    assert max(recalls[0], recalls[2]) < 70
    assert found.chosen.scores["uar"].mean > 95  # validation chose it too


def test_a_probe_is_the_linear_head_on_that_layer_alone(one_layer_tells):
    found = probe("tiny", normalize="speaker", folds=3)
    for number, result in enumerate(found.results):
        run = featx.fit(
            "linear", settings="head.pooling=mean", layers=str(number), normalize="speaker",
            folds=3, name=f"layer{number}",
        )  # fmt: skip
        assert run.results.confusion.tolist() == result.confusion.tolist()
        assert run.results.scores["uar"].low == pytest.approx(result.scores["uar"].low)


def test_a_stopped_probe_goes_on_and_a_finished_one_is_kept(extracted, monkeypatch):
    whole = probe(folds=3, name="whole")
    original, calls = probe_training.train_head, []

    def stop_at_fifth(*arguments):
        calls.append(1)
        if len(calls) == 5:
            raise KeyboardInterrupt
        return original(*arguments)

    monkeypatch.setattr(probe_training, "train_head", stop_at_fifth)
    with pytest.raises(Interrupted, match="4 of 9 probes"):
        probe(folds=3, name="p")
    assert not Path("probes/p/metrics.json").exists()
    before = len(calls)  # one or two more may have begun
    again = probe(folds=3, name="p")
    assert len(calls) - before == 5
    assert again.to_text() == whole.to_text()
    assert probe(folds=3, name="p").to_text() == whole.to_text()
    assert len(calls) - before == 5
    for name in ("probe.csv", "predictions.csv", "figures/probe.csv"):
        assert Path("probes/p", name).read_bytes() == Path("probes/whole", name).read_bytes()
    with pytest.raises(FeatxError, match=r"seconds: inf there, now 0\.1"):
        probe(folds=3, seconds=0.1, name="p")


def test_a_rank_correlation_takes_three_layers_that_differ():
    def note(scores: list[float], weights: LayerWeights) -> str:
        results = [
            replace(EMPTY, scores=dict.fromkeys(("uar", "wa"), Score(uar, np.nan, uar, uar)))
            for uar in scores
        ]
        layers = [str(number) for number in range(len(scores))]
        found = Probe(Path("probes/p"), layers, results, results[0], [weights])
        return next(line for line in found.to_text().splitlines() if line.startswith("r: "))

    assert "takes three layers or more" in note([50.0, 60.0], made(layers=2))
    assert "too little varies over layers" in note([50.0] * 4, made())
    assert "over 4 layers" in note([50.0, 60.0, 55.0, 65.0], made())


@pytest.mark.figures
def test_the_probes_picture_shows_its_table(extracted, drawn):
    found = probe(folds=3, name="p")
    (line,) = (
        line
        for line in drawn[0].axes[0].lines
        if len(line.get_xdata()) == 3 and line.get_marker() == "o"
    )
    table = rows(Path("probes/p/figures/probe.csv"))
    np.testing.assert_allclose(line.get_ydata(), [float(row["uar"]) for row in table], rtol=1e-6)
    assert [row["layer"] for row in table] == list(found.layers)
    for row in table:
        assert float(row["uar_low"]) <= float(row["uar_high"])


@pytest.mark.figures
def test_a_probe_leaves_a_folder_like_a_run(extracted):
    run = featx.fit(folds=3, settings="training.epochs=2")
    found = probe("tiny", folds=3, weights_of=[run.folder])
    assert {path.name for path in found.folder.iterdir()} == {
        "config.toml", "environment.json", "figures", "layers", "metrics.json", "predictions.csv",
        "probe.csv", "run.log",
    }  # fmt: skip
    assert {path.name for path in (found.folder / "figures").iterdir()} == {
        "probe.csv", "probe.pdf", "probe.png", "weights.csv",
    }  # fmt: skip
    assert "weight × scale" in found.to_text()
    assert featx.evaluate([found.folder])


def test_a_probe_that_cannot_be_made_is_refused(with_egemaps):
    linear = featx.fit("linear", "tiny", folds=3)
    for arguments, part in (
        ({"model": "egemaps"}, "nothing to compare"),
        ({"model": "tiny", "layers": "1"}, "nothing to compare"),
        ({"model": "tiny", "layers": "7"}, "has no layer 7"),
        ({"model": "tiny", "seconds": -1}, "seconds"),
        ({"model": "tiny", "name": "a/b"}, "`name='a/b'`"),
        ({"model": "tiny", "weights_of": [linear.folder]}, "no average of layers"),
        ({"model": "tiny", "features": "features/manifest/tiny"}, "`model` can't .* `features`"),
        ({"model": "tiny", "folds": 3, "protocol": "p.toml"}, "`folds` can't .* `protocol`"),
    ):
        with pytest.raises(FeatxError, match=part):
            probe(**arguments)
    assert not Path("probes").exists()


def test_the_only_layer_is_scored_by_a_fit(with_egemaps):
    with pytest.raises(FeatxError) as caught:
        probe("tiny", layers="1")
    assert caught.value.cure.function == "fit"
    assert caught.value.cure.arguments["layers"] == "1"
    featx.fit(**{**caught.value.cure.arguments, "folds": 3, "name": "scored"})


@pytest.mark.figures
def test_a_probe_of_numbers_is_the_linear_head_on_each_layer(one_layer_tells, drawn):
    with Path("manifest.csv").open(newline="") as file:
        table = list(csv.DictReader(file))
    for row in table:  # the label that a layer tells, as a number, and what none does
        row["height"] = {"sad": "-1.5", "happy": "0.5", "angry": "2"}[row["label"]]
        row["length"] = f"{len(row['utterance'])}.5"
    with Path("manifest.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, table[0])
        writer.writeheader()
        writer.writerows(table)
    found = probe("tiny", folds=3, target=["height", "length"])
    assert found.folder == Path("probes/manifest-tiny-height+length")
    heights = [result.dimensions["height"]["ccc"].mean for result in found.results]
    assert int(np.argmax(heights)) == 1
    assert heights[1] > 0.9
    run = featx.fit(
        "linear", settings="head.pooling=mean", layers="1", folds=3, target=["height", "length"],
        name="layer1",
    )  # fmt: skip
    for name, scores in run.results.dimensions.items():
        mean = found.results[1].dimensions[name]["ccc"].mean
        assert scores["ccc"].mean == pytest.approx(mean, rel=1e-5)
    text = found.to_text()
    assert "CCC of the layer that validation data chooses" in text
    assert "length" in text
    lines = {line.get_label(): line.get_ydata() for line in drawn[0].axes[0].lines}
    np.testing.assert_allclose(lines["height"], heights)
    assert {"ccc", "ccc_low", "ccc_height"} <= set(rows(found.folder / "figures/probe.csv")[0])
    assert {"validation_ccc", "ccc_length"} <= set(rows(found.folder / "probe.csv")[0])


@pytest.mark.figures
def test_a_probe_of_several_labels_tells_the_layer_of_each(one_layer_tells, drawn):
    with Path("manifest.csv").open(newline="") as file:
        table = list(csv.DictReader(file))
    for place, row in enumerate(table):  # a label that a layer tells, and what none does
        row["low"], row["odd"] = int(row["label"] == "sad"), place % 2
    with Path("manifest.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, table[0])
        writer.writeheader()
        writer.writerows(table)
    found = probe("tiny", folds=3, target=["low", "odd"], task="multilabel")
    low = [result.labels["low"]["f1"] for result in found.results]
    assert int(np.argmax(low)) == 1
    assert low[1] > 90
    assert "macro F1 of the layer that validation data chooses" in found.to_text()
    lines = {line.get_label(): line.get_ydata() for line in drawn[0].axes[0].lines}
    np.testing.assert_allclose(lines["low"], low)
    assert {"macro_f1", "macro_f1_low"} <= set(rows(found.folder / "figures/probe.csv")[0])
    assert {"validation_macro_f1", "map"} <= set(rows(found.folder / "probe.csv")[0])
