"""An exported file held against the run that it is of, on audio."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import soundfile
import torch

from cache import filling
from classifiers.choices import THRESHOLD
from featx.data.audio import SAMPLE_RATE, read_audio
from featx.data.manifest import Manifest, load_manifest
from featx.errors import FeatxError
from featx.inference.inputs import Inputs, Recordings, read_inputs
from featx.inference.number_predictions import PredictedNumbers
from featx.inference.onnx import load_onnx
from featx.inference.predictions import PredictedUtterance, Predictions
from featx.runs.read import locate, read_config
from featx.utils.text import counted

FILES = 8  # of the run's own manifest
BATCH = 4  # utterances, of different lengths


@dataclass(frozen=True)
class Agreement:
    """How far an exported file agrees with its run.

    Attributes:
        utterances: how many were compared.
        audio: what they are.
        difference: the largest difference of a probability, or of a number, in deviations of the
            true numbers of the run's test data.
        labels_changed: of how many utterances the most probable class differs, or one of several
            labels; none of numbers.
        numbers: whether numbers are predicted.
    """

    utterances: int
    audio: str
    difference: float
    labels_changed: int
    numbers: bool = False

    def to_text(self) -> str:
        """Return a sentence."""
        if self.numbers:
            return (
                f"Compared with featx on {counted(self.utterances, 'utterance')} of {self.audio}: "
                f"numbers differ by at most {self.difference:.1e} deviations."
            )
        labels = f"{self.labels_changed} labels differ" if self.labels_changed else "labels equal"
        return (
            f"Compared with featx on {counted(self.utterances, 'utterance')} of {self.audio}: "
            f"probabilities differ by at most {self.difference:.1e}, {labels}."
        )


@dataclass(frozen=True)
class Audio:
    """What a file is checked with.

    Attributes:
        recordings: the utterances.
        name: what they are, for people.
    """

    recordings: Recordings
    name: str


@contextmanager
def find_audio(check: Inputs | None, run: Path) -> Iterator[Audio]:
    """Find utterances to check with, which last as long as the context.

    Args:
        check: audio or a manifest; None for some of the run's manifest or, where neither that nor
            its audio is here, synthetic tones.
        run: the run's folder.

    Raises:
        FeatxError: if `check` can't be used.
    """
    if check is not None:
        given = read_inputs(check)
        if not isinstance(given, Recordings):
            raise FeatxError("`check` takes audio or a manifest, not stored features.")
        yield Audio(given, "the audio given")
        return
    named = read_config(run).get("manifest")
    path = locate(run, str(named)) if named else None
    utterances = [u for u in load_manifest(path).utterances if u.path.is_file()] if path else []
    if utterances:
        step = -(-len(utterances) // FILES)
        manifest = Manifest(utterances[0].path.parent, tuple(utterances[::step]))
        yield Audio(Recordings(manifest), str(named))
        return
    with TemporaryDirectory(prefix="featx-") as folder:
        files = [str(path) for path in _write_tones(Path(folder))]
        given = read_inputs(files)
        assert isinstance(given, Recordings)
        yield Audio(given, "synthetic tones, as no audio of the run is here")


def _write_tones(folder: Path) -> Iterator[Path]:
    noise = np.random.default_rng(0)
    for number, pitch in enumerate((120, 180, 300, 500)):
        time = np.arange(int((1 + 0.7 * number) * SAMPLE_RATE)) / SAMPLE_RATE
        wave = 0.2 * np.sin(2 * np.pi * pitch * time) * (1 + np.sin(2 * np.pi * 3 * time))
        path = folder / f"tone{number}.wav"
        with filling(path):
            soundfile.write(path, wave + 0.01 * noise.standard_normal(len(time)), SAMPLE_RATE)
        yield path


def compare_file(
    path: Path, reference: Predictions, audio: Audio, deviations: Mapping[str, float]
) -> Agreement:
    """Compare a file with what featx predicts, an utterance alone and in ragged batches.

    Args:
        path: the ONNX file.
        reference: featx's predictions of the audio.
        audio: the utterances.
        deviations: of numbers, what their differences are divided by; none of classes.

    Raises:
        FeatxError: if the file can't be loaded or run.
    """
    model = load_onnx(path)
    units = torch.tensor([deviations.get(name, 1.0) for name in model.facts.names])
    expected = {row.utterance: _values(row) for row in reference.rows}
    chosen = [u for u in audio.recordings.manifest.utterances if u.utterance in expected]
    wanted = torch.tensor([expected[utterance.utterance] for utterance in chosen])
    difference, changed = 0.0, set[int]()
    for size in (1, BATCH):
        for first in range(0, len(chosen), size):
            waves = [
                read_audio(u.path, u.start, u.end, u.scale) for u in chosen[first : first + size]
            ]
            there, here = wanted[first : first + size], model.predictions(waves)
            largest = float(((there - here).abs() / units).max())
            difference = largest if largest != largest else max(difference, largest)
            if difference != difference:
                raise FeatxError("The exported network gives what is no number.")
            if model.dimensions:
                continue
            differ = there.argmax(1) != here.argmax(1)
            if model.facts.several:
                differ = ((there >= THRESHOLD) != (here >= THRESHOLD)).any(1)
            changed |= {first + int(place) for place in torch.nonzero(differ)[:, 0]}
    return Agreement(len(chosen), audio.name, difference, len(changed), bool(model.dimensions))


def _values(row: PredictedUtterance) -> list[float]:
    numbers = row.numbers if isinstance(row, PredictedNumbers) else row.probabilities
    return list(numbers.values())
