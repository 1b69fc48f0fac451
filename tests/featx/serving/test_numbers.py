"""A server with a model of numbers."""

from pathlib import Path

import pytest

import featx
from featx.inference.load import load

testclient = pytest.importorskip("starlette.testclient", reason="featx[serve] is not installed")


def test_a_model_of_numbers_is_offered(extracted, checkpoint_folder, tone):
    from featx.serving.limits import Limits
    from featx.serving.offer import offered, predicting

    path = Path("manifest.csv")
    head, *rows = path.read_text().splitlines()
    path.write_text("\n".join([f"{head},size", *(f"{row},{n}.5" for n, row in enumerate(rows))]))
    run = featx.fit("linear", folds=3, target="size")
    model, limits = load(run), Limits(1.0, 90.0, 1000, 8)
    predict = predicting(model, [checkpoint_folder])
    with offered(run.folder, model, predict, limits, 1, "0.0.0.0") as app:
        client = testclient.TestClient(app)
        facts = client.get("/model").json()
        assert facts["classes"] == []
        assert facts["dimensions"]["size"]["low"] == 0.5
        mean = run.results.dimensions["size"]["ccc"].mean
        assert facts["dimensions"]["size"]["ccc"]["mean"] == pytest.approx(mean)
        answer = client.post("/predict", content=tone(2.0)).json()
        windowed = client.post("/predict?window=1", content=tone(2.0)).json()
    Path("tone.wav").write_bytes(tone(2.0))
    (row,) = featx.predict(run, "tone.wav", encoder=checkpoint_folder)
    assert answer["numbers"]["size"] == pytest.approx(row.numbers["size"], rel=1e-4)
    assert (answer["label"], answer["probabilities"]) == (None, {})
    each = [window["numbers"]["size"] for window in windowed["windows"]]
    assert len(each) == 2
    assert windowed["numbers"]["size"] == pytest.approx(sum(each) / 2, rel=1e-5)
