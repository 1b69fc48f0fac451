"""A small corpus with its features, and encoders of every family with random weights."""

import csv
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import (
    AutoConfig,
    AutoModel,
    PreTrainedModel,
    Wav2Vec2FeatureExtractor,
    WhisperConfig,
    WhisperFeatureExtractor,
    WhisperModel,
)

import featx
from featx.runs.cost import Cost

TINY_WHISPER = {
    "d_model": 16,
    "encoder_layers": 3,
    "encoder_attention_heads": 2,
    "encoder_ffn_dim": 32,
    "decoder_layers": 1,
    "decoder_attention_heads": 2,
    "decoder_ffn_dim": 16,
    "vocab_size": 20,
    "pad_token_id": 0,
    "bos_token_id": 0,
    "eos_token_id": 0,
    "decoder_start_token_id": 0,
}
Model = tuple[PreTrainedModel, Wav2Vec2FeatureExtractor]

CHROMIUM_FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip


@pytest.fixture(scope="session")
def kept(tmp_path_factory) -> Path:
    """Where features wait for the next test that wants the same."""
    return tmp_path_factory.mktemp("kept")


@pytest.fixture
def made_once(kept, workplace) -> Callable[[str, Callable[[], object], Path], None]:
    """Have some work fill a folder, or copy there what the first test's filled it with."""

    def make(name: str, work: Callable[[], object], folder: Path) -> None:
        if (kept / name).exists():
            shutil.copytree(kept / name, folder)
            return
        work()
        shutil.copytree(folder, kept / f"unfinished-{name}")
        (kept / f"unfinished-{name}").rename(kept / name)

    return make


@pytest.fixture
def extracted(kept, workplace, write_corpus, checkpoint_folder):
    """A working folder with a manifest and its features."""
    if (kept / "corpus").exists():
        shutil.copytree(kept / "corpus", workplace, dirs_exist_ok=True)
        return
    write_corpus(speakers=6)
    assert not featx.extract(checkpoint_folder).failures
    shutil.copytree(workplace, kept / "begun")
    (kept / "begun").rename(kept / "corpus")


@pytest.fixture
def corpora(kept, workplace, write_corpus, checkpoint_folder) -> list[Path]:
    """The manifests a, b and c with features of their own; a and b have the same speakers."""
    names = [Path(f"{name}.csv") for name in "abc"]
    if (kept / "corpora").exists():
        shutil.copytree(kept / "corpora", workplace, dirs_exist_ok=True)
        return names
    write_corpus(speakers=8, takes=2, seconds=0.2)
    header, *rows = Path("manifest.csv").read_text("utf-8").splitlines()
    for path in names:
        known = range(5, 8) if path.stem == "c" else range(5)
        take = 1 if path.stem == "b" else 0
        own = [r for r in rows for s in known if r.split(",")[0].endswith(f"-{s}-{take}")]
        shared = "one" if path.stem != "c" else "two"
        path.write_text("\n".join([f"{header},corpus", *(f"{r},{shared}" for r in own)]) + "\n")
        assert not featx.extract(checkpoint_folder, path).failures
    shutil.copytree(workplace, kept / "corpora")
    return names


@pytest.fixture
def with_egemaps(kept, extracted):
    """The same, with eGeMAPS beside it."""
    store = Path("features/manifest/egemaps")
    if (kept / "egemaps").exists():
        shutil.copytree(kept / "egemaps", store)
        return
    assert not featx.extract("egemaps").failures
    shutil.copytree(store, kept / "egemaps")


@pytest.fixture
def cost() -> Cost:
    """What a training of fifteen models cost."""
    return Cost(
        seconds=231.4,
        models=15,
        peak_memory=2_500_000_000,
        peak_gpu_memory=None,
        parameters_trained=164_200,
        features=5_310_000_000,
        device="cpu",
    )


@pytest.fixture
def save_model(tmp_path: Path) -> Callable[..., Model]:
    """Save a model of a family as `from_pretrained` reads it; return it and its preprocessing."""

    def save(family: str, do_normalize: bool = True, **options: object) -> Model:
        if family == "data2vec-audio":
            options = {**options, "num_conv_pos_embeddings": 5}  # counts convolutions, not taps
        model = AutoModel.from_config(AutoConfig.for_model(family, **options)).eval()
        with torch.no_grad():
            for weight in model.parameters():
                if weight.ndim == 1:  # drawn as zeros and ones, which would hide their misuse
                    weight += 0.1 * torch.randn_like(weight)
        model.save_pretrained(tmp_path / "model")
        extractor = Wav2Vec2FeatureExtractor(do_normalize=do_normalize)
        extractor.save_pretrained(tmp_path / "model")
        return model, extractor

    return save


