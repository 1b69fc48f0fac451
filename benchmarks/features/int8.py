"""The blocks' linear layers in int8: how fast, and how far the features are from float32's.

    FEATX_DATA=... python -m benchmarks.features.int8 --model whisper-tiny.en --window short
    FEATX_DATA=... python -m benchmarks.features.int8 --size base

Dynamic quantisation with the finest scales that a product of int8 can have, one for each frame of
the input and one for each output (Dettmers et al. 2022, "LLM.int8()", section 2.1), so that no
frame depends on what else is in its batch. All else is as in bfloat16. featx does not offer it:
this measures what it would give. From files to a finished store, in turn and in one process; of a
model with trained weights also the cosines of frames to float32's, and what a linear head reaches
on six folds of speakers.
"""

import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn

import featx
from benchmarks.features.ways import Ours
from benchmarks.setting import describe_machine, parse, ravdess, write_checkpoint
from cache import FeatureStore
from featx.data.manifest import Manifest
from featx.features.encoders.checkpoints.find import find_checkpoint
from featx.features.encoders.encoder import CPU, Encoder
from featx.features.encoders.networks.linear import Linear
from featx.features.encoders.precision import frame_cosines
from featx.features.planning.plan import plan_extraction


class QuantisedLinear(nn.Module):
    """A linear layer whose product is of int8.

    Args:
        linear: the layer in float32.
    """

    def __init__(self, linear: Linear) -> None:
        super().__init__()
        self.scale = linear.weight.abs().amax(1).clamp(min=1e-9) / 127
        self.weight = (linear.weight / self.scale[:, None]).round().to(torch.int8)
        self.bias, self.activation = linear.bias, linear.activation

    def forward(self, hidden: Tensor) -> Tensor:
        """Map (..., in) to (..., out) of the same type."""
        rows = hidden.flatten(0, -2)
        scale = rows.abs().amax(1, keepdim=True).clamp(min=1e-9).float() / 127
        rounded = (rows / scale).round().to(torch.int8)
        products = torch._int_mm(rounded, self.weight.T)
        output = (products * self.scale).mul_(scale).add_(self.bias).to(hidden.dtype)
        activated = output if self.activation is None else self.activation(output)
        whole: Tensor = activated.unflatten(0, hidden.shape[:-1])
        return whole


def quantised(encoder: Encoder, parts: str) -> Encoder:
    """Return a copy of an encoder of float32 whose blocks' linear layers are of int8.

    Args:
        encoder: the encoder in float32.
        parts: which of them: "feed_forward", or "" for all.
    """
    half = encoder.on(CPU, "bfloat16")
    exact, network = cast(Any, encoder.network), cast(Any, half.network)
    for name, module in list(exact.blocks.named_modules()):
        if isinstance(module, Linear) and parts in name:
            network.blocks.set_submodule(name, QuantisedLinear(module))
    return half


def main() -> None:
    parser = parse(__doc__)
    parser.add_argument("--model", help="instead of --size: an encoder whose weights are here")
    parser.add_argument("--window", choices=("30", "short"), default="30")
    arguments = parser.parse_args()
    manifest = ravdess(arguments.files)
    with tempfile.TemporaryDirectory() as scratch:
        os.chdir(scratch)  # where runs go
        name = arguments.model or str(write_checkpoint(arguments.size, Path("model")))
        encoder = Encoder(find_checkpoint(name), window=arguments.window)
        plan = plan_extraction(manifest, encoder.shape, "float32")
        ways = {
            "float32": Ours(encoder, plan, (CPU,), "float32"),
            "bfloat16": Ours(encoder, plan, (CPU,), "bfloat16"),
            "int8": Ours(quantised(encoder, ""), plan, (CPU,), "bfloat16"),
            "int8, feed-forward": Ours(
                quantised(encoder, "feed_forward"), plan, (CPU,), "bfloat16"
            ),
        }
        print(
            f"{describe_machine(CPU)}: {plan.seconds:.0f} s of audio; medians of {arguments.runs}"
        )
        taken = measure(ways, arguments.runs)
        for name, seconds in taken.items():
            print(f"{name:20}{seconds:7.2f} s, {taken['float32'] / seconds:.2f} times as fast")
        if arguments.model:
            compare(list(ways), manifest)


def measure(ways: dict[str, Ours], runs: int) -> dict[str, float]:
    """Write every way's store again and again; return the median seconds."""
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for run in range(runs + 1):
        for name, way in ways.items():
            with tempfile.TemporaryDirectory(dir=".") as folder:
                begin = time.perf_counter()
                way.to_store(Path(folder))
                if run:  # the first warms up
                    taken[name].append(time.perf_counter() - begin)
                if run == runs:
                    Path(folder).rename(name)
                    Path(folder).mkdir()  # which is removed in its place
    return {name: statistics.median(seconds) for name, seconds in taken.items()}


def compare(names: list[str], manifest: Manifest) -> None:
    """Print each way's cosines of frames to float32's by layer, and what a linear head reaches."""
    exact = FeatureStore(Path("float32"))
    for name in names:
        store = FeatureStore(Path(name))
        found = [frame_cosines(store.read(each), exact.read(each)) for each in store.utterances]
        together = np.concatenate(found, 1)
        run = featx.fit(
            "linear", manifest=manifest, features=Path(name), folds=6, name=f"{name}-run",
            keep_duplicates=True,  # RAVDESS has a pair
        )  # fmt: skip
        score = run.results.scores["uar"]
        print(
            f"{name:20}lowest cosine by layer {' '.join(f'{c:.5f}' for c in together.min(1))}; "
            f"mean {' '.join(f'{c:.5f}' for c in together.mean(1))}; "
            f"UAR {score.mean:.1f} ({score.low:.1f} to {score.high:.1f})"
        )


if __name__ == "__main__":
    main()
