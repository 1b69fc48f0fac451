"""Foreign ONNX files are read with care: nothing but the file itself is opened."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

import featx
from featx.inference.onnx import OnnxModel

FACTS = {"classes": '["happy", "sad"]', "sample_rate": "16000", "shortest": "1", "seconds": "inf"}


@pytest.fixture
def write(workplace):
    """Write a file that gives every utterance the same probabilities."""

    def write(change=lambda model, weight: None, facts=FACTS) -> Path:
        weight = onnx.numpy_helper.from_array(np.array([[0.75, 0.25]], np.float32), "weight")
        nodes = [
            helper.make_node("ReduceMax", ["waveform"], ["loudest"], axes=[1], keepdims=1),
            helper.make_node("Sub", ["loudest", "loudest"], ["zero"]),
            helper.make_node("Add", ["zero", "weight"], ["probabilities"]),
            helper.make_node("Identity", ["probabilities"], ["logits"]),
        ]
        kind = TensorProto.FLOAT
        inputs = [
            helper.make_tensor_value_info("waveform", kind, ["n", "t"]),
            helper.make_tensor_value_info("samples", TensorProto.INT64, ["n"]),
        ]
        outputs = [
            helper.make_tensor_value_info(name, kind, ["n", 2])
            for name in ("probabilities", "logits")
        ]
        graph = helper.make_graph(nodes, "graph", inputs, outputs, [weight])
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        helper.set_model_props(model, facts)
        change(model, model.graph.initializer[0])
        Path("model.onnx").write_bytes(model.SerializeToString())
        return Path("model.onnx")

    return write


def test_a_file_of_the_right_form_predicts(write, write_corpus):
    write_corpus(speakers=1, takes=1)
    predictions = featx.predict(write(), "audio")
    assert set(predictions.labels) == {"happy"}
    assert predictions.rows[0].probability == pytest.approx(0.75)


@pytest.mark.parametrize("place", ["/etc/passwd", "../secret.bin", "weights.bin"])
def test_weights_in_other_files_are_refused(place, write):
    def move(model, weight):
        weight.ClearField("raw_data")
        weight.data_location = TensorProto.EXTERNAL
        weight.external_data.add(key="location", value=place)

    with pytest.raises(featx.FeatxError, match=rf"in another file, '{place}', which featx does"):
        featx.load(write(move))


def test_such_weights_are_found_inside_nodes_too(write):
    def hide(model, weight):
        hidden = helper.make_node("Constant", [], ["hidden"], value=weight)
        hidden.attribute[0].t.external_data.add(key="location", value="/etc/passwd")
        model.graph.node.append(hidden)

    with pytest.raises(featx.FeatxError, match=r"in another file, '/etc/passwd'"):
        featx.load(write(hide))


def test_weights_that_are_no_numbers_or_cut_are_refused(write):
    def spoil(model, weight):
        weight.raw_data = np.array([np.nan, 1], np.float32).tobytes()

    def cut(model, weight):
        weight.raw_data = weight.raw_data[:5]

    with pytest.raises(featx.FeatxError, match=r"holds values that are not finite"):
        featx.load(write(spoil))
    with pytest.raises(featx.FeatxError, match=r"'weight' is damaged"):
        featx.load(write(cut))


def test_what_featx_did_not_write_is_refused(write):
    with pytest.raises(featx.FeatxError, match=r"metadata lack or misstate classes"):
        featx.load(write(facts={**FACTS, "classes": "happy"}))
    with pytest.raises(featx.FeatxError, match=r"of 2 classes, and names 3"):
        featx.load(write(facts={**FACTS, "classes": '["a", "b", "c"]'}))
    Path("text.onnx").write_text("no graph")
    with pytest.raises(featx.FeatxError, match=r"text.onnx: not an ONNX file"):
        featx.load("text.onnx")
    with pytest.raises(featx.FeatxError, match=r"none.onnx: can't be read"):
        featx.load("none.onnx")


@pytest.mark.parametrize("classes", ['["sad", "sad"]', '["\\u001b[2J", "sad"]', "[]"])
def test_classes_are_named_as_in_any_run(classes, write):
    with pytest.raises(featx.FeatxError, match=r"metadata lack or misstate classes"):
        featx.load(write(facts={**FACTS, "classes": classes}))


def test_a_single_number_is_no_probabilities(write):
    def flatten(model, weight):
        for name in ("probabilities", "logits"):
            model.graph.node.append(
                helper.make_node("ReduceMax", [name], [f"{name}.all"], keepdims=0)
            )
        del model.graph.output[:]
        model.graph.output.extend(
            helper.make_tensor_value_info(f"{name}.all", TensorProto.FLOAT, [])
            for name in ("probabilities", "logits")
        )

    with pytest.raises(featx.FeatxError, match=r"outputs probabilities.all, logits.all\."):
        featx.load(write(flatten))


def test_nan_in_bfloat16_is_found(write):
    def add(model, weight):
        extra = model.graph.initializer.add(name="extra", data_type=TensorProto.BFLOAT16, dims=[1])
        extra.raw_data = b"\xc0\x7f"

    with pytest.raises(featx.FeatxError, match=r"'extra' holds values that are not finite"):
        featx.load(write(add))


def test_only_what_is_heard_is_fed(write, write_corpus, monkeypatch):
    write_corpus(speakers=1, takes=1)
    fed, apply = [], OnnxModel.predictions

    def note(model, waveforms):
        fed.extend(map(len, waveforms))
        return apply(model, waveforms)

    monkeypatch.setattr(OnnxModel, "predictions", note)
    featx.predict(write(facts={**FACTS, "seconds": "0.05"}), "audio")
    assert set(fed) == {800}


def test_a_file_of_more_than_2_gb_is_refused_unread(workplace):
    with Path("large.onnx").open("wb") as file:
        file.truncate(2 * 10**9 + 1)  # a hole, which takes no disk
    with pytest.raises(featx.FeatxError, match=r"larger than the 2 GB"):
        featx.load("large.onnx")


@pytest.mark.thorough
def test_onnxruntime_reports_nothing_to_its_makers(tmp_path):
    """It would write an identifier of the machine to the temporary folder, and send events."""
    code = "from featx.inference.onnx import import_extra; import_extra('onnxruntime')"
    subprocess.run([sys.executable, "-c", code], env={**os.environ, "TMPDIR": str(tmp_path)})
    assert not list(tmp_path.iterdir())
