"""Whether features are on a card what they are on a processor."""

from collections.abc import Iterator, Sequence

import numpy as np
import soundfile
import torch

from benchmarks.gpu.audio import RATE
from benchmarks.gpu.parts import Figure
from benchmarks.gpu.setting import Setting
from featx.features.encoders.checkpoints.find import find_checkpoint
from featx.features.encoders.encoder import Encoder
from featx.features.encoders.precision import LOWEST_COSINE, check_precisions


def exactness(setting: Setting) -> Iterator[Figure]:
    """Float32 is float32, a batch gives what each utterance gives, and halves come close."""
    for size in ("base", "whisper-tiny"):
        encoder = Encoder(find_checkpoint(str(setting.model(size))))
        waves = [
            soundfile.read(utterance.path, dtype="float32")[0][: RATE * (5 + 7 * n % 16) // 4]
            for n, utterance in enumerate(setting.audio(4 if setting.quick else 8).utterances)
        ]
        yield from float32_features(setting, size, encoder, waves)
        for found in check_precisions(encoder, setting.device, waves):
            lowest = f"{found.describe()}; at least {LOWEST_COSINE} is asked for"
            yield {
                "check": f"{size}: {found.precision} is close enough",
                "passed": found.passed,
                "seen": lowest,
            }


def float32_features(
    setting: Setting, size: str, encoder: Encoder, waves: Sequence[np.ndarray]
) -> Iterator[Figure]:
    """Compare features in float32 with the processor's, with those of each alone, and again."""
    allow_tf32(True)
    here = encoder.on(setting.device, "float32")
    off = not (torch.backends.cuda.matmul.allow_tf32 or torch.backends.cudnn.allow_tf32)
    seen = "both switches were on before the encoder took the device"
    yield {"check": "TF32 is off", "passed": off or not setting.on_card, "seen": seen}
    together = here.encode(waves)
    yield compared(f"{size}: as on the processor", together, encoder.encode(waves), 1e-4)
    alone = [here.encode([wave])[0] for wave in waves]
    yield compared(f"{size}: a batch as each alone", together, alone, 2e-5)
    yield compared(f"{size}: the same bits again", together, here.encode(waves), 0)
    if setting.on_card:
        allow_tf32(True)
        rounded = here.encode(waves)
        allow_tf32(False)
        yield {**compared("", rounded, together, 1), "check": f"{size}: with TF32, for scale"}


def allow_tf32(on: bool) -> None:
    """Set both switches."""
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = on


def compared(
    name: str, found: Sequence[np.ndarray], expected: Sequence[np.ndarray], limit: float
) -> Figure:
    """Return how far features are apart, as a share of their layer's largest value."""
    apart = 0.0
    for actual, wanted in zip(found, expected, strict=True):
        largest = np.abs(wanted).max(axis=(1, 2), keepdims=True)
        apart = max(apart, float((np.abs(actual - wanted) / largest).max()))
    seen = f"{apart:.1e} of a layer's largest value apart at most; {limit:g} is allowed"
    return {"check": name, "passed": apart <= limit, "seen": seen}
