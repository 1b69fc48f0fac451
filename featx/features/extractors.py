"""From the name of a model to what writes its features."""

from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from cache import FeatureIdentity, FeatureStore
from featx.data.audio import SAMPLE_RATE
from featx.errors import FeatxError
from featx.features.acoustic.extractor import AcousticExtractor, AcousticShape
from featx.features.acoustic.settings import read_acoustic
from featx.features.choices import NormalizeWaveform, Window
from featx.features.config import ExtractConfig
from featx.features.encoders.checkpoints.find import Checkpoint, find_checkpoint
from featx.features.encoders.checkpoints.registry import is_model, read_registry, unknown_model
from featx.features.encoders.devices import Compute
from featx.features.encoders.shape import (
    EncoderShape,
    find_shape,
    no_windows,
    read_shape,
    takes_spectrograms,
)
from featx.features.planning.layers import parse_layers
from featx.features.planning.plan import ExtractionPlan
from featx.features.planning.reduction import reduce_outline, reduced
from featx.features.writing.work import Extractor, Outline, Work, versions_of

if TYPE_CHECKING:
    # else imported where they are used, with torch and transformers, which a plan does not need
    from featx.features.encoders.encoder import Encoder
    from featx.features.encoders.workers import EncoderWorkers

# other versions of these packages may give other features
ENCODERS_BY = ("torch", "transformers", "torchaudio", "soundfile")
SENSELESS = {  # arguments that mean nothing for acoustic features, and why
    "revision": "they come with featx, from no repository",
    "layers": "they have one layer",
    "normalize_waveform": "their settings say how they are computed",
    "precision": "they are always computed in float32",
    "device": "they are always computed on the processor",
    "devices": "they are always computed on the processor",
    "batch_seconds": "they are computed utterance by utterance",
}


def find_outline(config: ExtractConfig) -> Outline:
    """Return what features a config asks for, without the weights of an encoder.

    Raises:
        FeatxError: if the model is unknown, or an argument is wrong or means nothing for it.
    """
    acoustic = _find_acoustic(config)
    if acoustic:
        return reduce_outline(acoustic.outline, config)
    whole = _encoder_outline(config, find_shape(config.model, config.revision))
    return reduce_outline(whole, config)


def find_extractor(config: ExtractConfig) -> Extractor:
    """Return what writes the features that a config asks for.

    Raises:
        FeatxError: if the model is unknown or not to be had, or an argument is wrong or means
            nothing for it.
    """
    acoustic = _find_acoustic(config)
    if acoustic:
        return reduced(acoustic, config)
    chosen = config.window == "short", config.normalize_waveform, config.pool, config.frames
    if any(chosen):  # refused before any download
        find_outline(config)
    checkpoint = find_checkpoint(config.model, config.revision)
    outline = _encoder_outline(config, read_shape(checkpoint.folder))
    config.compute.check()
    whole = EncoderExtractor(
        checkpoint, outline, config.compute, config.window, config.normalize_waveform
    )
    return reduced(whole, config)


def _find_acoustic(config: ExtractConfig) -> AcousticExtractor | None:
    acoustic = read_acoustic()
    settings = acoustic.get(config.model)
    if settings is None:
        if not is_model(config.model):
            raise unknown_model(config.model, [*read_registry(), *acoustic])
        return None
    if config.window == "short":
        raise no_windows(config.model)
    _refuse_senseless(config)
    return AcousticExtractor(AcousticShape(config.model, settings))


def _encoder_outline(config: ExtractConfig, shape: EncoderShape) -> Outline:
    if config.normalize_waveform and shape.window is not None:
        raise takes_spectrograms(config.model, config.normalize_waveform)
    layers = None if config.layers is None else parse_layers(config.layers, shape.blocks)
    return Outline(shape.seen_in(config.window, config.model), layers, "float16")


def _refuse_senseless(config: ExtractConfig) -> None:
    """Raise a FeatxError that names every argument which means nothing for acoustic features."""
    given, usual = _encoder_arguments(config), _encoder_arguments(ExtractConfig(config.model))
    reasons = [
        f"`{name}={value!r}`: {SENSELESS[name]}"
        for name, value in given.items()
        if value != usual[name]
    ]
    if reasons:
        raise FeatxError(
            f"`model={config.model!r}`: these features need no model, and these arguments mean "
            "nothing for them. Leave them out:\n  " + "\n  ".join(reasons)
        )


def _encoder_arguments(config: ExtractConfig) -> dict[str, object]:
    compute = config.compute
    return {
        "revision": config.revision,
        "layers": config.layers,
        "normalize_waveform": config.normalize_waveform,
        "precision": compute.precision,
        "device": compute.device,
        "devices": compute.devices,
        "batch_seconds": compute.batch_seconds,
    }


@dataclass(frozen=True)
class EncoderExtractor:
    """Writes the layers of an encoder, which is loaded once and stays in memory.

    Attributes:
        checkpoint: the encoder's files.
        outline: what features it gives.
        compute: what to compute with.
        window: what a Whisper sees at once.
        normalize_waveform: whether waveforms are normalised; None if the checkpoint decides.
    """

    checkpoint: Checkpoint
    outline: Outline
    compute: Compute
    window: Window
    normalize_waveform: NormalizeWaveform | None = None
    _workers: "dict[str, EncoderWorkers]" = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def _encoder(self) -> "Encoder":
        from featx.features.encoders.encoder import Encoder

        return Encoder(self.checkpoint, self.outline.layers, self.window, self.normalize_waveform)

    def start(self, plan: ExtractionPlan, folder: Path) -> Work:
        """Load the encoder and settle its precision.

        Args:
            plan: what to write.
            folder: the store's folder.

        Raises:
            FeatxError: if the encoder can't be loaded, or can't be computed with as asked.
        """
        from featx.features.encoders.precision import say_if_rounded
        from featx.features.planning.precision import PRECISION_RECORD, PrecisionChooser

        precision = str(self.compute.precision)
        if precision == "auto":
            software = versions_of(ENCODERS_BY)
            chooser = PrecisionChooser(self._encoder, self.compute.place, software)
            precision = chooser.choose(plan, folder)
        elif not FeatureStore.exists(folder):
            (folder / PRECISION_RECORD).unlink(missing_ok=True)  # of a start that was given up
        if precision == "float16" and precision not in self._workers:
            say_if_rounded(self.compute.place)
        return Work(
            self._identity(precision),
            versions_of(ENCODERS_BY),
            partial(self._work, precision),
            self.compute.seconds,
        )

    def _identity(self, precision: str) -> FeatureIdentity:
        checkpoint, encoder = self.checkpoint, self._encoder
        return FeatureIdentity(
            encoder=checkpoint.identifier,
            revision=checkpoint.revision,
            weights_sha256=encoder.digest,
            settings_sha256=encoder.settings_digest,
            precision=precision,
            blocks=encoder.shape.blocks,
            sample_rate=SAMPLE_RATE,
            frame_step=encoder.shape.hop / SAMPLE_RATE,
            window="short" if encoder.shape.short else None,
            normalize_waveform=self.normalize_waveform,
        )

    def _work(self, precision: str) -> "EncoderWorkers":
        """Return the threads that compute in a precision, the same ones every time."""
        from featx.features.encoders.workers import EncoderWorkers

        if precision not in self._workers:
            made = EncoderWorkers(self._encoder, self.compute.places, precision)
            self._workers[precision] = made
        return self._workers[precision]
