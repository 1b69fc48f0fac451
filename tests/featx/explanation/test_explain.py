"""An utterance is explained from its audio, as the run predicts it."""

import csv
import shutil
from pathlib import Path

import numpy as np
import pytest

import featx
from featx.errors import FeatxError
from featx.explanation.explanation import Explanation
from featx.explanation.stores import StoreContributions
from featx.inference.model import Model

FILE = "audio/sad-0-0.wav"


@pytest.fixture
def fit(extracted, checkpoint_folder):
    """Fit a head and load it."""

    def run(head: str = "linear", **options):
        if not Path("tiny").exists():
            shutil.copytree(checkpoint_folder, "tiny")  # where a run looks for a local encoder
        if head not in ("linear", "svm"):
            options["settings"] = "training.epochs=2"
        return featx.load(featx.fit(head, **{"folds": 3, "name": "made", **options}))

    return run


@pytest.mark.parametrize("head", ["linear", "dense"])
def test_it_explains_what_is_predicted(head, fit):
    model = fit(head, seeds=2)
    predicted = model.predict(FILE)[0]
    explanation = featx.explain(model, FILE)
    assert explanation.label == explanation.predicted == predicted.label
    assert explanation.probability == pytest.approx(predicted.probability, abs=1e-5)
    assert explanation.heads == 6
    assert abs(explanation.rest) < (1e-6 if head == "linear" else 0.02)
    assert explanation.title in str(explanation)
    assert explanation.title in explanation._repr_html_()
    other = next(name for name in model.classes if name != predicted.label)
    alone = featx.explain(model, FILE, label=other, fold=1, seed=0)
    assert (alone.label, alone.heads) == (other, 1)


def test_moments_and_rows_add_up_to_the_same(fit):
    explanation = featx.explain(fit(), FILE)
    (store,) = explanation.stores
    assert list(store.layers) == ["0", "1", "2"]
    assert store.edges[0] == 0
    assert store.edges[-1] <= 0.3 + 0.02
    moments = explanation.moments(0.05)
    assert sum(moment[2] for moment in moments) == pytest.approx(explanation.total, abs=1e-6)
    explanation.to_csv("why.csv")
    with Path("why.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["layer", "start", "end", "contribution"]
    assert len(rows) == store.values.size
    total = sum(float(row["contribution"]) for row in rows)
    assert total == pytest.approx(explanation.total, abs=1e-4)


def test_a_planted_layer_is_found(fit):
    model = fit()
    for member in model.heads.members:
        weights = member.head.output.weight.view(3, 2, 3, -1)
        weights[:, :, [0, 2]] = 0
    sums = featx.explain(model, FILE).stores[0].values.sum(1)
    assert sums[0] == sums[2] == 0
    assert sums[1] == pytest.approx(featx.explain(model, FILE).total)


def test_it_draws_and_writes(fit):
    explanation = featx.explain(fit("dense"), FILE, label="sad")
    written = explanation.write("out")
    assert [str(path) for path in written] == ["out/sad-0-0-sad.png", "out/sad-0-0-sad.csv"]
    assert all(path.stat().st_size for path in written)
    with pytest.raises(FeatxError, match=r"must end in \.png"):
        explanation.draw("picture.xyz")


def test_stores_that_are_fused_are_shown_side_by_side(write_corpus):
    write_corpus(speakers=1, takes=1)
    slow = StoreContributions("tiny", ("0", "1"), np.array([0, 0.1, 0.2, 0.3]), np.ones((2, 3)))
    fast = StoreContributions("egemaps", ("0",), np.linspace(0, 0.3, 7), -np.ones((1, 6)))
    explanation = Explanation(FILE, "sad", "happy", 0.3, 1, 0.75, 0.5, (slow, fast))
    edges, density = explanation.over_time()
    assert (density * np.diff(edges)).sum() == pytest.approx(explanation.total, abs=1e-9)
    assert explanation.total == 0
    assert "happy is likelier" in explanation.title
    assert "error of the integral" in explanation.to_text()
    assert "egemaps 0" in explanation.to_text()
    explanation.to_csv("why.csv")
    assert Path("why.csv").read_text().startswith("encoder,layer,start,end,contribution\n")
    explanation.draw("why.png")
    assert Path("why.png").stat().st_size


def test_by_speaker_other_audio_of_the_speaker_says_what_is_usual(fit):
    model = fit(normalize="speaker")
    alone = featx.explain(model, FILE)
    more = featx.explain(model, FILE, same_speaker=["audio/happy-0-0.wav", "audio/angry-0-0.wav"])
    assert abs(more.total) > 100 * abs(alone.total)  # which is its own average


def test_what_has_no_explanation_is_refused(fit):
    model = fit()
    for arguments, problem in {
        ("audio",): "is a folder",
        ("none.wav",): "no such file",
    }.items():
        with pytest.raises(FeatxError, match=problem):
            featx.explain(model, *arguments)
    with pytest.raises(FeatxError, match="did you mean 'sad'"):
        featx.explain(model, FILE, label="sda")
    with pytest.raises(FeatxError, match="no such model"):
        featx.explain(model, FILE, fold=7)
    raw = fit(normalize="none", name="raw")
    with pytest.raises(FeatxError, match="no average utterance"):
        featx.explain(raw, FILE)


class Other(Model):
    """Another kind of model."""

    def _predict(self, given, options):
        raise AssertionError


def test_other_models_are_refused():
    with pytest.raises(FeatxError, match="fine-tuned"):
        featx.explain(Other(), FILE)
