"""From the name of a model to what writes its features."""

from dataclasses import dataclass, fields

from featx.acoustic.extractor import AcousticExtractor, AcousticShape
from featx.acoustic.settings import read_acoustic
from featx.encoder_extractor import AUTO, Computing, EncoderExtractor
from featx.encoders.devices import find_devices
from featx.encoders.shape import find_shape, read_shape
from featx.errors import FeatxError
from featx.extract import Extractor
from featx.layers import parse_layers
from featx.registry import find_checkpoint


@dataclass(frozen=True)
class EncoderOptions:
    """The options of `featx extract` that only encoders have, as they are written.

    Attributes:
        revision: a branch, tag or commit of the Hub repository.
        layers: such as "0,4-12".
        precision: "auto", "float32", "bfloat16" or "float16".
        device: "auto", "cpu", "cuda" or "cuda:<number>".
        devices: how many GPUs, or "all".
        batch_seconds: of audio in a batch.
    """

    revision: str | None = None
    layers: str | None = None
    precision: str = AUTO
    device: str = "auto"
    devices: str = "1"
    batch_seconds: float | None = None


SENSELESS = {  # for acoustic features: why
    "revision": "they come with featx, from no repository",
    "layers": "they have one layer",
    "precision": "they are always computed in float32",
    "device": "they are always computed on the processor",
    "devices": "they are always computed on the processor",
    "batch_seconds": "they are computed utterance by utterance",
}


def find_extractor(
    model: str, options: EncoderOptions = EncoderOptions(), dry_run: bool = False
) -> Extractor:
    """Return what writes a model's features.

    Args:
        model: the name of acoustic features, or an encoder's short name, Hub id or local folder.
        options: of an encoder.
        dry_run: a plan is wanted and nothing else, so that no weights are needed.

    Raises:
        FeatxError: if the model is unknown or not to be had, or an option is wrong or means
            nothing for it.
    """
    acoustic = read_acoustic()
    if model in acoustic:
        _refuse(model, options)
        return AcousticExtractor(AcousticShape(model, acoustic[model]))
    checkpoint = None if dry_run else find_checkpoint(model, options.revision)
    shape = read_shape(checkpoint.folder) if checkpoint else find_shape(model, options.revision)
    layers = None if options.layers is None else parse_layers(options.layers, shape.blocks)
    if checkpoint is None:
        return EncoderExtractor(shape, layers, None)
    devices = find_devices(options.device, options.devices)
    computing = Computing(options.precision, devices, options.batch_seconds)
    return EncoderExtractor(shape, layers, checkpoint, computing)


def _refuse(model: str, options: EncoderOptions) -> None:
    """Raise a FeatxError that names every option which means nothing for acoustic features."""
    given = [one.name for one in fields(options) if getattr(options, one.name) != one.default]
    if given:
        reasons = "\n  ".join(
            f"--{name.replace('_', '-')} {getattr(options, name)}: {SENSELESS[name]}"
            for name in given
        )
        raise FeatxError(
            f"--model {model}: these features need no model, and these options mean nothing for "
            f"them. Leave them out:\n  {reasons}"
        )
