"""What the benchmarks share: real sizes, real files, the machine's limits."""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import soundfile
import torch
import transformers
from transformers import (
    AutoConfig,
    AutoModel,
    PretrainedConfig,
    Wav2Vec2Config,
    Wav2Vec2FeatureExtractor,
    WhisperConfig,
)

from featx.data.manifest import Manifest, Utterance
from featx.features.encoders.checkpoints.model_config import FAMILIES
from featx.features.encoders.checkpoints.registry import read_registry

PRE_NORM = {"feat_extract_norm": "layer", "do_stable_layer_norm": True, "conv_bias": True}
SIZES: dict[str, dict[str, Any]] = {
    "base": {},
    "large": {
        "hidden_size": 1024,
        "num_hidden_layers": 24,
        "num_attention_heads": 16,
        "intermediate_size": 4096,
        **PRE_NORM,
    },
    "1b": {
        "hidden_size": 1280,
        "num_hidden_layers": 48,
        "num_attention_heads": 16,
        "intermediate_size": 5120,
        **PRE_NORM,
    },
}


def parse(description: str) -> argparse.ArgumentParser:
    """Return the arguments that all benchmarks of encoders on files take."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--size", choices=SIZES, default="base")
    parser.add_argument("--files", type=int, default=48)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--device", default="auto")
    return parser


def write_checkpoint(size: str, folder: Path) -> Path:
    """Save a wav2vec 2.0 of a published size, with random weights."""
    torch.manual_seed(0)
    AutoModel.from_config(Wav2Vec2Config(**SIZES[size])).save_pretrained(folder)
    Wav2Vec2FeatureExtractor(do_normalize=True).save_pretrained(folder)
    return folder


def encoder_config(name: str) -> PretrainedConfig:
    """Return a config of the size and kind of a registry's encoder; dropouts are its family's.

    Raises:
        SystemExit: if the name is unknown, or the model would not be of the size it should be.
    """
    registry = read_registry()
    if name not in registry:
        raise SystemExit(f"{name}: neither a folder nor one of {', '.join(registry)}.")
    entry = registry[name]
    named = [family for family in FAMILIES if name.startswith(family)]
    family = max(named, key=len, default="wav2vec2")  # "unispeech-sat" begins with "unispeech"
    options: dict[str, Any] = {"hidden_size": entry.dim, "num_hidden_layers": entry.layers}
    options["num_attention_heads"] = 12 if entry.dim == 768 else 16
    options["intermediate_size"] = 4 * entry.dim
    if entry.dim > 768 and family != "data2vec-audio":
        options |= {**PRE_NORM, "conv_bias": family != "wavlm"}
    config: PretrainedConfig = AutoConfig.for_model(family, **options)
    with torch.device("meta"):
        weights = sum(weight.numel() for weight in AutoModel.from_config(config).parameters())
    if abs(weights / entry.parameters - 1) > 1e-4:
        raise SystemExit(f"{name} has {entry.parameters:,} weights, its config gives {weights:,}.")
    return config


def write_encoder(name: str, folder: Path) -> Path:
    """Save a model of the size and kind of a registry's encoder, with random weights."""
    torch.manual_seed(0)
    AutoModel.from_config(encoder_config(name)).save_pretrained(folder)
    Wav2Vec2FeatureExtractor(do_normalize=True).save_pretrained(folder)
    return folder


