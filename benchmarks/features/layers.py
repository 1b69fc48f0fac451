"""What a choice of layers costs: the local encoder alone, half of the blocks, all of them.

    FEATX_DATA=... python -m benchmarks.features.layers --size base

From files to a finished store, in turn and in one process, with an encoder of random weights.
Beside each the share of the arithmetic, which no implementation of the same products gets below,
and transformers' own convolutions, one file at a time, without decoding or writing.
"""

import argparse
import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path

import torch
from transformers import AutoModel

from benchmarks.features.extract import measure
from benchmarks.features.ways import Ours
from benchmarks.setting import arithmetic, describe_machine, parse, ravdess, write_checkpoint
from featx.data.audio import read_audio
from featx.features.encoders.checkpoints.find import find_checkpoint
from featx.features.encoders.devices import find_devices
from featx.features.encoders.encoder import Encoder
from featx.features.planning.layers import parse_layers
from featx.features.planning.plan import plan_extraction


def main() -> None:
    parser = parse(__doc__)
    parser.add_argument("--precision", default="float32")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        compare(arguments, Path(scratch))


def compare(arguments: argparse.Namespace, scratch: Path) -> None:
    (device,) = find_devices(arguments.device)
    checkpoint = find_checkpoint(str(write_checkpoint(arguments.size, scratch / "model")))
    model = AutoModel.from_pretrained(checkpoint.folder).eval().to(device)
    depth = model.config.num_hidden_layers
    manifest = ravdess(arguments.files)
    waveforms = [torch.from_numpy(read_audio(utterance.path)) for utterance in manifest.utterances]

    @torch.inference_mode()
    def convolutions(_: Path) -> None:
        for waveform in waveforms:
            local = model.feature_extractor(waveform[None].to(device)).mT
            model.feature_projection(local)[0].cpu()

    ways: dict[str, Callable[[Path], None]] = {"transformers' convolutions": convolutions}
    operations = {}
    for text in ("0", f"0-{depth // 2}", f"0-{depth}"):
        encoder = Encoder(checkpoint, parse_layers(text, depth))
        plan = plan_extraction(manifest, encoder.shape, "float16", encoder.layers)
        ours = Ours(encoder, plan, (device,), arguments.precision)
        ways[f"--layers {text}"] = ours.to_store
        frames = [planned.frames for planned in plan.planned]
        operations[f"--layers {text}"] = arithmetic(model.config, frames, encoder.layers[-1])
    taken, _, _ = measure(ways, {}, arguments.runs, scratch)
    whole = f"--layers 0-{depth}"
    print(
        f"{arguments.size}, {arguments.precision}, {describe_machine(device)}: {len(waveforms)} "
        f"files, {sum(map(len, waveforms)) / 16_000:.0f} s of audio; medians of "
        f"{arguments.runs}"
    )
    for name, seconds in taken.items():
        share = statistics.median(seconds) / statistics.median(taken[whole])
        due = (
            f", {operations[name] / operations[whole]:.0%} of the arithmetic"
            if name in operations
            else ""
        )
        print(f"{name:28} {statistics.median(seconds):6.2f} s, {share:.0%} of all layers{due}")


if __name__ == "__main__":
    main()
