"""Time an epoch of the dense head on all 13 layers of wav2vec2-base's size, ours and others'.

All of RAVDESS speech by its real lengths, features of random numbers (they take the same time). In
one process and in turn, medians of `--runs` epochs of training:

(a) one float32 .npy an utterance, a PyTorch DataLoader with 2 workers, padded batches and a mask,
    as published code does
(b) the encoder run on the fly, as SUPERB's toolkit does it: `--encoded` files timed, scaled to all
(c) featx: first epoch after the page cache was emptied ("cold"), and later ones ("warm"); and, as
    `featx fit` does where there are several, a head a core at the same time, an epoch of each

The floor is the arithmetic of dense layers and layer average at the rate of a large matrix product,
plus the stored bytes read once forth and once back at the memory's measured rate. Both are measured
between the epochs.

    FEATX_DATA=... python -m benchmarks.fitting.fit --folder BIG_ENOUGH
"""

import argparse
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader, Dataset
from transformers import AutoModel

from benchmarks.setting import (
    describe_machine,
    gemm_rate,
    memory,
    ravdess,
    reset_peak,
    write_checkpoint,
)
from cache import FeatureIdentity, FeatureStore, Layout, PlannedUtterance, prepare_store
from classifiers.batch import Branch, Examples
from classifiers.cores import Crew, use_one_core
from classifiers.dense import DenseHead, DenseSettings
from classifiers.objectives import Classification
from classifiers.shape import InputShape
from classifiers.statistics import Statistics
from classifiers.training import TrainingSettings, train_epoch
from featx.features.encoders.shape import EncoderShape
from featx.fitting.inputs.selection import Stored, select
from featx.utils.progress import progress

LAYERS, DIM, WIDTH, CLASSES, BATCH = 13, 768, 128, 8, 32
SETTINGS = DenseSettings(kind="dense", width=WIDTH, depth=2, dropout=0.2, weighting="absolute")
TRAINING = TrainingSettings(
    learning_rate=1e-3, batch_size=BATCH, epochs=1, patience=1, clip_value=1.0
)
CPU = torch.device("cpu")


