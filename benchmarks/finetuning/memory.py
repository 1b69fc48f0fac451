"""Peak memory of a step of `featx finetune` at real size, for the registry's encoders but Whispers.

    python -m benchmarks.finetuning.memory --only wav2vec2-base xlsr53

A batch of 4 utterances, the longest of 5 s and the others a little shorter, through a model of
random weights in a process of its own: forward and backward, AdamW's first step, then a whole step
again, which is timed. The peak is the process's, libraries included, or on a GPU that of its
tensors. Dropouts are those of the families' default configs, 0.1 nearly everywhere; published
checkpoints that leave some out take less. What would not fit is estimated instead of run, and a
process on a processor is refused memory before the machine runs out.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator

import torch
from torch import nn
from transformers import AutoModel, PretrainedConfig, Wav2Vec2FeatureExtractor

from benchmarks.setting import describe_machine, encoder_config, versions
from classifiers.pooled import PooledClassifier, PooledSettings
from featx.features.encoders.checkpoints.find import WHISPER
from featx.features.encoders.checkpoints.registry import read_registry
from featx.features.encoders.devices import find_devices
from featx.features.encoders.shape import EncoderShape
from featx.finetuning.choices import Mode
from featx.finetuning.model import EmotionModel
from featx.utils.machine import available_memory, peak_memory

BATCH, SECONDS, CLASSES = 4, 5, 8
SAMPLES = [16_000 * SECONDS - 1_600 * number for number in range(BATCH)]
NAMES = [name for name, entry in read_registry().items() if entry.family != WHISPER]
LIBRARIES, SPARE = 0.8e9, 0.5e9  # bytes: of the process without a model; of work within a layer
# bytes kept for backward, counted with torch's saved_tensors_hooks: of a block for each feature of
# each frame and for each attention score, and of the CNN for each channel
FEATURE, SCORE, CHANNEL = 100, 12, 1.6e6


def build(config: PretrainedConfig, mode: Mode, checkpointing: bool) -> EmotionModel:
    """Return what `featx finetune` trains, with random weights."""
    torch.manual_seed(0)
    encoder = AutoModel.from_config(config)
    if checkpointing:
        encoder.activation_checkpointing_enable({"use_reentrant": False})
    shape = EncoderShape(config.num_hidden_layers, config.hidden_size)
    head = PooledClassifier(PooledSettings(kind="linear"), shape.dim, CLASSES)
    return EmotionModel(encoder, Wav2Vec2FeatureExtractor(), shape, head, mode)


def estimate(config: PretrainedConfig, options: argparse.Namespace) -> tuple[float, float]:
    """Return the bytes that forward and backward need, and a whole step with AdamW's moments."""
    with torch.device("meta"):
        model = build(config, options.mode, False)
    weights = sum(weight.numel() for weight in model.parameters())
    trained = sum(weight.numel() for weight in model.parameters() if weight.requires_grad)
    dim, depth = config.hidden_size, config.num_hidden_layers
    frames = model.shape.frames(SAMPLES[0])
    scores = BATCH * config.num_attention_heads * frames**2
    block = BATCH * frames * dim * FEATURE + scores * SCORE
    blocks = block * depth
    if options.checkpointing:
        blocks = block + BATCH * frames * dim * 4 * depth
    if options.mode == "frozen":
        blocks = block
    local = CHANNEL * config.conv_dim[0]  # also where nothing of it is kept, while it is computed
    cast = 2 * trained if options.precision != "float32" else 0
    fixed = 4 * weights + cast + SPARE + (LIBRARIES if options.device == "cpu" else 0)
    # each block's activations make room for its gradients
    once = fixed + max(blocks + local, 4 * trained + local)
    return once, once + 8 * trained


def learn(model: EmotionModel, device: torch.device, precision: str) -> None:
    """Go forward and backward."""
    ends = torch.tensor(SAMPLES)[:, None]
    waveforms = torch.randn(BATCH, SAMPLES[0]) * (torch.arange(SAMPLES[0]) < ends)
    labels = torch.arange(BATCH).to(device)
    half = precision == "bfloat16"
    with torch.autocast(device.type, torch.bfloat16, enabled=half):
        loss = model(waveforms.to(device), SAMPLES, labels)["loss"]
    loss.backward()


