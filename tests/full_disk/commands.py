"""The commands that fill the disk, and the working folder before and after each."""

import shutil
import time
from pathlib import Path

from featx.demo.corpus import write_corpus
from tests.full_disk.place import PAGE, Place

TUNING = ("training.every=2", "training.epochs=1", "training.learning_rate=1e-3")
EXPERIMENT = """
seeds = 1
[corpora.manifest]
path = "manifest.csv"
protocols = ["fixed.toml"]
[features.tiny]
model = "{model}"
layers = "0-2"
[heads.layers]
head = "dense"
features = ["tiny"]
settings = ["training.epochs=2"]
[heads.plain]
head = "linear"
features = ["tiny"]
"""
PROTOCOL = """
title = "one fold"
[division]
kind = "speakers"
train = ["01", "02"]
validation = ["03"]
test = ["04"]
"""
FIT = ("fit", "--model", "{model}", "--folds", "3", "--head")
HEARD = ("corpus/Actor_01/03-01-01-01-01-01-01.wav", "--encoder", "{model}")
COMMANDS: dict[str, tuple[str, ...]] = {
    "manifest": ("manifest", "ravdess", "corpus"),
    "audit": ("audit", "--out", "audit.html"),
    "extract": ("extract", "--model", "{model}"),
    "cache export": ("cache", "export", "features/manifest/tiny", "--to", "npy", "--out", "npy"),
    "cache import": ("cache", "import", "npy", "--name", "theirs", "--frame-step", "0.02"),
    "fit": (*FIT, "dense", "--set", "training.epochs=2", "--name", "a"),
    "linear": (*FIT, "linear", "--final", "--name", "b"),
    "overwrite": (*FIT, "dense", "--set", "training.epochs=1", "--name", "a", "--overwrite"),
    "finetune": (
        *("finetune", "--model", "{model}", "--folds", "3", "--name", "c", "--device", "cpu"),
        *(word for setting in TUNING for word in ("--set", setting)),
    ),
    "predict": (
        *("predict", "runs/a", *HEARD, "--out", "predicted.csv"),
        *("--window", "0.5", "--timeline", "timelines"),
    ),
    "explain": ("explain", "runs/a", *HEARD, "--out", "why"),
    "probe": ("probe", "--model", "{model}", "--folds", "3", "--name", "p"),
    "layers": ("layers", "runs/a", "--out", "layers"),
    "vote": ("vote", "runs/a", "runs/b", "--name", "v"),
    "compare": ("compare", "runs/a", "runs/b", "--out", "compared"),
    "report": ("report", "runs/a", "runs/b", "--out", "report.html"),
    "export": ("export", "runs/a", "--out", "a.onnx", "--encoder", "{model}"),
    "push": ("push", "runs/a", "me/emotions", "--dry-run", "pushed"),
    "run": ("run", "small.toml"),
}


class States:
    """The working folder before and after each command, one command after another.

    Args:
        place: where they run.
        kept: where the states are kept.
    """

    def __init__(self, place: Place, kept: Path) -> None:
        self._place, self._kept = place, kept
        self._last = kept / "start"
        self._found: dict[str, tuple[Path, Path, int]] = {}
        write_corpus(self._last / "corpus", speakers=4)
        for path in (self._last / "corpus").rglob("03-01-0[4678]*"):  # half of the emotions
            path.unlink()
        (self._last / "small.toml").write_text(EXPERIMENT.format(model=place.model))
        (self._last / "fixed.toml").write_text(PROTOCOL)

    def of(self, name: str) -> tuple[Path, Path, int]:
        """Return the folder before and after a command, and the bytes that it takes."""
        ahead = (command for command in COMMANDS if command not in self._found)
        while name not in self._found:
            self._run(next(ahead))
        return self._found[name]

    def _run(self, name: str) -> None:
        self._place.restore(self._last)
        used, begin = self._place.used(), time.time()
        code, said = self._place.run(COMMANDS[name])
        assert code == 0, said
        written = (path.stat() for path in self._place.folder.rglob("*") if path.is_file())
        anew = sum(-(-facts.st_size // PAGE) * PAGE for facts in written if facts.st_mtime > begin)
        needed = max(anew, self._place.used() - used)
        shutil.copytree(self._place.folder, self._kept / name)
        self._found[name] = self._last, self._kept / name, needed
        self._last = self._kept / name
