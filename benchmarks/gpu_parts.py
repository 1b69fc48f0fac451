"""What `benchmarks/gpu.py` measures: each function a part, which yields figures as they come.

A figure of a part has either the names of `benchmarks/gpu.py`'s EXTRACTION; or "what", "figure",
"unit" and perhaps "remark"; or "check", "passed" and "seen".
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import torch
from transformers import (
    AutoModel,
    Wav2Vec2Config,
    Wav2Vec2FeatureExtractor,
    WhisperConfig,
    WhisperFeatureExtractor,
    WhisperModel,
)
from transformers.utils import logging as transformers_logging

from benchmarks.features.ways import Ours, Peers
from benchmarks.finetuning.order import Learner
from benchmarks.finetuning.setting import SHIPPED, Bench
from benchmarks.setting import (
    SIZES,
    arithmetic,
    describe_machine,
    gemm_rate,
    ravdess,
    versions,
    whisper_arithmetic,
    write_rate,
)
from featx.data.manifest import Manifest, Utterance
from featx.features.choices import Precision
from featx.features.encoders.checkpoints import find_checkpoint
from featx.features.encoders.devices import find_devices
from featx.features.encoders.encoder import Encoder
from featx.features.encoders.precision import LOWEST_COSINE, check_precisions
from featx.features.plan import plan_extraction

Figure = Mapping[str, Any]
RATE, LABELS = 16_000, ("angry", "calm", "happy", "sad")
STORED = 6e9  # bytes of features that an extraction writes at most
TINY: dict[str, Any] = {
    "hidden_size": 32,
    "num_hidden_layers": 3,
    "num_attention_heads": 2,
    "intermediate_size": 64,
    "conv_dim": (16,) * 7,
    "num_conv_pos_embeddings": 16,
    "num_conv_pos_embedding_groups": 2,
}
WHISPERS = {  # dim, blocks, heads, mel bands
    "whisper-tiny": (384, 4, 6, 80),
    "whisper-large-v3": (1280, 32, 20, 128),
}


@dataclass(frozen=True)
class Setting:
    """What all parts are given.

    Attributes:
        name: of the device.
        quick: whether models and audio are tiny.
        files: how many utterances there are at most.
        scratch: an empty folder.
        end: when the part's time is over, by `time.monotonic`.
    """

    name: str
    quick: bool
    files: int
    scratch: Path
    end: float

    @cached_property
    def device(self) -> torch.device:
        """Where things are computed."""
        return find_devices(self.name)[0]

    @property
    def on_card(self) -> bool:
        """Whether that is a GPU."""
        return self.device.type == "cuda"

    @property
    def product(self) -> int | None:
        """The size of the matrices whose product is timed; None for what suits the device."""
        return 256 if self.quick else None

    @property
    def left(self) -> float:
        """Seconds that are left."""
        return self.end - time.monotonic()

    def model(self, size: str) -> Path:
        """Save a model of a size with random weights, made where that is quickest."""
        transformers_logging.set_verbosity_error()
        transformers_logging.disable_progress_bar()
        folder = self.scratch / size
        torch.manual_seed(0)
        with torch.device(self.device):
            if size in WHISPERS:
                WhisperModel(self._whisper(size)).save_pretrained(folder)
                bands = WHISPERS[size][-1]
                WhisperFeatureExtractor(feature_size=bands).save_pretrained(folder)
            else:
                options = {**SIZES[size], **(TINY if self.quick else {})}
                AutoModel.from_config(Wav2Vec2Config(**options)).save_pretrained(folder)
                Wav2Vec2FeatureExtractor(do_normalize=True).save_pretrained(folder)
        return folder

    def _whisper(self, size: str) -> WhisperConfig:
        dim, blocks, heads, bands = WHISPERS[size]
        if self.quick:
            dim, blocks, heads = 32, 2, 2
        names = ("pad", "bos", "eos", "decoder_start")
        tokens: dict[str, Any] = dict.fromkeys([f"{name}_token_id" for name in names], 0)
        return WhisperConfig(
            vocab_size=8, num_mel_bins=bands, d_model=dim, encoder_layers=blocks,
            encoder_attention_heads=heads, encoder_ffn_dim=4 * dim, decoder_layers=1,
            decoder_attention_heads=heads, decoder_ffn_dim=8,
            **tokens,
        )  # fmt: skip

    def audio(self, count: int) -> Manifest:
        """Return so many utterances, of four speakers who say four labels."""
        if "FEATX_DATA" in os.environ and not self.quick:
            found = [utterance.path for utterance in ravdess(count).utterances]
        else:
            found = self._noise(count)
        return Manifest(
            self.scratch / "audio.csv",
            tuple(
                Utterance(f"{n:05}", path, f"speaker{n // 4 % 8}", LABELS[n % 4])
                for n, path in enumerate(found)
            ),
        )

    def _noise(self, count: int) -> list[Path]:
        """Write noise of the lengths of RAVDESS, 3 to 5 s."""
        draw = np.random.default_rng(0)
        (self.scratch / "audio").mkdir(exist_ok=True)
        shortest, longest = (0.3, 0.6) if self.quick else (3.0, 5.3)
        paths = []
        for number in range(count):
            paths.append(self.scratch / "audio" / f"{number:05}.flac")
            samples = round(draw.triangular(shortest, (2 * shortest + longest) / 3, longest) * RATE)
            soundfile.write(paths[-1], 0.1 * draw.standard_normal(samples), RATE)
        return paths

    def timed(self, work: Callable[[], object]) -> float:
        """Return the seconds of a piece of work, all that it started on the card included."""
        self.wait()
        begin = time.perf_counter()
        work()
        self.wait()
        return time.perf_counter() - begin

    def wait(self) -> None:
        """Wait for the card."""
        if self.on_card:
            torch.cuda.synchronize(self.device)

    def busy(self, work: Callable[[], object]) -> float:
        """Return the share of a piece of work's time in which the card computed or copied."""
        if not self.on_card:
            begin, used = time.perf_counter(), time.process_time()
            work()
            cores = os.cpu_count() or 1
            return (time.process_time() - used) / (time.perf_counter() - begin) / cores
        from torch.autograd import DeviceType
        from torch.profiler import ProfilerActivity, profile

        with profile(activities=[ProfilerActivity.CUDA]) as profiler:
            seconds = self.timed(work)
        spans = sorted(
            (event.time_range.start, event.time_range.end)
            for event in profiler.events()
            if event.device_type == DeviceType.CUDA
        )
        covered, reached = 0.0, -1.0
        for start, end in spans:  # streams overlap
            covered += max(0.0, end - max(start, reached))
            reached = max(reached, end)
        return covered / 1e6 / seconds