def ravdess(count: int | None = None, kinds: Sequence[str] = ("speech",)) -> Manifest:
    """Return so many utterances of RAVDESS, from all over it; some twice if it must be.

    Args:
        count: how many; all if None.
        kinds: "speech", "song" or both.

    Raises:
        SystemExit: if FEATX_DATA does not say where it is.
    """
    if "FEATX_DATA" not in os.environ:
        raise SystemExit("Set FEATX_DATA to a folder that holds ravdess/speech/Actor_*/*.")
    root = Path(os.environ["FEATX_DATA"]).resolve()
    found = [(root / "ravdess" / kind).glob("Actor_*/03-0*") for kind in kinds]
    files = sorted(path for paths in found for path in paths)
    count = count or len(files)
    header = soundfile.info(files[0])
    if (header.samplerate, header.channels) != (16_000, 1):
        raise SystemExit(
            f"{files[0]}: make it 16 kHz mono first, so that all ways do the same work."
        )
    chosen = [files[index * len(files) // count % len(files)] for index in range(count)]
    if count > len(files):
        chosen = [files[index % len(files)] for index in range(count)]
    return Manifest(
        Path("benchmark.csv"),
        tuple(
            Utterance(f"{index:05}-{path.stem}", path, path.parent.name, path.stem[6:8])
            for index, path in enumerate(chosen)
        ),
    )


def arithmetic(config: Wav2Vec2Config, frames: Sequence[int], highest: int) -> float:
    """Return the floating-point operations of the layers up to `highest`, matrix products only."""
    total, steps_a_frame, channels = 0.0, 320.0, 1
    for kernel, stride, out in zip(
        config.conv_kernel, config.conv_stride, config.conv_dim, strict=True
    ):
        steps_a_frame /= stride
        total += sum(frames) * steps_a_frame * 2 * kernel * channels * out
        channels = out
    dim, wide = config.hidden_size, config.intermediate_size
    total += sum(frames) * 2 * channels * dim
    if highest:
        taps, groups = config.num_conv_pos_embeddings, config.num_conv_pos_embedding_groups
        total += sum(frames) * 2 * taps * dim * dim / groups
        total += highest * sum(frames) * 2 * (4 * dim * dim + 2 * dim * wide)
        total += highest * sum(count * count for count in frames) * 2 * 2 * dim
    return total


def whisper_arithmetic(config: WhisperConfig, frames: Sequence[int], highest: int) -> float:
    """Return the same of Whisper, which computes silence too, but in its last block.

    Of the stem, which is the same for all silence, only the utterances' frames are counted.
    """
    dim, wide, whole = config.d_model, config.encoder_ffn_dim, config.max_source_positions
    real, windows = sum(frames), sum(-(-count // whole) for count in frames)
    total = real * 2 * 3 * (2 * config.num_mel_bins * dim + dim * dim)
    for number in range(1, highest + 1):
        asked = real if number == highest else windows * whole
        total += windows * whole * 2 * 2 * dim * dim  # keys and values
        total += asked * 2 * (2 * dim * dim + 2 * dim * wide + 2 * whole * dim)
    return float(total)


def gemm_rate(dtype: torch.dtype, device: torch.device, size: int | None = None) -> float:
    """Return the rate of a large square matrix product here, in operations a second."""
    size = size or (2048 if device.type == "cpu" else 8192)
    left, right = (torch.randn(size, size, device=device).to(dtype) for _ in range(2))

    def multiply() -> None:
        for _ in range(4):
            torch.mm(left, right)
        if device.type == "cuda":
            torch.cuda.synchronize(device)

    return 4 * 2 * size**3 / median_seconds(multiply)


def write_rate(folder: Path) -> float:
    """Return the bytes a second at which one file takes positioned writes here."""
    block = os.urandom(2**24)
    with tempfile.TemporaryFile(dir=folder, buffering=0) as file:

        def write() -> None:
            file.seek(0)
            for _ in range(16):
                file.write(block)

        return 16 * len(block) / median_seconds(write)


def median_seconds(work: Callable[[], None], runs: int = 5) -> float:
    """Return the median time of a piece of work, after one time for warming up."""
    work()
    taken = []
    for _ in range(runs):
        begin = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begin)
    return statistics.median(taken)


def reset_peak() -> None:
    """Forget the most memory that this process has held (Linux)."""
    Path("/proc/self/clear_refs").write_text("5")


def memory(line: str) -> float:
    """Return what this process holds ("VmRSS") or has held at most ("VmHWM"), in GB."""
    status = Path("/proc/self/status").read_text()
    return float(status.split(f"{line}:")[1].split()[0]) * 1024 / 1e9


def versions() -> str:
    """Name the libraries that compute."""
    return f"torch {torch.__version__}, transformers {transformers.__version__}"


def describe_machine(device: torch.device) -> str:
    """Name the processor or card."""
    if device.type == "cuda":
        return str(torch.cuda.get_device_name(device))
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return f"{torch.get_num_threads()} threads on {names[0]}"
