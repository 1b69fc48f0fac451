"""The demo: the ordinary commands on a corpus and an encoder made on the spot."""

import time
from collections.abc import Callable, Sequence
from contextlib import chdir
from pathlib import Path

from featx.demo.corpus import write_corpus
from featx.demo.encoder import write_encoder
from featx.errors import FeatxError

RUNS = tuple(
    f"runs/manifest-{system}" for system in ("encoder-dense", "encoder-linear", "egemaps-dense")
)
COMMANDS = (
    ("manifest", "ravdess", "corpus"),
    ("extract", "--model", "encoder"),
    ("fit", "--head", "dense", "--folds", "4"),
    ("extract", "--model", "egemaps"),
    ("fit", "--head", "linear", "--model", "encoder", "--folds", "4"),
    ("fit", "--head", "dense", "--model", "egemaps", "--folds", "4"),
    ("vote", *RUNS, "--rule", "soft", "--name", "vote"),
    ("report", *RUNS, "runs/vote", "--out", "report.html"),
)
INTRODUCTION = """\
A tour of featx, offline: from audio files to a scored emotion classifier and its report.

The corpus is SYNTHETIC: tones shaped like speech, whose pitch, loudness, rate and voice quality
follow what the literature reports of each emotion. The encoder is UNTRAINED: a small wav2vec 2.0
with random weights. The scores below show that the path works, and nothing about real speech.
"""
CONCLUSION = """\
That took {seconds:.0f} s. Everything is in {folder}:
  corpus/      the audio          manifest.csv   its labels
  encoder/     the encoder        features/      its layers, and eGeMAPS, in HDF5
  runs/        three systems and their vote: heads, predictions, scores and figures
  report.html  all of that on one page: open it in a browser

On real data the same commands run unchanged, for example on RAVDESS:
  featx manifest ravdess PATH/TO/RAVDESS
  featx extract --model egemaps
  featx fit --head dense
"""


def give_tour(folder: Path, run: Callable[[Sequence[str]], int | None]) -> None:
    """Write the demo's corpus and encoder to a folder, and run the commands there.

    Args:
        folder: the working folder, which is made if needed; what an earlier tour left there is
            used again.
        run: runs a command line, which it gets without the word featx; returns its exit code.

    Raises:
        FeatxError: if a command fails.
    """
    begin = time.monotonic()
    print(INTRODUCTION)
    write_corpus(folder / "corpus")
    write_encoder(folder / "encoder")
    with chdir(folder):
        for command in COMMANDS:
            print(f"$ featx {' '.join(command)}", flush=True)
            if run(command):
                raise FeatxError(f"{folder}: the command above failed. Try another `out`.")
            print(flush=True)
    print(CONCLUSION.format(seconds=time.monotonic() - begin, folder=folder))
