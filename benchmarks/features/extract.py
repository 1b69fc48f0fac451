"""Every layer of real speech to disk: featx against the ways it is usually done.

    FEATX_DATA=... python -m benchmarks.features.extract --size base --files 48
    FEATX_DATA=... python -m benchmarks.features.extract --model whisper-tiny.en --files 48

Same files, same weights (random ones of a size, or those of a model), same machine, in turn and
in one process: (a) one file at a time in float32, all hidden states to one .npy a file, of Whisper
those of the utterance's frames; (b) the same to gzip-compressed HDF5, one dataset a file; (c)
padded batches of 8 without a mask, as often seen, whose features are wrong for group-norm models;
(d) featx in each precision, from files to a finished store. Loading the model is not timed. Beside
them two floors: the model's arithmetic at the rate that matrix products reach here, measured in
every round as the machine's speed varies, and the features' bytes at the rate that a file takes
them.
"""

import argparse
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import h5py
import numpy as np
import soundfile
import torch

from benchmarks.setting import (
    arithmetic,
    describe_machine,
    gemm_rate,
    memory,
    parse,
    ravdess,
    reset_peak,
    whisper_arithmetic,
    write_checkpoint,
    write_features,
    write_rate,
)
from featx.data.manifest import Manifest
from featx.features.encoders.checkpoints import find_checkpoint
from featx.features.encoders.devices import BATCH_SECONDS, find_devices
from featx.features.encoders.encoder import Encoder
from featx.features.encoders.loading import load_model
from featx.features.encoders.preprocessing import load_extractor
from featx.features.encoders.workers import EncoderWorkers
from featx.features.plan import ExtractionPlan, plan_extraction


class Peers:
    """transformers as it is usually called."""

    def __init__(self, checkpoint: Path, manifest: Manifest, device: torch.device) -> None:
        self.model = load_model(checkpoint)
        torch.nn.Module.to(self.model, device)
        self.extractor = load_extractor(checkpoint)
        self.takes = self.extractor.model_input_names[0]
        self.paths, self.device = [utterance.path for utterance in manifest.utterances], device

    @torch.inference_mode()
    def layers(self, paths: list[Path]) -> np.ndarray:
        """Return (layers, files, frames, dim)."""
        waveforms = [soundfile.read(path, dtype="float32")[0] for path in paths]
        padding = "max_length" if self.takes == "input_features" else True  # Whisper: 30 s
        inputs = self.extractor(
            waveforms, sampling_rate=16_000, padding=padding, return_tensors="pt"
        )[self.takes]
        output = self.model(inputs.to(self.device), output_hidden_states=True)
        frames = -(-max(map(len, waveforms)) // 320)  # those after are Whisper's silence
        layers: np.ndarray = torch.stack(output.hidden_states)[:, :, :frames].cpu().numpy()
        return layers

    def to_npy(self, folder: Path) -> None:
        """Write a .npy a file."""
        for index, path in enumerate(self.paths):
            np.save(folder / f"{index}.npy", self.layers([path])[:, 0])

    def to_hdf5(self, folder: Path) -> None:
        """Write a compressed dataset a file."""
        with h5py.File(folder / "features.h5", "w") as file:
            for index, path in enumerate(self.paths):
                layers = self.layers([path])[:, 0]
                file.create_dataset(str(index), data=layers, compression="gzip")

    def padded(self, folder: Path) -> None:
        """Write a .npy a batch, padding and all."""
        for start in range(0, len(self.paths), 8):
            np.save(folder / f"{start}.npy", self.layers(self.paths[start : start + 8]))


class Ours:
    """featx in one precision."""

    def __init__(
        self, encoder: Encoder, plan: ExtractionPlan, device: torch.device, precision: str
    ) -> None:
        self.plan, self.precision = plan, precision
        self.seconds = BATCH_SECONDS[device.type]
        self.workers = EncoderWorkers(encoder, (device,), precision)

    def to_store(self, folder: Path) -> None:
        """Write a feature store."""
        write_features(folder, self.plan, self.workers, self.seconds)


def measure(
    ways: dict[str, Callable[[Path], None]],
    rates: dict[str, Callable[[], float]],
    runs: int,
    scratch: Path,
) -> tuple[dict[str, list[float]], dict[str, float], dict[str, float]]:
    """Run every way in turn, again and again.

    Returns:
        The seconds of each run, the memory each way took at most, in GB, and the median of each
        rate, measured once a round.
    """
    taken: dict[str, list[float]] = {name: [] for name in ways}
    peaks: dict[str, float] = dict.fromkeys(ways, 0.0)
    seen: dict[str, list[float]] = {name: [] for name in rates}
    for run in range(runs + 1):
        for name, way in ways.items():
            folder = Path(tempfile.mkdtemp(dir=scratch))
            reset_peak()
            before = memory("VmRSS")
            begin = time.perf_counter()
            way(folder)
            seconds = time.perf_counter() - begin
            peaks[name] = max(peaks[name], memory("VmHWM") - before)
            if run:  # the first warms up
                taken[name].append(seconds)
            shutil.rmtree(folder)
        for name, rate in rates.items():
            seen[name].append(rate())
    return taken, peaks, {name: statistics.median(values) for name, values in seen.items()}


def main() -> None:
    parser = parse(__doc__)
    parser.add_argument("--model", help="instead of --size: an encoder whose weights are here")
    parser.add_argument("--precisions", default="float32,bfloat16")
    parser.add_argument("--scratch", type=Path, default=Path(tempfile.gettempdir()))
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.scratch) as scratch:
        compare(arguments, Path(scratch))