@pytest.fixture
def save_model_of(save_model: Callable[..., Model], tmp_path: Path) -> Callable[..., Path]:
    """Save a model of a family; return its folder."""

    def save(family: str, **options: object) -> Path:
        save_model(family, **options)
        return tmp_path / "model"

    return save


@pytest.fixture
def save_whisper(tmp_path: Path) -> Callable[..., tuple[PreTrainedModel, WhisperFeatureExtractor]]:
    """Save a tiny Whisper of windows of so many frames; return its encoder and preprocessing."""

    def save(
        kind: type[PreTrainedModel] = WhisperModel,
        bands: int = 80,
        positions: int = 1500,
        dtype: torch.dtype = torch.float32,
        **options: object,
    ):
        sizes = {**TINY_WHISPER, "num_mel_bins": bands, "max_source_positions": positions}
        model = kind(WhisperConfig(**{**sizes, **options})).eval()
        with torch.no_grad():
            for weight in model.parameters():
                if weight.ndim == 1:
                    weight += 0.1 * torch.randn_like(weight)
        model.to(dtype).save_pretrained(tmp_path / "model")
        extractor = WhisperFeatureExtractor(feature_size=bands)
        extractor.save_pretrained(tmp_path / "model")
        encoder = getattr(getattr(model, "model", model), "encoder", model)
        return encoder.float(), extractor

    return save


@pytest.fixture(scope="session")
def speak() -> Callable[..., np.ndarray]:
    """Make something like speech: vowels and fricatives, louder and softer, a pause at each end."""

    def make(seconds: float = 2.0, rate: int = 16_000, seed: int = 0) -> np.ndarray:
        draw = np.random.default_rng(seed)
        time = np.arange(round(seconds * rate)) / rate
        phase = 2 * np.pi * np.cumsum(110 + 20 * np.sin(5 * time) + 10 * draw.random()) / rate
        vowels = sum(np.sin(k * phase + k * k) / k for k in range(1, 30))
        syllables = 0.3 + np.abs(np.sin(np.pi * 3 * time + draw.random())) ** 2
        hissing = draw.standard_normal(len(time)) * (np.sin(np.pi * 3 * time) > 0.95)
        spoken = (0.15 * vowels * (1 + 0.3 * np.sin(2 * time)) + 0.05 * hissing) * syllables
        within = (time > 0.3) & (time < seconds - 0.3)
        noise = 10 ** (-70 / 20) * draw.standard_normal(len(time))
        return (0.3 * spoken * within + noise).astype(np.float32)

    return make


@pytest.fixture(scope="session")
def launch_chromium() -> Callable[..., Any]:
    """Return a context that runs a headless Chromium with some flags; tests skip without it."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    found = filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome")))
    path = next(found, None)
    if path is None:
        pytest.skip("no chromium is installed")

    @contextmanager
    def launch(*flags: str) -> Iterator[Any]:
        with playwright.sync_playwright() as running:
            browser = running.chromium.launch(executable_path=path, args=[*CHROMIUM_FLAGS, *flags])
            yield browser
            browser.close()

    return launch


@pytest.fixture
def server(tmp_path, monkeypatch) -> Iterator[Any]:
    """An empty file system that fsspec keeps in memory, and an empty cache of featx."""
    from fsspec.implementations.memory import MemoryFileSystem

    from featx.utils.remote import server

    monkeypatch.setenv("FEATX_CACHE", str(tmp_path / "own-cache"))
    monkeypatch.setattr(server, "_KNOWN_FOR", 0.0)  # what is changed is seen at once
    monkeypatch.setattr(server, "_WAITS", (0.0,))
    system = MemoryFileSystem()
    system.store.clear()
    system.pseudo_dirs[:] = [""]
    yield system
    system.store.clear()


@pytest.fixture
def relabel():
    """Rewrite manifest.csv with each row changed."""

    def rewrite(change) -> None:
        with Path("manifest.csv").open(newline="") as file:
            table = [change(row) for row in csv.DictReader(file)]
        with Path("manifest.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, table[0])
            writer.writeheader()
            writer.writerows(table)

    return rewrite
