"""Extraction from S3 against extraction from local files, and the store sent to S3 besides.

moto serves S3 in a process of its own, on the same cores: it takes part of them, which a server
elsewhere does not. `--latency` adds a wait to each request, as a network does.

    FEATX_DATA=... python -m benchmarks.features.remote --files 96 --rounds 3 --latency 0.05
"""

import argparse
import asyncio
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import featx
from benchmarks.setting import ravdess
from featx.data.manifest import Manifest
from featx.utils.files import cache_folder
from featx.utils.progress import hidden_progress

SERVER = "from moto.server import main; import sys; main(sys.argv[1:])"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="whisper-tiny.en")
    parser.add_argument("--files", type=int, default=96)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--latency", type=float, default=0.05, help="seconds a request")
    options = parser.parse_args()
    local = ravdess(options.files)
    usual = cache_folder()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        server = start_server()
        try:
            remote = put(local)
            ways: dict[str, tuple[Manifest, bool, float, bool]] = {
                "local files": (local, True, 0.0, False),
                "S3, first time": (remote, True, 0.0, False),
                "S3, copies kept": (remote, False, 0.0, False),
                f"S3 at {options.latency * 1000:.0f} ms, first time": (
                    remote, True, options.latency, False,
                ),
                "local files, store on S3": (local, True, 0.0, True),
            }  # fmt: skip
            seconds: dict[str, list[float]] = {way: [] for way in ways}
            for number in range(options.rounds + 1):  # the first warms up
                for way, (manifest, fresh, latency, to_server) in ways.items():
                    fresh_cache(folder, usual, fresh)
                    out = f"s3://bucket/store-{number}" if to_server else str(folder / "store")
                    spent = measure(options.model, manifest, out, latency)
                    shutil.rmtree(folder / "store", ignore_errors=True)
                    if number:
                        seconds[way].append(spent)
                        print(f"{way}: {spent:.1f} s", flush=True)
        finally:
            server.terminate()
            server.wait()
    first = statistics.median(seconds["local files"])
    for way, each in seconds.items():
        middle = statistics.median(each)
        shown = ", ".join(f"{value:.1f}" for value in each)
        print(f"{way:30} {middle:6.1f} s ({shown}), {middle / first:.2f} × local files")


def start_server() -> subprocess.Popen[bytes]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = [sys.executable, "-c", SERVER, "-p", str(port)]
    server = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.environ |= {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": "benchmark",
        "AWS_SECRET_ACCESS_KEY": "benchmark",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    for _ in range(120):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return server
        time.sleep(0.5)
    raise SystemExit("moto did not start.")


def put(local: Manifest) -> Manifest:
    """Send the audio; return the manifest that lists it by URLs."""
    import s3fs

    from featx.utils.remote.path import RemotePath

    system = s3fs.S3FileSystem()
    system.mkdir("bucket")
    rows = []
    for number, utterance in enumerate(local.utterances):
        url = f"s3://bucket/audio/{number}{utterance.path.suffix}"
        system.put_file(str(utterance.path), url)
        rows.append(replace(utterance, path=RemotePath(url)))
    return Manifest(local.path, tuple(rows))


def fresh_cache(folder: Path, usual: Path, fresh: bool) -> None:
    """Let featx have a cache of its own, which has the encoders and nothing else."""
    own = folder / "cache"
    if fresh:
        shutil.rmtree(own, ignore_errors=True)
        own.mkdir()
        for path in usual.iterdir():
            if path.is_dir() and path.name != "remote":
                (own / path.name).symlink_to(path)
    os.environ["FEATX_CACHE"] = str(own)
    from featx.utils.remote import server

    server._known.clear()


def measure(model: str, manifest: Manifest, out: str, latency: float) -> float:
    import s3fs

    call = s3fs.S3FileSystem._call_s3

    async def slowly(*given: object, **named: object) -> object:
        await asyncio.sleep(latency)
        return await call(*given, **named)

    s3fs.S3FileSystem._call_s3 = slowly if latency else call
    began = time.perf_counter()
    try:
        with hidden_progress():
            extraction = featx.extract(model, manifest, out=out, precision="float32")
    finally:
        s3fs.S3FileSystem._call_s3 = call
    if extraction.failures or not extraction.extracted:
        raise SystemExit(extraction.describe())
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
