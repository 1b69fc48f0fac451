"""What a process spends its time on, by looking at the stacks of all its threads.

Every few milliseconds a thread looks at what the others do; the time since it looked last is
divided among those at work. Unlike a tracing profiler that slows Python alone, it costs next to
nothing, and sees compiled code by the function that called it.
"""

import sys
import threading
import time
from collections import defaultdict
from collections.abc import Mapping
from types import FrameType

PERIOD = 0.004  # seconds
WAITING = ("/threading.py", "/concurrent/futures/", "/queue.py", "/selectors.py", "/subprocess.py")
IMPORTS, ARITHMETIC, STATISTICS, SCORES, OTHER = (
    "imports", "arithmetic", "statistics", "scores", "other",
)  # fmt: skip
# Parts of the paths of files, and functions in them; the innermost frame that has one counts. The
# first to fit counts of each frame.
PLACES: Mapping[str, tuple[str, ...]] = {
    "digests": (
        "weights.py:digest", "loading.py:digest", "packages.py:_digest", "/data/sources.py",
        "/data/files/known.py", "/data/files/remembered.py", "/data/files/headers.py",
        "/data/files/formats/",
        "/features/stores/verified.py",
    ),
    "loading models": (
        "/encoders/checkpoints/",
        "/encoders/encoder.py:__init__", "/encoders/encoder.py:on", "/encoders/preprocessing.py",
        "/fitting/heads/saved.py",
    ),
    "audio": ("/data/audio.py", "/data/resample.py", "/data/sounds/", "/soundfile.py"),
    "pictures": ("/matplotlib/", "/figures.py", "/utils/pictures.py", "/reporting/"),
    STATISTICS: (
        "/fitting/inputs/moments.py", "/fitting/inputs/standardise.py",
        "/fitting/results/scales.py",
    ),
    SCORES: ("/featx/scoring/", "/featx/comparison/", "/featx/voting/"),
    "compiling": ("/numba/", "/llvmlite/"),
    ARITHMETIC: (
        "/encoders/workers.py:encode", "/encoders/encoder.py:encode", "/featx/features/acoustic/",
        "/classifiers/", "/layer_analysis/probes/training.py", "/sklearn/", "/opensmile/",
    ),
    "store": ("/cache/", "/featx/stores/"),
    "manifest": ("/data/manifest", "/data/listing/", "/data/corpora/", "/data/checks/"),
    "command line": ("/featx/cli/", "/typer/", "/click/"),
}  # fmt: skip


class Sampler:
    """Looks at all threads but its own, from its start to its end.

    Attributes:
        seconds: what threads did, to the seconds that it took.
        places: the file and function that were at work in the seconds of `OTHER`.
    """

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self.places: dict[str, float] = defaultdict(float)
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._look_again, daemon=True)

    def __enter__(self) -> "Sampler":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def _look_again(self) -> None:
        own, last = threading.get_ident(), time.perf_counter()
        while not self._end.wait(PERIOD):
            now = time.perf_counter()
            frames = sys._current_frames()
            stacks = [frame for thread, frame in frames.items() if thread != own]
            found = [place for place in map(place_of, stacks) if place]
            for kind, place in found or [("waiting", "")]:
                self.seconds[kind] += (now - last) / max(1, len(found))
                if kind == OTHER:
                    self.places[place] += (now - last) / len(found)
            last = now


def place_of(frame: FrameType) -> tuple[str, str] | None:
    """Return what a thread does, and where; None if it waits."""
    if any(part in frame.f_code.co_filename for part in WAITING):
        return None
    names, kind = [], OTHER
    outer: FrameType | None = frame
    while outer:
        path = outer.f_code.co_filename
        if path.startswith("<frozen importlib"):
            return IMPORTS, ""
        name = f"{path}:{outer.f_code.co_name}"
        names.append(name)
        if kind == OTHER:
            kind = kind_of(name)
        outer = outer.f_back
    ours = [name for name in names if "/featx/" in name]
    return kind, f"{names[0]} for {ours[0]}" if ours else names[0]


_KNOWN: dict[str, str] = {}


def kind_of(name: str) -> str:
    """Return what a function does, "other" if that is not known."""
    if name not in _KNOWN:
        fits = (kind for kind, parts in PLACES.items() if any(part in name for part in parts))
        _KNOWN[name] = next(fits, OTHER)
    return _KNOWN[name]