class Published(nn.Module):
    """The same head as it is usually written: padded float features, a mask."""

    def __init__(self) -> None:
        super().__init__()
        self.weights = nn.Parameter(torch.ones(LAYERS))
        self.first, self.second = nn.Linear(DIM, WIDTH), nn.Linear(WIDTH, WIDTH)
        self.output = nn.Linear(WIDTH, CLASSES)
        self.dropout = nn.Dropout(0.2)

    def forward(self, features: Tensor, mask: Tensor) -> Tensor:
        """Return logits of (utterances, layers, frames, dim) features."""
        share = self.weights.abs() / self.weights.abs().sum()
        frames = torch.einsum("l,blfd->bfd", share, features)
        for layer in (self.first, self.second):
            frames = layer(self.dropout(frames)).relu()
        pooled = (frames * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
        logits: Tensor = self.output(pooled)
        return logits


class Files(Dataset):
    """One .npy an utterance."""

    def __init__(self, folder: Path, labels: np.ndarray) -> None:
        self.paths, self.labels = sorted(folder.glob("*.npy")), labels

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        values = (np.load(self.paths[index]) - 0.0) / 1.0  # standardised, as peers do, per file
        return torch.from_numpy(values), int(self.labels[index])


def collate(items: list[tuple[Tensor, int]]) -> tuple[Tensor, Tensor, Tensor]:
    lengths = torch.tensor([values.shape[1] for values, _ in items])
    padded = pad_sequence([values.transpose(0, 1) for values, _ in items], batch_first=True)
    mask = torch.arange(padded.shape[1]) < lengths[:, None]
    labels = torch.tensor([label for _, label in items])
    return padded.transpose(1, 2), mask.float(), labels


class Peers:
    """(a), with the threads torch takes by itself."""

    def __init__(self, folder: Path, labels: np.ndarray, threads: int) -> None:
        files = Files(folder, labels)
        self.loader = DataLoader(
            files, BATCH, shuffle=True, num_workers=2, collate_fn=collate, persistent_workers=True
        )
        self.head, self.threads = Published(), threads
        self.optimizer = torch.optim.Adam(self.head.parameters(), 1e-3)

    def __call__(self) -> None:
        """Train for one epoch."""
        torch.set_num_threads(self.threads)
        self.head.train()
        for features, mask, labels in self.loader:
            loss = cross_entropy(self.head(features, mask), labels)
            self.optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_value_(self.head.parameters(), 1.0)
            self.optimizer.step()
        use_one_core()


class Ours:
    """(c)."""

    def __init__(self, examples: Examples, threads: int) -> None:
        self.examples, self.cores = examples, Crew(threads)
        self.head = DenseHead(SETTINGS, InputShape(LAYERS, DIM, 0.02), Classification(CLASSES))
        self.optimizer = torch.optim.Adam(self.head.parameters(), 1e-3)
        self.generator = torch.Generator().manual_seed(0)

    def __call__(self) -> None:
        """Train for one epoch."""
        train_epoch(self.head, self.optimizer, self.examples, TRAINING, self.generator, self.cores)


class SideBySide:
    """(c) where several heads train: each on a core of its own."""

    def __init__(self, examples: Examples, heads: int) -> None:
        self.heads = [Ours(examples, 1) for _ in range(heads)]

    def __call__(self) -> None:
        """Train each for one epoch."""
        with Crew(len(self.heads)) as cores:
            list(cores.map(Ours.__call__, self.heads))


def write_store(folder: Path, frames: list[int]) -> FeatureStore:
    """Store random halves."""
    plan = [PlannedUtterance(f"{i:05}", 400 + 320 * n, n) for i, n in enumerate(frames)]
    layout = Layout(tuple(map(str, range(LAYERS))), DIM)
    identity = FeatureIdentity("random", frame_step=0.02, blocks=LAYERS - 1)
    store = prepare_store(folder, plan, layout, identity, {})
    values = np.random.default_rng(0).standard_normal((LAYERS, max(frames), DIM)).astype(np.float16)
    with progress("Writing the store", len(frames), "utterances") as advance:
        for planned in plan:
            store.write(planned.utterance, values[:, : planned.frames])
            advance(1)
    store.flush()
    return store


def write_files(store: FeatureStore, folder: Path) -> None:
    """Write the same as float32 .npy."""
    folder.mkdir()
    with progress("Writing .npy", len(store.utterances), "utterances") as advance:
        for name in store.utterances:
            np.save(folder / f"{name}.npy", store.read(name).astype(np.float32))
            advance(1)


def drop_cache(folder: Path) -> None:
    """Make the system forget a folder's files, as far as it lets us."""
    subprocess.run(["sync"], check=True)
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def read_rate(values: list[Tensor]) -> float:
    """Return the rate at which all cores together read features from memory, in bytes a second."""
    layers = [layer.view(torch.int16).view(-1) for utterance in values for layer in utterance]
    views = [layer[: len(layer) // 4 * 4].view(torch.int64) for layer in layers]

    def add_up(part: list[Tensor]) -> None:
        for view in part:
            view.sum()

    threads = os.cpu_count() or 1
    with Crew(threads) as cores:
        begin = time.perf_counter()
        list(cores.map(add_up, [views[index::threads] for index in range(threads)]))
        taken = time.perf_counter() - begin
    return float(sum(view.nbytes for view in views)) / taken


def disk_rate(folder: Path) -> float:
    """Return the rate at which one stream reads the store from the disk, in bytes a second."""
    drop_cache(folder)
    begin, count = time.perf_counter(), 0
    for path in sorted(folder.glob("*.h5")):
        with path.open("rb", buffering=0) as file:
            while block := file.read(2**24):
                count += len(block)
    return count / (time.perf_counter() - begin)


def arithmetic(frames: int) -> float:
    """Return the operations of an epoch: forward and the two products of each layer backward."""
    dense = 2 * frames * (DIM * WIDTH + WIDTH * WIDTH) * 3
    return dense + 2 * frames * LAYERS * DIM * 2  # layer average, forth and back


def on_the_fly(folder: Path, count: int, total: float, threads: int) -> Callable[[], float]:
    """Return (b): seconds for all audio, from those for some files in padded batches of 8."""
    model = AutoModel.from_pretrained(write_checkpoint("base", folder)).eval()
    waves = [soundfile.read(u.path, dtype="float32")[0] for u in ravdess(count).utterances]
    seconds = sum(map(len, waves)) / 16_000

    def run() -> float:
        torch.set_num_threads(threads)
        begin = time.perf_counter()
        with torch.inference_mode():
            for start in range(0, count, 8):
                batch = [torch.from_numpy(wave) for wave in waves[start : start + 8]]
                model(pad_sequence(batch, batch_first=True), output_hidden_states=True)
        taken = time.perf_counter() - begin
        use_one_core()
        return taken / seconds * total

    return run


def timed(work: Callable[[], None]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, help="for 16 GB of features")
    parser.add_argument("--files", type=int, default=1440)
    parser.add_argument("--encoded", type=int, default=24)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    threads = torch.get_num_threads()
    print(describe_machine(CPU))
    use_one_core()
    folder = Path(tempfile.mkdtemp(dir=options.folder))
    try:
        compare(folder, options.files, options.encoded, options.runs, threads)
    finally:
        shutil.rmtree(folder)


def compare(folder: Path, files: int, encoded: int, runs: int, threads: int) -> None:
    utterances = ravdess(files).utterances
    samples = [soundfile.info(utterance.path).frames for utterance in utterances]
    frames = [EncoderShape(LAYERS - 1, DIM).frames(count) for count in samples]
    labels = np.arange(files) % CLASSES
    store = write_store(folder / "store", frames)
    write_files(store, folder / "npy")
    unchanged = Statistics(torch.zeros(1, LAYERS, DIM), torch.ones(1, LAYERS, DIM))
    selection = select(store, "all", float("inf"), CPU)

    rows: dict[str, list[float]] = {}
    peers = Peers(folder / "npy", labels, threads)
    encode = on_the_fly(folder / "encoder", encoded, sum(samples) / 16_000, threads)
    streamed = Branch(Stored(selection, store.utterances, keep=False), unchanged)
    cold = Ours(Examples([streamed], labels), threads)
    cold()  # compiles the kernels
    reset_peak()
    before = memory("VmRSS")
    rows["(c) featx, cold"] = []
    rows["the disk alone, one stream"] = []
    for _ in range(3):
        drop_cache(folder / "store")
        rows["(c) featx, cold"].append(timed(cold))
        rows["the disk alone, one stream"].append(store.nbytes / disk_rate(folder / "store"))
    streaming = memory("VmHWM") - before
    kept = [selection.read(name) for name in store.utterances]
    branch = Branch(Stored(selection, store.utterances, keep=True), unchanged)
    warm = Ours(Examples([branch], labels), threads)
    several = SideBySide(Examples([branch], labels), threads)
    warm()
    rates, gemms = [], []
    for _ in range(runs):
        rows.setdefault("(c) featx, warm", []).append(timed(warm))
        rows.setdefault("(c) featx, warm, a head a core", []).append(timed(several) / threads)
        rates.append(read_rate(kept))
        torch.set_num_threads(threads)
        gemms.append(gemm_rate(torch.float32, CPU))
        use_one_core()
        rows.setdefault("(b) the encoder on the fly, alone", []).append(encode())
        rows.setdefault("(a) .npy through a DataLoader", []).append(timed(peers))
    gemm, rate = statistics.median(gemms), statistics.median(rates)
    floor = arithmetic(sum(frames)) / gemm + 2 * store.nbytes / rate
    report(rows, floor)
    print(
        f"floor {floor:.2f} s: {arithmetic(sum(frames)) / 1e9:.0f} GFLOP at {gemm / 1e9:.0f} "
        f"GFLOP/s, twice {store.nbytes / 1e9:.2f} GB at {rate / 1e9:.1f} GB/s"
    )
    print(f"memory taken where features may not stay: {streaming:.2f} GB beside the process's own")


def report(rows: dict[str, list[float]], floor: float) -> None:
    warm = statistics.median(rows["(c) featx, warm"])
    print(f"{'an epoch':36} {'s':>8} {'over warm':>10} {'over floor':>11}")
    for name, taken in sorted(rows.items()):
        middle = statistics.median(taken)
        print(f"{name:36} {middle:8.2f} {middle / warm:10.2f} {middle / floor:11.2f}")


if __name__ == "__main__":
    main()
