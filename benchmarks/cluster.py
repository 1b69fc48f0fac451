"""Measure Ray against the same cores without it: features, a lost machine, heads, messages, bytes.

A cluster of this machine alone: `ray start` thrice, a head that offers no cores and two nodes of a
core each. Against it featx in a single process with two threads. In turn, medians of `--runs`:

(a) `featx extract` of `--files` utterances of the manifest, start and end of the process included,
    and of a third of them: the difference is the rate without the start
(b) (a) by Ray, while one node's processes are killed once half of the utterances are done
(c) `featx run` with `--heads` heads on the features of (a)

Features and predictions must be the same to the last bit. At last what a cluster's head does in a
second: messages without content, and bytes of features that are sent home.

    python -m benchmarks.cluster MANIFEST --model whisper-tiny.en
"""

import argparse
import csv
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import numpy as np
import psutil
import torch

from benchmarks.setting import describe_machine
from cache import FeatureStore
from featx.engines.engine import Engine
from featx.engines.tasks import Share
from featx.errors import FeatxError

PORT = 6399
TASKS = 2000
ADDRESS = f"127.0.0.1:{PORT}"
QUIET = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_AUTH_MODE": "disabled", "RAY_worker_niceness": "0"}
os.environ |= QUIET
ONE_CORE = ["--num-cpus=1", "--object-store-memory=200000000"]


def start(*options: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [Path(sys.executable).parent / "ray", "start", *options, "--block"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **QUIET},
        start_new_session=True,
    )


def kill(process: subprocess.Popen[bytes]) -> None:
    """End a node as a power failure does: all its processes at once."""
    children = psutil.Process(process.pid).children(recursive=True)
    for child in [*children, psutil.Process(process.pid)]:
        if child.is_running():
            child.send_signal(signal.SIGKILL)
    process.wait()


@contextmanager
def cluster(nodes: int = 2) -> Iterator[list[subprocess.Popen[bytes]]]:
    head = ["--head", f"--port={PORT}", "--num-cpus=0", "--include-dashboard=false"]
    started = [start(*head)]
    try:
        for number in range(nodes):  # together they would take each other's sockets
            await_nodes(number)
            started.append(start(f"--address={ADDRESS}", *ONE_CORE))
        await_nodes(nodes)
        yield started[1:]
    finally:
        for process in reversed(started):
            if process.poll() is None:
                kill(process)


def await_nodes(nodes: int) -> None:
    for _ in range(60):
        with suppress(FeatxError), Engine("ray", ADDRESS) as engine:
            for _ in range(60):
                if engine.cluster.room(Share(1)) == nodes:
                    return
                time.sleep(0.5)
        time.sleep(1)
    raise SystemExit("the nodes did not start")


def featx(*arguments: str, by_ray: bool, cwd: Path | None = None) -> subprocess.Popen[str]:
    engine = ["--engine", "ray", "--address", ADDRESS] if by_ray else []
    environment = {**os.environ, **QUIET, "OMP_NUM_THREADS": "2"}
    command = [sys.executable, "-m", "featx", *arguments, *engine]
    return subprocess.Popen(
        command,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        cwd=cwd,
    )


def done(process: subprocess.Popen[str]) -> None:
    _, said = process.communicate()
    if process.returncode:
        raise SystemExit(said)


