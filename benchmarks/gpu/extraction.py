"""From files to a finished store: how fast, and how busy the card is meanwhile."""

import tempfile
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import torch

from benchmarks.features.ways import Ours, Peers
from benchmarks.gpu.busy import busy_share
from benchmarks.gpu.models import WHISPERS
from benchmarks.gpu.parts import Figure
from benchmarks.gpu.setting import Setting
from benchmarks.setting import arithmetic, gemm_rate, whisper_arithmetic, write_rate
from featx.features.encoders.checkpoints.find import find_checkpoint
from featx.features.encoders.encoder import Encoder
from featx.features.planning.plan import ExtractionPlan, plan_extraction

STORED = 6e9  # bytes of features that an extraction writes at most
FRAMES = 50 * 3.7  # of an utterance of RAVDESS
PEERS = 48  # files that are read in the usual way


def extract(setting: Setting, size: str) -> Iterator[Figure]:
    """Files to a store in each precision, against the usual way and the larger floor."""
    encoder = Encoder(find_checkpoint(str(setting.model(size))))
    shape = encoder.shape
    most = STORED / (len(shape.layers) * shape.dim * 2 * FRAMES)
    count = 4 if setting.quick else int(min(setting.files, most))
    plan = plan_extraction(setting.audio(count), shape, "float16")
    usual, operations = usual_way(setting, size, plan, encoder, min(count, PEERS))
    writing = plan.nbytes / write_rate(setting.scratch)
    for precision in ("float16", "float32", "bfloat16") if setting.on_card else ("float32",):
        ours = Ours(encoder, plan, (setting.device,), precision)
        taken = [setting.written(ours.to_store)]  # the first warms up
        while len(taken) < (1 if setting.quick else 3) and setting.left > 4 * taken[-1]:
            taken.append(setting.written(ours.to_store))
        rate = gemm_rate(getattr(torch, precision), setting.device, setting.product)
        seconds, computing = min(taken), operations / rate
        yield {
            "model": size,
            "precision": precision,
            "s of audio a second": plan.seconds / seconds,
            "over the usual way": plan.seconds / seconds / usual,
            "over the floor": seconds / max(computing, writing),
            "the floor is": f"{'bytes' if writing > computing else 'arithmetic'}, "
            f"{max(computing, writing):.2f} s; the other {min(computing, writing):.2f} s",
            "GPU memory, GB": setting.peak(),
            "seconds of runs": taken,
            "usual, s of audio a second": usual,
        }
        if setting.left < 2 * max(taken):
            yield {"failed": f"no time was left after {precision}"}
            return


def usual_way(
    setting: Setting, size: str, plan: ExtractionPlan, encoder: Encoder, count: int
) -> tuple[float, float]:
    """Return seconds of audio a second, a file at a time, and the operations of the whole plan."""
    manifest = setting.audio(count)
    peers = Peers(setting.model(size), manifest, setting.device)
    heard = plan_extraction(manifest, encoder.shape, "float16").seconds
    taken = [setting.written(peers.to_npy) for _ in range(1 if setting.quick else 3)]
    frames: Sequence[int] = [planned.frames for planned in plan.planned]
    count_operations = whisper_arithmetic if size in WHISPERS else arithmetic
    return heard / min(taken), count_operations(peers.model.config, frames, encoder.shape.blocks)


def profile(setting: Setting) -> Iterator[Figure]:
    """The share of an extraction in which the card is at work."""
    encoder = Encoder(find_checkpoint(str(setting.model("base"))))
    count = 4 if setting.quick else min(setting.files, 480)
    plan = plan_extraction(setting.audio(count), encoder.shape, "float16")
    for precision in ("float16", "float32") if setting.on_card else ("float32",):
        ours = Ours(encoder, plan, (setting.device,), precision)
        setting.written(ours.to_store)
        with tempfile.TemporaryDirectory(dir=setting.scratch) as folder:
            share = busy_share(setting, partial(ours.to_store, Path(folder)))
        name = f"extraction of base in {precision}: {'card' if setting.on_card else 'cores'} busy"
        yield {"what": name, "figure": 100 * share, "unit": "% of the time"}
