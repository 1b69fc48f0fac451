"""A server with a model of several labels."""

from pathlib import Path

import pytest

import featx
from featx.inference.load import load

testclient = pytest.importorskip("starlette.testclient", reason="featx[serve] is not installed")


def test_a_model_of_several_labels_is_offered(extracted, checkpoint_folder, relabel, tone):
    from featx.serving.limits import Limits
    from featx.serving.offer import offered, predicting

    relabel(lambda row: {**row, "fitting": "low|soft" if row["label"] == "sad" else "soft"})
    run = featx.fit("linear", folds=3, target="fitting", task="multilabel")
    model, limits = load(run), Limits(1.0, 90.0, 1000, 8)
    predict = predicting(model, [checkpoint_folder])
    with offered(run.folder, model, predict, limits, 1, "0.0.0.0") as app:
        client = testclient.TestClient(app)
        facts = client.get("/model").json()
        assert facts["labels"]["low"]["threshold"] == 0.5
        assert facts["labels"]["low"]["f1"] == pytest.approx(run.results.labels["low"]["f1"])
        assert facts["macro_f1"]["mean"] == pytest.approx(run.results.scores["macro_f1"].mean)
        assert facts["utterances"] == len(Path("manifest.csv").read_text().splitlines()) - 1
        answer = client.post("/predict", content=tone(2.0)).json()
        windowed = client.post("/predict?window=1", content=tone(2.0)).json()
        refused = client.post("/predict?abstain=0.6", content=tone(2.0))
    Path("tone.wav").write_bytes(tone(2.0))
    (row,) = featx.predict(run, "tone.wav", encoder=checkpoint_folder)
    assert answer["probabilities"] == pytest.approx(dict(row.probabilities), rel=1e-4)
    assert (answer["label"], answer["labels"]) == (None, row.labels)
    each = [window["probabilities"]["low"] for window in windowed["windows"]]
    assert windowed["probabilities"]["low"] == pytest.approx(sum(each) / 2, rel=1e-5)
    assert ("low" in windowed["labels"]) == (sum(each) / 2 >= 0.5)
    assert refused.status_code == 422
    assert "several labels at once" in refused.json()["error"]