def compare(arguments: argparse.Namespace, scratch: Path) -> None:
    (device,) = find_devices(arguments.device)
    name = arguments.model or str(write_checkpoint(arguments.size, scratch / "model"))
    checkpoint = find_checkpoint(name)
    encoder = Encoder(checkpoint)
    manifest = ravdess(arguments.files)
    plan = plan_extraction(manifest, encoder.shape, "float16")
    peers = Peers(checkpoint.folder, manifest, device)
    ways: dict[str, Callable[[Path], None]] = {
        "(a) one file at a time, .npy": peers.to_npy,
        "(b) the same, gzip HDF5": peers.to_hdf5,
        "(c) padded batches of 8, .npy": peers.padded,
    }
    precisions = arguments.precisions.split(",")
    for precision in precisions:
        ways[f"(d) featx, {precision}"] = Ours(encoder, plan, device, precision).to_store
    rates: dict[str, Callable[[], float]] = {
        precision: partial(gemm_rate, getattr(torch, precision), device) for precision in precisions
    }
    taken, peaks, rate = measure(ways, rates, arguments.runs, scratch)

    config = peers.model.config
    frames = [planned.frames for planned in plan.planned]
    count: Callable[..., float] = (
        whisper_arithmetic if config.model_type == "whisper" else arithmetic
    )
    operations = count(config, frames, config.num_hidden_layers)
    writing = plan.nbytes / write_rate(scratch)
    print(
        f"{arguments.model or arguments.size}, {describe_machine(device)}: "
        f"{len(plan.planned)} files, {plan.seconds:.0f} s of audio, "
        f"{operations / plan.seconds / 1e9:.1f} GFLOP and "
        f"{plan.nbytes / plan.seconds / 1e6:.2f} MB a second of audio; medians of {arguments.runs}"
    )
    floors = {}
    for precision in precisions:
        computing = operations / rate[precision]
        floors[f"(d) featx, {precision}"] = max(computing, writing)
        print(
            f"floors, {precision}: arithmetic {computing:.2f} s at {rate[precision] / 1e9:,.0f} "
            f"GFLOP/s, bytes {writing:.2f} s at {plan.nbytes / writing / 1e9:.1f} GB/s"
        )
    medians = {name: statistics.median(seconds) for name, seconds in taken.items()}
    first = next(iter(medians.values()))
    for name, seconds in medians.items():
        over = f", {seconds / floors[name]:.2f} × the larger floor" if name in floors else ""
        print(
            f"{name:30} {plan.seconds / seconds:7.1f} s of audio/s ({min(taken[name]):.2f} to "
            f"{max(taken[name]):.2f} s), {first / seconds:5.2f} × (a), "
            f"{peaks[name]:.2f} GB beside the model{over}"
        )


if __name__ == "__main__":
    main()
