"""What the tests share: a tiny encoder, a tiny corpus, and the command line."""

import csv
import ctypes
import gc
import logging
import os
import random
import shutil
import signal
import sqlite3
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from tests.processes import Forked, Running, Started
from tests.tones import make_tones

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["OMP_NUM_THREADS"] = "1"  # in child processes
MANY_MODULES = 100  # after whose import what there is is left out of garbage collection anew
_frozen = [0]  # modules that there were when it was
LONG = ("slow", "thorough", "corpus", "browser")  # markers of tests that take seconds
TINY = {
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "conv_dim": (8,) * 7,
    "num_conv_pos_embeddings": 16,
    "num_conv_pos_embedding_groups": 2,
}


def pytest_sessionstart(session: pytest.Session) -> None:
    """Load what tests need where tests run: xdist has a process that only hands them out."""
    if session.config.getoption("numprocesses", None) and "PYTEST_XDIST_WORKER" not in os.environ:
        return
    gc.disable()  # nothing of what is imported and collected is garbage
    import torch
    from hypothesis import settings

    torch.set_num_threads(1)  # tests run side by side
    for name, logger in logging.root.manager.loggerDict.items():
        if name.startswith("torch."):  # dozens of them: where one keeps its messages to itself,
            logger.propagate = True  # pytest attaches itself to it and off, six times a test
    settings.register_profile("featx", deadline=None)  # machines are noisy
    settings.load_profile("featx")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put long tests first: workers end together when what is left for the end is short."""
    items.sort(key=lambda item: not any(map(item.get_closest_marker, LONG)))


def pytest_collection_finish() -> None:
    """Leave what was imported out of garbage collection, which fine-tuning asks for every time."""
    gc.freeze()
    gc.enable()
    gc.set_threshold(20_000, 20, 20)  # 700 young objects are soon there: 4 % of the time of tests
    _frozen[0] = len(sys.modules)


@pytest.fixture(autouse=True, scope="session")
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keep what featx measures of test sounds out of the user's cache."""
    os.environ["FEATX_CACHE"] = str(tmp_path_factory.mktemp("cache"))


@pytest.fixture(autouse=True, scope="session")
def _no_waiting_for_the_disk() -> Iterator[None]:
    """Nobody pulls the plug on tests: what is written need not have reached the disk."""

    def connect(*given: Any, **options: Any) -> sqlite3.Connection:
        connection = open_database(*given, **options)
        connection.execute("PRAGMA synchronous = OFF")
        return connection

    open_database = sqlite3.connect
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda file: None)
        patch.setattr(sqlite3, "connect", connect)
        yield


@pytest.fixture(autouse=True)
def _seeded() -> None:
    import torch

    random.seed(0)
    np.random.seed(0)
    # torch.manual_seed keeps where it was called from for each kind of GPU that is not in use
    torch.default_generator.manual_seed(0)
    if torch.cuda.is_initialized():
        torch.cuda.manual_seed_all(0)


@pytest.fixture(autouse=True)
def _no_modules_as_garbage() -> None:
    """Leave what earlier tests imported out of garbage collection too."""
    count = len(sys.modules)
    if count > _frozen[0] + MANY_MODULES:
        gc.collect()
        gc.freeze()
        _frozen[0] = count


@pytest.fixture
def unprivileged() -> Iterator[None]:
    """Have this thread, and those that it starts, obey permissions of files, as root doesn't."""
    if not hasattr(os, "geteuid") or os.geteuid():
        yield
        return
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)  # the version of capabilities; this thread
    held = (ctypes.c_uint32 * 6)()  # effective, permitted, inheritable, in two halves
    if libc.capget(header, held):
        pytest.skip("needs the capabilities of Linux")
    less = (ctypes.c_uint32 * 6)(*held)
    less[0] &= ~0b1110  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER
    assert libc.capset(header, less) == 0
    try:
        yield
    finally:
        assert libc.capset(header, held) == 0


