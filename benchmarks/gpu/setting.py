"""What all parts are given: the device and its clock, models and audio."""

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch

from benchmarks.gpu.audio import write_noise
from benchmarks.gpu.models import write_model
from benchmarks.setting import ravdess
from featx.data.manifest import Manifest, Utterance
from featx.features.encoders.devices import find_devices

LABELS = ("angry", "calm", "happy", "sad")
THREADS = torch.get_num_threads()  # before anything of featx changes it


@dataclass(frozen=True)
class Setting:
    """What all parts are given.

    Attributes:
        name: of the device.
        quick: whether models and audio are tiny.
        files: how many utterances there are at most.
        scratch: a folder for models, audio and features, which parts share.
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
        """Seconds that are left; of a rehearsal enough."""
        return float("inf") if self.quick else self.end - time.monotonic()

    @contextmanager
    def as_if_first(self) -> Iterator[None]:
        """Let a part find torch as in a new process: its threads, its TF32, and a card's memory."""
        torch.set_num_threads(THREADS)
        torch.backends.cuda.matmul.allow_tf32 = False
        torch.backends.cudnn.allow_tf32 = True
        if self.on_card:
            torch.cuda.empty_cache()
        yield

    def model(self, size: str) -> Path:
        """Return a model of a size with random weights, made where that is quickest."""
        folder = self.scratch / f"model-{size}"
        if not folder.exists():
            write_model(size, folder, self.device, self.quick)
        return folder

    def audio(self, count: int) -> Manifest:
        """Return so many utterances, of eight speakers who say four labels."""
        if "FEATX_DATA" in os.environ and not self.quick:
            found = [utterance.path for utterance in ravdess(count).utterances]
        else:
            found = write_noise(self.scratch / "audio", count, self.quick)
        return Manifest(
            self.scratch / "audio.csv",
            tuple(
                Utterance(f"{n:05}", path, f"speaker{n // 4 % 8}", LABELS[n % 4])
                for n, path in enumerate(found)
            ),
        )

    def timed(self, work: Callable[[], object]) -> float:
        """Return the seconds of a piece of work, all that it started on the card included."""
        self.wait()
        begin = time.perf_counter()
        work()
        self.wait()
        return time.perf_counter() - begin

    def written(self, way: Callable[[Path], None]) -> float:
        """Return the seconds that a way of writing features takes in a new folder."""
        with tempfile.TemporaryDirectory(dir=self.scratch) as folder:
            self.forget_peak()
            return self.timed(lambda: way(Path(folder)))

    def wait(self) -> None:
        """Wait for the card."""
        if self.on_card:
            torch.cuda.synchronize(self.device)

    def forget_peak(self) -> None:
        """Measure the card's memory anew from here on."""
        if self.on_card:
            torch.cuda.reset_peak_memory_stats(self.device)

    def peak(self) -> float | str:
        """Return the card's memory that was taken at most since then, in GB; "" without one."""
        return torch.cuda.max_memory_allocated(self.device) / 1e9 if self.on_card else ""
