"""The demo: the ordinary commands on a corpus made on the spot, with a pretrained encoder."""

import time
from collections.abc import Callable, Sequence
from contextlib import chdir
from pathlib import Path

from featx.demo.corpus import write_corpus
from featx.errors import FeatxError

ENCODER = "whisper-tiny.en"
SPEAKERS = 8  # enough for 4 folds; Whisper takes about 0.4 s of a core for an utterance
RUNS = tuple(
    f"runs/manifest-{system}"
    for system in (f"{ENCODER}-dense", f"{ENCODER}-linear", "egemaps-dense")
)
COMMANDS = (
    ("models", "--fetch", ENCODER),
    ("manifest", "ravdess", "corpus"),
    ("extract", "--model", ENCODER, "--precision", "float32"),
    ("fit", "--head", "dense", "--model", ENCODER, "--folds", "4"),
    ("fit", "--head", "linear", "--model", ENCODER, "--folds", "4"),
    ("extract", "--model", "egemaps"),
    ("fit", "--head", "dense", "--model", "egemaps", "--folds", "4"),
    ("vote", *RUNS, "--rule", "soft", "--name", "vote"),
    ("report", *RUNS, "runs/vote", "--out", "report.html"),
)
INTRODUCTION = """\
A tour of featx: from audio files to a scored emotion classifier and its report.

The corpus is SYNTHETIC: sounds shaped like speech, whose pitch, loudness, rate and voice quality
follow what the literature reports of each emotion. The encoder is PRETRAINED: Whisper tiny.en of
OpenAI (MIT licence), whose four layers learned from recorded English. The scores below show that
the path works, and nothing about real speech.
"""
CONCLUSION = """\
That took {seconds:.0f} s. Everything is in {folder}:
  corpus/      the audio          manifest.csv   its labels
  features/    the encoder's layers, and eGeMAPS, in HDF5
  runs/        three systems and their vote: heads, predictions, scores and figures
  report.html  all of that on one page: open it in a browser

On real data the same commands run unchanged, for example on RAVDESS:
  featx manifest ravdess PATH/TO/RAVDESS
  featx extract --model {encoder}
  featx fit --head dense
"""


def give_tour(folder: Path, run: Callable[[Sequence[str]], int | None]) -> None:
    """Write the demo's corpus to a folder, and run the commands there.

    Args:
        folder: the working folder, which is made if needed; what an earlier tour left there is
            used again.
        run: runs a command line, which it gets without the word featx; returns its exit code.

    Raises:
        FeatxError: if a command fails; the first does if the encoder is not here and can't be
            downloaded.
    """
    begin = time.monotonic()
    print(INTRODUCTION)
    write_corpus(folder / "corpus", SPEAKERS)
    with chdir(folder):
        for command in COMMANDS:
            print(f"$ featx {' '.join(command)}", flush=True)
            if run(command):
                raise FeatxError(f"{folder}: the command above failed. Try another `out`.")
            print(flush=True)
    print(CONCLUSION.format(seconds=time.monotonic() - begin, folder=folder, encoder=ENCODER))
