"""A run as an ONNX file: what is in it, and what is refused."""

import shutil
from pathlib import Path

import numpy as np
import onnx
import pytest

import featx
from featx.sharing import export as exporting


@pytest.fixture
def fitted(extracted, checkpoint_folder):
    """A finished fit of a head in the working folder."""
    shutil.copytree(checkpoint_folder, "tiny")  # where runs look for a local encoder

    return fit


def fit(head="dense", **options):
    training = [] if head in ("linear", "svm") else ["training.epochs=1"]
    return featx.fit(head, folds=3, settings=training, **options)


@pytest.mark.thorough
def test_an_exported_run_predicts_as_the_run_does(extracted_slim, run_featx):
    run = Path(fit())
    done = run_featx("export", run, "--out", "emotion.onnx")
    assert "labels equal" in done.out
    assert "Written: emotion.onnx" in done.out
    content = Path("emotion.onnx").read_bytes()
    assert str(Path(exporting.__file__).parent).encode() not in content  # nor any path of ours
    shape = onnx.load_from_string(content).graph.input[0].type.tensor_type.shape
    assert [dim.dim_param for dim in shape.dim] == ["utterances", "length"]
    files = sorted(map(str, Path("audio").glob("*-0-*.wav")))
    ours, theirs = featx.predict(run, files), featx.predict("emotion.onnx", files)
    assert ours.labels == theirs.labels
    for mine, other in zip(ours.rows, theirs.rows, strict=True):
        assert other.probabilities == pytest.approx(dict(mine.probabilities), abs=1e-3)
    with pytest.raises(featx.FeatxError, match=r"`seed`: .* has its encoder, models and"):
        featx.predict("emotion.onnx", files, seed=0)


@pytest.mark.thorough
def test_options_of_one_file(extracted_slim):
    run = fit("linear")
    exported = featx.export(
        run, out="small.onnx", fold=1, calibrated=True, precision="float16", int8=True
    )
    model = onnx.load("small.onnx")
    facts = {entry.key: entry.value for entry in model.metadata_props}
    assert facts["models"] == '["seed 0, fold 1"]'
    assert facts["calibrated"] == "true"
    kinds = {weight.data_type for weight in model.graph.initializer if len(weight.dims) > 1}
    assert {onnx.TensorProto.INT8, onnx.TensorProto.FLOAT16} <= kinds
    assert onnx.TensorProto.FLOAT not in kinds
    assert np.isfinite(exported.agreement.difference)


@pytest.mark.thorough
def test_what_differs_from_the_run_is_not_written(extracted_slim, monkeypatch):
    monkeypatch.setattr(exporting, "TOLERANCE", -1.0)
    with pytest.raises(featx.FeatxError, match=r"Not written: .*labels equal"):
        featx.export(fit("linear"), out="emotion.onnx")
    assert not list(Path().glob("*.onnx"))


def test_what_can_not_be_exported_is_said(fitted, with_egemaps):
    by_speaker = fitted("linear", model="tiny", normalize="speaker")
    with pytest.raises(featx.FeatxError, match=r"standardises features by speaker"):
        featx.export(by_speaker)
    with pytest.raises(featx.FeatxError, match=r"takes egemaps, which has no encoder"):
        featx.export(fitted("linear", model="egemaps"))
    with pytest.raises(featx.FeatxError, match=r"`fold=9`: the run has no such model"):
        featx.export(fitted("linear", model="tiny", name="all"), fold=9)
    with pytest.raises(featx.FeatxError, match=r"must end in .onnx"):
        featx.export(by_speaker, out="emotion.pt")


@pytest.mark.thorough
@pytest.mark.parametrize("mode", ["full", "lora", "adapter"])
def test_a_fine_tuned_run_predicts_the_same(mode, workplace, write_corpus, slim):
    """Also with adapters, merged or not, and an average of all layers."""
    write_corpus(speakers=6, takes=1)
    few = ["training.every=2", "training.epochs=1", "training.learning_rate=3e-2"]
    if mode != "full":
        few.append("head.average=softmax")
    options = {"mode": mode, "folds": 3, "device": "cpu", "settings": few, "seconds": 0.3}
    run = featx.finetune(slim, name="made", **options)
    featx.export(run, out="tuned.onnx")
    ours, theirs = featx.predict(run, "audio"), featx.predict("tuned.onnx", "audio")
    assert ours.labels == theirs.labels
    for mine, other in zip(ours.rows, theirs.rows, strict=True):
        assert other.probabilities == pytest.approx(dict(mine.probabilities), abs=1e-3)