def timed(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def extract(manifest: Path, out: Path, by_ray: bool, options: argparse.Namespace) -> None:
    shutil.rmtree(out, ignore_errors=True)
    encoder = ["--model", options.model, "--batch-seconds", str(options.batch_seconds)]
    given = ["--manifest", str(manifest), "--out", str(out), "--precision", "float32"]
    done(featx("extract", *encoder, *given, by_ray=by_ray))


def extract_either(
    manifest: Path, plain: Path, clustered: Path, options: argparse.Namespace, by_ray: bool
) -> None:
    extract(manifest, clustered if by_ray else plain, by_ray, options)


def extract_with_a_loss(manifest: Path, out: Path, options: argparse.Namespace) -> float:
    """Kill a node half way; return the seconds of all."""
    shutil.rmtree(out, ignore_errors=True)
    encoder = ["--model", options.model, "--batch-seconds", str(options.batch_seconds)]
    given = ["--manifest", str(manifest), "--out", str(out), "--precision", "float32"]
    with cluster() as nodes:
        begin = time.perf_counter()
        process = featx("extract", *encoder, *given, by_ray=True)
        while process.poll() is None and share_done(out) < 0.5:
            time.sleep(0.2)
        print(f"    killed with {share_done(out):.0%} done")
        kill(nodes[0])
        done(process)
        return time.perf_counter() - begin


def share_done(folder: Path) -> float:
    if not FeatureStore.exists(folder):
        return 0.0
    store = FeatureStore(folder)
    return sum(map(store.is_done, store.utterances)) / len(store.utterances)


def differing(first: Path, second: Path) -> int:
    """Count the utterances whose features differ in any bit."""
    here, there = FeatureStore(first), FeatureStore(second)
    assert set(here.utterances) == set(there.utterances)
    same = (np.array_equal(here.read(name), there.read(name)) for name in here.utterances)
    return len(here.utterances) - sum(same)


def write_experiment(folder: Path, manifest: Path, store: Path, heads: int) -> None:
    """Write an experiment with as many heads as are asked for, each of five folds."""
    features = folder / "features" / manifest.stem / "encoder"
    features.parent.mkdir(parents=True, exist_ok=True)
    shutil.copytree(store, features, ignore=shutil.ignore_patterns("statistics"))
    encoder = FeatureStore(store).identity.encoder
    systems = "".join(
        f'[heads.dense{n}]\nhead = "dense"\nfeatures = ["encoder"]\n'
        f'settings = ["training.learning_rate={1e-3 / (n + 1)}"]\n'
        for n in range(heads // 5)
    )
    text = (
        f'[corpora.here]\npath = "{manifest.resolve()}"\n[features.encoder]\nmodel = "{encoder}"\n'
    )
    (folder / "sweep.toml").write_text(text + systems)


def sweep(folder: Path, by_ray: bool) -> None:
    for name in ("runs", "reports"):
        shutil.rmtree(folder / name, ignore_errors=True)
    done(featx("run", "sweep.toml", by_ray=by_ray, cwd=folder))


def predictions(folder: Path) -> dict[str, bytes]:
    found = sorted(folder.glob("runs/*/predictions.csv"))
    return {path.parent.name: path.read_bytes() for path in found}


def compare(what: str, amount: float, runs: int, work: Callable[[bool], object]) -> None:
    """Print the medians of seconds without and with Ray, measured in turn."""
    seconds: dict[bool, list[float]] = {False: [], True: []}
    for _ in range(runs):
        for by_ray, those in seconds.items():
            those.append(timed(partial(work, by_ray)))
    plain, clustered = (statistics.median(those) for those in seconds.values())
    print(
        f"{what}: {plain:.1f} s without Ray, {clustered:.1f} s with; {amount / plain:.2f} and "
        f"{amount / clustered:.2f} a second: {plain / clustered:.2f} × the throughput"
    )


def echo(share: Share) -> Callable[[int], list[int]]:
    return lambda task: [task]


def send(share: Share) -> Callable[[int], Iterator[np.ndarray]]:
    return lambda task: (np.ones(2**20, np.uint8) for _ in range(task))


def measure_queue() -> None:
    with Engine("ray", ADDRESS) as engine:
        with engine.pool(echo, Share(1)) as pool:
            pool.submit(lambda: 0).result()
            tasks = 2000
            spent = timed(
                lambda: [f.result() for f in [pool.submit(lambda: 0) for _ in range(tasks)]]
            )
            print(f"queue: {tasks / spent:,.0f} tasks a second with two actors")
        with engine.pool(send, Share(1)) as pool:
            pool.submit(lambda: 1, lambda _: None).result()
            futures = [pool.submit(lambda: 200, lambda _: None) for _ in range(2)]
            spent = timed(lambda: [future.result() for future in futures])
            print(f"sent home: {400 * 2**20 / spent / 1e6:,.0f} MB a second with two actors")


def first_rows(manifest: Path, count: int, out: Path) -> Path:
    """Write every n-th row of a manifest, so that there are all speakers and labels."""
    with manifest.open(newline="") as file:
        rows = list(csv.DictReader(file))
    step = max(1, len(rows) // count)
    with out.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        for row in rows[::step][:count]:
            writer.writerow({**row, "path": str((manifest.parent / row["path"]).resolve())})
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("manifest", type=Path)
    parser.add_argument("--model", default="whisper-tiny.en")
    parser.add_argument("--files", type=int, default=96)
    parser.add_argument("--batch-seconds", type=float, default=2.0)
    parser.add_argument("--heads", type=int, default=30)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    print(describe_machine(torch.device("cpu")))
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        whole = first_rows(options.manifest, options.files, work / "whole.csv")
        third = first_rows(options.manifest, options.files // 3, work / "third.csv")
        plain, by_ray, lost = work / "plain", work / "ray", work / "lost"
        with cluster():
            for manifest, count in ((third, options.files // 3), (whole, options.files)):
                compare(
                    f"extract {count} utterances",
                    count,
                    options.runs,
                    partial(extract_either, manifest, plain, by_ray, options),
                )
            print(f"    utterances that differ: {differing(plain, by_ray)}")
            write_experiment(work, whole, plain, options.heads)
            sweep(work, by_ray=False)  # measures the features
            expected = predictions(work)
            compare(
                f"{options.heads} heads", options.heads, options.runs, lambda on: sweep(work, on)
            )
            print(f"    predictions are the same: {predictions(work) == expected}")
            measure_queue()
        spent = extract_with_a_loss(whole, lost, options)
        print(f"extract with a node killed: {spent:.1f} s")
        print(f"    utterances that differ: {differing(plain, lost)}")


if __name__ == "__main__":
    main()