def peak(device: torch.device) -> float:
    """Return the most that was held, in GB."""
    held, on_gpu = peak_memory(device)
    return (held if on_gpu is None else on_gpu) / 1e9


def now(device: torch.device) -> float:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter()


def measure(options: argparse.Namespace) -> Iterator[dict[str, float]]:
    """Yield what is seen in this process: after forward and backward, and after a second step."""
    device = torch.device(options.device)
    if device.type == "cpu":
        most = available_memory() - int(SPARE)
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    model = build(encoder_config(options.child), options.mode, options.checkpointing)
    model.to(device).train()
    begin = now(device)
    learn(model, device, options.precision)
    yield {"once": peak(device), "cold": now(device) - begin}
    if options.without_optimiser:
        return
    weights = [weight for weight in model.parameters() if weight.requires_grad]
    optimizer = torch.optim.AdamW(weights, 1e-5, fused=True)
    for _ in range(2):  # the moments exist from the end of the first step
        begin = now(device)
        if optimizer.state:
            learn(model, device, options.precision)
        nn.utils.clip_grad_norm_(weights, 1.0)
        optimizer.step()
        optimizer.zero_grad()
    yield {"whole": peak(device), "warm": now(device) - begin}


def free(device: torch.device) -> int:
    """Return the bytes that can be taken."""
    return torch.cuda.mem_get_info(device)[0] if device.type == "cuda" else available_memory()


def run(options: argparse.Namespace, name: str, device: torch.device) -> str:
    """Measure an encoder in a process of its own; return its row."""
    once, whole = estimate(encoder_config(name), options)
    available = free(device)
    if once > available:
        return f"needs about {once / 1e9:.1f} GB, {available / 1e9:.1f} are free"
    command = [sys.executable, "-m", "benchmarks.finetuning.memory", "--child", name]
    command += ["--mode", options.mode]
    command += ["--precision", options.precision, "--device", options.device]
    command += ["--checkpointing"] if options.checkpointing else []
    fits = whole <= available and not options.without_optimiser
    command += [] if fits else ["--without-optimiser"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    seen: dict[str, float] = {}
    for line in done.stdout.splitlines():
        seen |= json.loads(line)
    row = f"{seen['once']:8.2f} GB {seen['cold']:7.2f} s" if seen else ""
    if "whole" in seen:
        return f"{row}  {seen['whole']:8.2f} GB {seen['warm']:7.2f} s"
    if done.returncode:
        reason = (done.stderr.strip() or f"ended by signal {-done.returncode}").splitlines()[-1]
        return f"{row}  failed: {reason}"
    return row if options.without_optimiser else f"{row}  needs about {whole / 1e9:.1f} GB"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=NAMES, metavar="NAME")
    parser.add_argument("--mode", choices=("full", "partial", "frozen"), default="full")
    parser.add_argument("--precision", choices=("float32", "bfloat16"), default="float32")
    parser.add_argument("--checkpointing", action="store_true", help="of gradients")
    parser.add_argument("--without-optimiser", action="store_true", help="forward, backward only")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        for seen in measure(options):
            print(json.dumps(seen), flush=True)
        return
    (device,) = find_devices(options.device)
    options.device = str(device)
    checkpointing = ", gradient checkpointing" if options.checkpointing else ""
    print(
        f"random weights, {options.mode}{checkpointing}, {options.precision}, batches of {BATCH} × "
        f"{SECONDS} s, {describe_machine(device)}, {versions()}, {free(device) / 1e9:.1f} GB free",
        flush=True,
    )
    print(f"{'encoder':26} {'forward, backward':>20}  {'a whole step, AdamW':>21}")
    for name in options.only or NAMES:
        print(f"{name:26}{run(options, name, device)}", flush=True)


if __name__ == "__main__":
    main()
