"""A network as an ONNX file."""

import logging
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch

from cache import describe_bytes, filling
from featx.errors import FeatxError
from featx.inference.onnx import LARGEST, import_extra, output_names
from featx.sharing.graph import Classifier
from featx.utils.text import first_line

NEEDED = ("onnx", "onnxruntime", "onnxscript")
_EXAMPLE = 16_000, 12_000  # samples of the two utterances that the network is traced with
_DIMENSIONS = "utterances", "length"  # those of `waveform` that are free
_HALF = float(np.finfo(np.float16).max)


def write_onnx(
    classifier: Classifier,
    path: Path,
    facts: Mapping[str, str],
    opset: int,
    half: bool,
    int8: bool,
) -> None:
    """Write a network to an ONNX file that holds all its weights.

    Args:
        classifier: the network.
        path: the file.
        facts: metadata by their names.
        opset: the version of ONNX's operators.
        half: whether weights are kept in float16.
        int8: whether the weights of the encoder's linear layers are kept in int8.

    Raises:
        FeatxError: if the weights are too many for a single file, or the network can't be traced.
    """
    onnx = import_extra("onnx")
    size = sum(weight.nbytes for weight in classifier.state_dict().values())
    if size > LARGEST:
        raise FeatxError(
            f"The network has {describe_bytes(size)} of weights, and a single ONNX file holds "
            "2 GB. Export the models of a single `fold` or `seed`, or of a smaller encoder."
        )
    model = _trace(classifier, opset)
    if int8:
        model = _quantise(model)
    if half:
        _halve(model, onnx)
    _describe(model, onnx, facts)
    content = model.SerializeToString()
    with filling(path, len(content)):
        path.write_bytes(content)


def _trace(classifier: Classifier, opset: int) -> Any:
    longest, other = _EXAMPLE
    example = 0.1 * torch.randn(2, longest), torch.tensor([longest, other])
    dynamic = torch.export.Dim.DYNAMIC
    with _quiet_torch():
        try:
            program: Any = torch.onnx.export(
                classifier,
                example,
                dynamo=True,
                verbose=False,
                opset_version=opset,
                input_names=["waveform", "samples"],
                output_names=output_names(classifier.numbers),
                dynamic_shapes={"waveform": {0: dynamic, 1: dynamic}, "samples": {0: dynamic}},
            )
        except Exception as error:  # of the many parts of torch that take part
            raise FeatxError(f"torch can't export this network: {first_line(error)}") from error
    return program.model_proto


@contextmanager
def _quiet_torch() -> Iterator[None]:
    """Keep torch from telling of packages and deprecations that concern nobody here."""
    told = logging.getLogger("torch.onnx")
    level = told.level
    told.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        told.setLevel(level)


def _quantise(model: Any) -> Any:
    """Return a model whose encoder's linear layers have int8 weights, a scale for each output.

    Their inputs are quantised as they come, so no audio is needed for it.
    """
    onnx, quantization = import_extra("onnx"), import_extra("onnxruntime.quantization")
    heads = [
        node.name
        for node in model.graph.node
        if any(".heads" in entry.value for entry in node.metadata_props)
    ]
    logging_of, level = logging.getLogger(), logging.getLogger().level
    logging_of.setLevel(logging.ERROR)  # it recommends preparations that torch's export has done
    try:
        with TemporaryDirectory(prefix="featx-") as folder:
            path = Path(folder, "int8.onnx")
            with filling(path):
                quantization.quantize_dynamic(
                    model,
                    path,
                    per_channel=True,
                    weight_type=quantization.QuantType.QInt8,
                    op_types_to_quantize=["MatMul", "Gemm"],
                    nodes_to_exclude=heads,
                )
            return onnx.load(path)
    finally:
        logging_of.setLevel(level)


def _halve(model: Any, onnx: Any) -> None:
    """Keep matrices in float16; they are computed with in float32, to which they are cast."""
    casts = []
    for weight in model.graph.initializer:
        if weight.data_type != onnx.TensorProto.FLOAT or len(weight.dims) < 2:
            continue
        values = onnx.numpy_helper.to_array(weight).clip(-_HALF, _HALF).astype(np.float16)
        name = weight.name
        weight.CopyFrom(onnx.numpy_helper.from_array(values, f"{name}.float16"))
        casts.append(
            onnx.helper.make_node("Cast", [weight.name], [name], to=onnx.TensorProto.FLOAT)
        )
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)


def _describe(model: Any, onnx: Any, facts: Mapping[str, str]) -> None:
    """Give a model its metadata, in place of torch's, which name files of this machine."""
    graph = model.graph
    del graph.value_info[:]
    waveform = graph.input[0].type.tensor_type.shape.dim
    names = {dim.dim_param: name for dim, name in zip(waveform, _DIMENSIONS, strict=True)}
    for given in (*graph.input, *graph.output):
        for dim in given.type.tensor_type.shape.dim:
            if dim.dim_param in names:
                dim.dim_param = names[dim.dim_param]
    for part in (graph, *graph.node, *graph.input, *graph.output, *graph.initializer):
        part.doc_string = ""
        if hasattr(part, "metadata_props"):
            del part.metadata_props[:]
    model.producer_name = "featx"
    model.producer_version = facts["featx_version"]
    onnx.helper.set_model_props(model, dict(facts))