def machine(setting: Setting) -> Iterator[Figure]:
    """What computes, and how fast its products and copies are."""
    device = setting.device
    yield {"device": describe_machine(device), "versions": versions(), "cores": os.cpu_count()}
    for precision in ("float32", "bfloat16", "float16") if setting.on_card else ("float32",):
        rate = gemm_rate(getattr(torch, precision), device, setting.product)
        yield {f"{precision} products, TFLOP/s": round(rate / 1e12, 2)}
    yield {"one file takes, GB/s": round(write_rate(setting.scratch) / 1e9, 2)}
    if setting.on_card:
        free, whole = torch.cuda.mem_get_info(device)
        yield {"memory, GB": round(whole / 1e9, 1), "of it free": round(free / 1e9, 1)}
        block = torch.empty(2**28, dtype=torch.uint8, device=device)
        host = torch.empty(2**28, dtype=torch.uint8, pin_memory=True)
        seconds = statistics.median(setting.timed(lambda: host.copy_(block)) for _ in range(5))
        yield {"to pinned memory, GB/s": round(2**28 / seconds / 1e9, 1)}


def exactness(setting: Setting) -> Iterator[Figure]:
    """Float32 is float32, a batch gives what each utterance gives, and halves come close."""
    for size in ("base", "whisper-tiny"):
        encoder = Encoder(find_checkpoint(str(setting.model(size))))
        waves = [
            soundfile.read(utterance.path, dtype="float32")[0][: RATE * (5 + 7 * n % 16) // 4]
            for n, utterance in enumerate(setting.audio(4 if setting.quick else 8).utterances)
        ]
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
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
            torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
            rounded = here.encode(waves)
            torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
            yield {**compared("", rounded, together, 1), "check": f"{size}: with TF32, for scale"}
        for found in check_precisions(encoder, setting.device, waves):
            lowest = f"{found.describe()}; at least {LOWEST_COSINE} is asked for"
            yield {
                "check": f"{size}: {found.precision} is close enough",
                "passed": found.passed,
                "seen": lowest,
            }


def compared(
    name: str, found: list[np.ndarray], expected: list[np.ndarray], limit: float
) -> Figure:
    """Return how far features are apart, as a share of their layer's largest value."""
    apart = 0.0
    for one_found, one_expected in zip(found, expected, strict=True):
        largest = np.abs(one_expected).max(axis=(1, 2), keepdims=True)
        apart = max(apart, float((np.abs(one_found - one_expected) / largest).max()))
    seen = f"{apart:.1e} of a layer's largest value apart at most; {limit:g} is allowed"
    return {"check": name, "passed": apart <= limit, "seen": seen}


def extract(setting: Setting, size: str) -> Iterator[Figure]:
    """Files to a store in each precision, against the usual way and the larger floor."""
    folder = setting.model(size)
    encoder = Encoder(find_checkpoint(str(folder)))
    shape = encoder.shape
    most = STORED / (len(shape.layers) * shape.dim * 2 * 50 * 3.7)
    count = 4 if setting.quick else int(min(setting.files, most))
    plan = plan_extraction(setting.audio(count), shape, "float16")
    peers = Peers(folder, setting.audio(min(count, 48)), setting.device)
    heard = plan_extraction(setting.audio(min(count, 48)), shape, "float16").seconds
    usual = [run(setting, peers.to_npy) for _ in range(1 if setting.quick else 3)]
    slow = heard / min(usual)
    config = peers.model.config
    del peers
    frames = [planned.frames for planned in plan.planned]
    operations = (whisper_arithmetic if size in WHISPERS else arithmetic)(
        config, frames, shape.blocks
    )
    writing = plan.nbytes / write_rate(setting.scratch)
    precisions = ("float16", "float32", "bfloat16") if setting.on_card else ("float32",)
    for precision in precisions:
        ours = Ours(encoder, plan, (setting.device,), precision)
        taken = [run(setting, ours.to_store)]
        while len(taken) < 3 and setting.left > 4 * taken[-1]:  # the first warms up
            taken.append(run(setting, ours.to_store))
        seconds = min(taken)
        computing = operations / gemm_rate(
            getattr(torch, precision), setting.device, setting.product
        )
        yield {
            "model": size,
            "precision": precision,
            "s of audio a second": plan.seconds / seconds,
            "over the usual way": plan.seconds / seconds / slow,
            "over the floor": seconds / max(computing, writing),
            "the floor is": f"{'bytes' if writing > computing else 'arithmetic'}, "
            f"{max(computing, writing):.2f} s; the other {min(computing, writing):.2f} s",
            "GPU memory, GB": peak(setting),
            "seconds of runs": taken,
            "usual, s of audio a second": slow,
        }
        if setting.left < 2 * max(taken):
            return


def run(setting: Setting, way: Callable[[Path], None]) -> float:
    """Return the seconds that a way of writing features takes in a new folder."""
    with tempfile.TemporaryDirectory(dir=setting.scratch) as folder:
        if setting.on_card:
            torch.cuda.reset_peak_memory_stats(setting.device)
        return setting.timed(lambda: way(Path(folder)))


def peak(setting: Setting) -> float | str:
    """Return the GPU memory that was taken at most since the last run began, in GB."""
    return torch.cuda.max_memory_allocated(setting.device) / 1e9 if setting.on_card else ""


def profile(setting: Setting) -> Iterator[Figure]:
    """The share of an extraction in which the card is at work."""
    encoder = Encoder(find_checkpoint(str(setting.model("base"))))
    count = 4 if setting.quick else min(setting.files, 480)
    plan = plan_extraction(setting.audio(count), encoder.shape, "float16")
    for precision in ("float32", "float16") if setting.on_card else ("float32",):
        ours = Ours(encoder, plan, (setting.device,), precision)
        run(setting, ours.to_store)
        with tempfile.TemporaryDirectory(dir=setting.scratch) as folder:
            share = setting.busy(partial(ours.to_store, Path(folder)))
        name = f"extraction of base in {precision}: {'card' if setting.on_card else 'cores'} busy"
        yield {"what": name, "figure": 100 * share, "unit": "% of the time"}


def fit(setting: Setting) -> Iterator[Figure]:
    """An epoch of the dense head on all layers of base, on the device and on the processor."""
    from benchmarks.fitting import fit as fitting
    from classifiers.batch import Branch, Examples, InMemory
    from classifiers.statistics import Statistics
    from featx.fitting.inputs.selection import Stored, select

    count = 16 if setting.quick else min(setting.files, 1440)
    draw = np.random.default_rng(0)
    frames = draw.integers(140, 260, count).tolist()
    store = fitting.write_store(setting.scratch / "store", frames)
    shape = 1, fitting.LAYERS, fitting.DIM
    labels = np.arange(count) % fitting.CLASSES
    seconds: dict[str, float] = {}
    for device in dict.fromkeys((setting.device, torch.device("cpu"))):
        statistics_ = Statistics(torch.zeros(shape), torch.ones(shape)).to(device)
        selection = select(store, "all", float("inf"), device)
        features = (
            InMemory([selection.read(name) for name in store.utterances])
            if device.type == "cuda"
            else Stored(selection, store.utterances, keep=True)
        )
        cores = 1 if device.type == "cuda" else torch.get_num_threads()
        ours = fitting.Ours(Examples([Branch(features, statistics_)], labels), cores)
        ours.head.to(device)
        ours.optimizer = torch.optim.Adam(ours.head.parameters(), 1e-3)
        ours()
        taken = [setting.timed(ours) for _ in range(1 if setting.quick else 3)]
        seconds[device.type] = min(taken)
        remark = f"{count} utterances, {store.nbytes / 1e9:.2f} GB of features kept there"
        name = f"an epoch of the dense head, {device.type}"
        yield {"what": name, "figure": min(taken), "unit": "s", "remark": remark}
        if setting.on_card and device == setting.device:
            name = "an epoch of the dense head: card busy"
            yield {"what": name, "figure": 100 * setting.busy(ours), "unit": "% of the time"}
    if setting.on_card:
        faster = seconds["cpu"] / seconds["cuda"]
        yield {"what": "the same, card over processor", "figure": faster, "unit": "×"}


def finetune(setting: Setting) -> Iterator[Figure]:
    """A step of full fine-tuning and of adapters, with the memory that it takes."""
    from featx.finetuning.adapting.settings import LoraSettings

    count = 2 if setting.quick else 8
    sizes = ("base",) if setting.quick else ("base", "large")
    for size in sizes:
        folder = setting.model(size)
        for mode in ("full", "lora"):
            for precision in ("float32", "bfloat16") if setting.on_card else ("float32",):
                if setting.left < 8 and not setting.quick:
                    return
                changes = {"precision": precision, "batch_size": count, "accumulation": 1}
                training = SHIPPED.training.model_copy(update=changes)
                lora = LoraSettings() if mode == "lora" else None
                bench = Bench(folder, mode, training, 0, setting.device, adapters=lora)
                utterances = setting.audio(count).utterances
                numbered = [
                    Utterance(u.utterance, u.path, u.speaker, str(1 + n % 4))
                    for n, u in enumerate(utterances)
                ]
                seconds = step(setting, bench, numbered)
                memory = peak(setting)
                remark = f"{memory:.1f} GB on the card" if isinstance(memory, float) else ""
                name = f"a step of {count} utterances, {size}, {mode}, {precision}"
                yield {"what": name, "figure": seconds, "unit": "s", "remark": remark}


def step(setting: Setting, bench: Bench, utterances: list[Utterance]) -> float:
    """Return the seconds of a step of fine-tuning, without the first, which allocates."""
    learner = Learner(bench, bench.waveforms(utterances))

    def learn() -> None:
        learner.learn(range(len(utterances)))
        learner.update()

    learn()
    if setting.on_card:
        torch.cuda.reset_peak_memory_stats(setting.device)
    return statistics.median(setting.timed(learn) for _ in range(2 if setting.quick else 5))


def commands(setting: Setting) -> Iterator[Figure]:
    """The whole way by the public API, with features, heads and fine-tuning on the device."""
    import featx

    os.chdir(setting.scratch)
    folder = setting.model("base")
    manifest = setting.audio(32 if setting.quick else 96)
    rows = [f"{u.utterance},{u.path},{u.speaker},{u.label}" for u in manifest.utterances]
    Path("audio.csv").write_text("\n".join(["utterance,path,speaker,label", *rows]) + "\n")
    kind = setting.device.type
    begin = time.perf_counter()
    precision: Precision = "float16" if setting.on_card else "float32"
    found = featx.extract(folder, "audio.csv", device=kind, precision=precision)
    taken = time.perf_counter() - begin
    yield {"what": f"featx.extract, {precision}", "figure": taken, "unit": "s", "remark": "in all"}
    scores = {}
    for device in dict.fromkeys((kind, "cpu")):
        begin = time.perf_counter()
        fitted = featx.fit(
            "dense", features=found.store.folder, manifest="audio.csv", folds=4, device=device,
            settings="training.epochs=3", name=f"dense-{device}",
        )  # fmt: skip
        taken = time.perf_counter() - begin
        scores[device] = fitted.results.to_text().splitlines()
        yield {"what": f"featx.fit, {device}", "figure": taken, "unit": "s", "remark": "in all"}
    if setting.left < 15 and not setting.quick:
        return
    begin = time.perf_counter()
    settings = ["training.epochs=1", "training.batch_size=4"]
    if setting.on_card:
        settings.append("training.precision=float16")
    featx.finetune(
        folder, "audio.csv", mode="lora", folds=4, device=kind, settings=settings, save="none",
        name="tuned",
    )  # fmt: skip
    remark = "one epoch of adapters in each of four folds, in all"
    taken = time.perf_counter() - begin
    yield {"what": "featx.finetune", "figure": taken, "unit": "s", "remark": remark}


def devices(setting: Setting) -> Iterator[Figure]:
    """Several cards give what one gives, sooner."""
    several = torch.cuda.device_count() if setting.on_card else 1
    if several < 2:
        what = "cards here" if setting.on_card else "devices here"
        yield {"what": what, "figure": several, "unit": "", "remark": "several were not tried"}
        return
    encoder = Encoder(find_checkpoint(str(setting.model("base"))))
    plan = plan_extraction(setting.audio(min(setting.files, 960)), encoder.shape, "float16")
    seconds = {}
    for count in (1, several):
        ours = Ours(encoder, plan, find_devices("cuda", str(count)), "float16")
        run(setting, ours.to_store)
        seconds[count] = run(setting, ours.to_store)
    yield {
        "what": f"{several} cards over one",
        "figure": seconds[1] / seconds[several],
        "unit": "×",
    }


GPU_TESTS = (
    "tests/classifiers/test_heads.py", "tests/featx/features/encoders/test_transfer.py",
    "tests/featx/features/encoders/test_workers.py",
)  # fmt: skip


def tests(setting: Setting) -> Iterator[Figure]:
    """The tests that are skipped where there is no card."""
    home = Path(__file__).parents[1]
    if setting.quick or not (home / "tests").is_dir():
        yield {"check": "tests on a GPU", "passed": True, "seen": "not run in a rehearsal"}
        return
    command = [sys.executable, "-m", "pytest", "-q", "-k", "gpu or GPU or cuda", *GPU_TESTS]
    done = subprocess.run(command, cwd=home, capture_output=True, text=True)
    last = (done.stdout.strip() or done.stderr.strip() or "nothing was said").splitlines()[-1]
    yield {"check": "tests on a GPU", "passed": done.returncode == 0, "seen": last}


PARTS: Mapping[str, Callable[..., Iterator[Figure]]] = {
    "machine": machine,
    "exactness": exactness,
    "extract": extract,
    "profile": profile,
    "fit": fit,
    "finetune": finetune,
    "commands": commands,
    "devices": devices,
    "tests": tests,
}