@pytest.fixture(autouse=True)
def _no_figures(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawing takes longer than most tests: only those marked `figures` write pictures."""
    if request.node.get_closest_marker("figures") is None:
        monkeypatch.setattr("featx.utils.pictures.ENDINGS", ())


@pytest.fixture(scope="session")
def tiny() -> dict[str, object]:
    """Options of a two-block, 16-dimensional model of any of the families."""
    return dict(TINY)


@pytest.fixture(scope="session")
def checkpoint_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny wav2vec 2.0 with random weights, saved as a real one is."""
    import torch
    from transformers import Wav2Vec2Config, Wav2Vec2FeatureExtractor, Wav2Vec2Model

    folder = tmp_path_factory.mktemp("checkpoints") / "tiny"
    torch.manual_seed(1)
    Wav2Vec2Model(Wav2Vec2Config(**TINY)).save_pretrained(folder)
    Wav2Vec2FeatureExtractor(do_normalize=True).save_pretrained(folder)
    return folder


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def hub(workplace: Path, checkpoint_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Hub cache in which wav2vec2-base is the tiny model, at commit aa...; its folder."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(workplace / "hub"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    repository = workplace / "hub" / "models--facebook--wav2vec2-base"
    shutil.copytree(checkpoint_folder, repository / "snapshots" / ("a" * 40))
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("a" * 40)
    return repository


@pytest.fixture
def write_corpus(workplace: Path) -> Callable[..., Path]:
    """Write tones, whose pitch is the label, by several speakers; return the manifest."""

    def write(speakers: int = 6, takes: int = 2, seconds: float = 0.3, **columns: str) -> Path:
        rows = []
        audio = workplace / "audio"
        audio.mkdir(exist_ok=True)
        for (label, speaker, take), content in make_tones(speakers, takes, seconds).items():
            name = f"{label}-{speaker}-{take}"
            (audio / f"{name}.wav").write_bytes(content)
            row = {"utterance": name, "path": f"audio/{name}.wav"}
            rows.append({**row, "speaker": f"s{speaker}", "label": label, **columns})
        with Path("manifest.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows(rows)
        return workplace / "manifest.csv"

    return write


@pytest.fixture(scope="session")
def in_a_thread() -> Callable[..., AbstractContextManager[None]]:
    """Have another thread enter a context, such as a lock, and leave it when the block ends."""

    @contextmanager
    def enter(context: AbstractContextManager[object]) -> Iterator[None]:
        entered, end = threading.Event(), threading.Event()

        def stay() -> None:
            with context:
                entered.set()
                end.wait()

        thread = threading.Thread(target=stay)
        thread.start()
        assert entered.wait(5)
        try:
            yield
        finally:
            end.set()
            thread.join()

    return enter


def _running(kind: type[Running], said: Path) -> Iterator[Callable[..., Running]]:
    started: list[Running] = []

    def start(*words: object) -> Running:
        started.append(kind([*map(str, words)], said / f"{len(started)}.txt"))
        return started[-1]

    yield start
    for process in started:
        process.send_signal(signal.SIGKILL)
        process.wait()


@pytest.fixture
def start_featx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Running]]:
    """Start featx command lines in processes of their own, which can be stopped."""
    yield from _running(Started, tmp_path_factory.mktemp("said"))


@pytest.fixture
def fork_featx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Running]]:
    """Start the same in forks of this process: no seconds in which Python and torch start."""
    yield from _running(Forked, tmp_path_factory.mktemp("said"))


class Outcome(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture
def run_featx(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Outcome]:
    """Run a featx command line in this process, as the installed script does."""
    from featx.cli.main import main

    def run(*arguments: object) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["featx", *map(str, arguments)])
        capsys.readouterr()
        try:
            main()
            code: int | str | None = 0
        except SystemExit as stop:
            code = stop.code
        captured = capsys.readouterr()
        return Outcome(int(code or 0), captured.out, captured.err)

    return run
