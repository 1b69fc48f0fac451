"""`featx.listen`: predictions of what a microphone hears, while it hears it."""

import logging
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import soundfile
from pydantic import NonNegativeInt

from cache import filling
from classifiers.settings import PositiveFinite
from featx.data.audio import SAMPLE_RATE, Waveform
from featx.data.resample import resample
from featx.errors import FeatxError
from featx.fitting.choices import OWN
from featx.inference.fitted import FittedModel
from featx.inference.load import load
from featx.inference.microphone import Microphone, Sound
from featx.inference.model import Model, Share
from featx.inference.predictions import PredictedUtterance
from featx.inference.windows import FRAME, are_heard, hold_speech, levels_of
from featx.utils.arguments import checked
from featx.utils.files import AnyPath
from featx.utils.progress import hidden_progress
from featx.utils.text import counted

NAME = "microphone"  # what stands for an utterance
_REMEMBERED = 60.0  # seconds whose loudest frames say what is silence
log = logging.getLogger("featx")


@checked
def listen(
    run_or_model: AnyPath | Model,
    *,
    window: PositiveFinite = 4.0,
    hop: PositiveFinite = 1.0,
    seconds: PositiveFinite | None = None,
    microphone: int | str | Sound | None = None,
    encoder: str | Path | Sequence[str | Path] = (),
    device: str = "auto",
    seed: NonNegativeInt | None = None,
    fold: NonNegativeInt | None = None,
    abstain: Share = 0.0,
    calibrated: bool = False,
) -> Iterator[PredictedUtterance]:
    """Predict the emotion of what a microphone hears, again and again, while it hears it.

    Each prediction is of the last few seconds. A window is silent by the rule of `featx.predict`,
    with the last minute in place of the recording. Where predicting takes longer than `hop`,
    predictions are left out, which a warning says: what is predicted is always what was heard last.

    Args:
        run_or_model: a finished run, its folder, or what `featx.load` returned.
        window: seconds that each prediction hears. The first comes when so much was heard.
        hop: seconds from one prediction to the next.
        seconds: when to stop; None to go on until the iteration ends.
        microphone: its number or part of its name, as `python -m sounddevice` lists them; the
            system's if None; or an object with `rate`, samples a second, and `read()`, which waits
            for samples and returns all since its last call, (samples,) float32, none at the end.
        encoder: as for `featx.predict`.
        device: where the encoder computes, as for `featx.predict`.
        seed: as for `featx.predict`.
        fold: as for `featx.predict`.
        abstain: as for `featx.predict`.
        calibrated: as for `featx.predict`.

    Returns:
        A prediction after another, whose `start` and `end` are seconds since the beginning. Those
        of silence have no probabilities and no numbers.

    Raises:
        FeatxError: if the run can't be loaded, there is no microphone, or it stops.

    Example:
        >>> import featx, soundfile
        >>> class File:
        ...     def __init__(self, path):
        ...         self.samples, self.rate = soundfile.read(path, dtype="float32")
        ...     def read(self):  # all at once, then nothing
        ...         given, self.samples = self.samples, self.samples[:0]
        ...         return given
        >>> heard = featx.listen(
        ...     "runs/manifest-encoder-dense", window=0.2, microphone=File("audio/sad-0-0.wav")
        ... )
        >>> [row.label in ("angry", "happy", "sad") for row in heard]
        [True]
    """
    if seconds is not None and seconds < window:
        raise FeatxError(
            f"`seconds={seconds:g}` is shorter than `window={window:g}`: nothing would be heard."
        )
    model = run_or_model if isinstance(run_or_model, Model) else load(run_or_model)
    if isinstance(model, FittedModel) and model.heads.normalize in OWN:
        own = model.heads.normalize
        log.warning("The model standardises features by %s; here each window by itself.", own)

    def predict(audio: Waveform) -> PredictedUtterance:
        with TemporaryDirectory(prefix="featx-") as folder:
            path = Path(folder, "heard.wav")
            with filling(path):
                soundfile.write(path, audio, SAMPLE_RATE, subtype="FLOAT")
            with hidden_progress():
                predictions = model.predict(
                    path,
                    speaker_of=lambda _: NAME,
                    encoder=encoder,
                    max_seconds=2 * window,
                    device=device,
                    seed=seed,
                    fold=fold,
                    abstain=abstain,
                    calibrated=calibrated,
                )
        return predictions[0]

    sound = microphone if isinstance(microphone, Sound) else Microphone(microphone)
    return _listen(sound, _Heard(sound.rate, window, hop), seconds or math.inf, predict)


def _listen(
    sound: Sound,
    heard: "_Heard",
    seconds: float,
    predict: Callable[[Waveform], PredictedUtterance],
) -> Iterator[PredictedUtterance]:
    with ExitStack() as stack:
        if isinstance(sound, Microphone):
            noise = np.random.default_rng(0).standard_normal(round(heard.window * SAMPLE_RATE))
            predict(0.1 * noise.astype(np.float32))  # loads the encoder: later it would fall behind
            stack.enter_context(sound)
            log.info("Listening at %d Hz.", sound.rate)
        while heard.seconds < seconds:
            samples = sound.read()
            if not len(samples):
                return
            heard.add(samples)
            if heard.is_due():
                end = heard.seconds
                audio = heard.take()
                row = PredictedUtterance(NAME, "", {}) if audio is None else predict(audio)
                yield replace(row, utterance=NAME, start=end - heard.window, end=end)


@dataclass
class _Heard:
    """The last few seconds, and when they are predicted next.

    Attributes:
        rate: samples a second.
        window: seconds that are predicted.
        hop: seconds from one prediction to the next.
    """

    rate: int
    window: float
    hop: float

    def __post_init__(self) -> None:
        self._samples = np.zeros(0, np.float32)  # the last `window` seconds
        self._count = 0  # samples since the beginning
        self._next = self.window  # seconds, when a prediction is due
        self._levels = np.zeros(0)  # of the frames of 20 ms that `_REMEMBERED` seconds have
        self._measured = 0.0  # seconds, where they end

    @property
    def seconds(self) -> float:
        """How much was heard."""
        return self._count / self.rate

    def add(self, samples: np.ndarray) -> None:
        """Add samples that follow the last."""
        kept = round(self.window * self.rate)
        self._samples = np.concatenate([self._samples, samples])[-kept:]
        self._count += len(samples)

    def is_due(self) -> bool:
        """Tell whether to predict now; say what could not be predicted in time."""
        late = self.seconds - self._next
        if late < 0:
            return False
        missed = int(late / self.hop)
        if missed:
            log.warning(
                "Predicting takes longer than `hop=%g`: %s left out.",
                self.hop,
                counted(missed, "prediction"),
            )
        self._next += (missed + 1) * self.hop
        return True

    def take(self) -> Waveform | None:
        """Return the last seconds at 16 kHz; None if they hold no speech."""
        audio = resample(self._samples, self.rate, SAMPLE_RATE)
        levels = levels_of(audio)
        new = max(1, round((self.seconds - self._measured) * SAMPLE_RATE / FRAME))
        self._measured = self.seconds
        most = round(_REMEMBERED * SAMPLE_RATE / FRAME)
        self._levels = np.concatenate([self._levels, levels[-new:]])[-most:]
        return audio if hold_speech(are_heard(levels, self._levels)) else None
