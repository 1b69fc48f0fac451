"""Checkpoints of the Hugging Face Hub: downloaded, or in its cache on this machine."""

from collections.abc import Sequence
from pathlib import Path

from featx.features.encoders.checkpoints.folders import (
    CONFIG,
    PREPROCESSOR,
    PROCESSOR,
    absent_files,
)

SETTINGS = (CONFIG, PREPROCESSOR, PROCESSOR)  # nothing else has to do with audio
_SAFETENSORS, _PICKLED = "model*.safetensors*", "pytorch_model*.bin*"


def download(repository: str, revision: str | None) -> Path:
    """Return the folder of a checkpoint, named after its commit; download what is not here.

    Raises:
        Exception: whatever the Hub or the network says.
    """
    folder = _download(repository, revision, [*SETTINGS, _SAFETENSORS])
    if not list(folder.glob(_SAFETENSORS)):  # older repositories
        folder = _download(repository, revision, [*SETTINGS, _PICKLED])
    return folder


def download_settings(repository: str, revision: str | None) -> Path:
    """Return the folder with a checkpoint's settings, if need be without its weights.

    Raises:
        Exception: whatever the Hub or the network says.
    """
    return _download(repository, revision, SETTINGS)


def find_complete(repository: str, revision: str | None) -> Path | None:
    """Return the folder of a checkpoint in the Hub's cache, without asking the Hub.

    The weights of either format are enough: the cache may know that the repository has others.
    """
    folder = find_cached(repository, revision)
    return None if folder is None or absent_files(folder) else folder


def find_cached(repository: str, revision: str | None) -> Path | None:
    """Return the folder with all of a checkpoint's settings in the Hub's cache, or None."""
    from huggingface_hub import snapshot_download

    try:
        return Path(
            snapshot_download(
                repository, revision=revision, local_files_only=True, allow_patterns=list(SETTINGS)
            )
        )
    except OSError:  # nothing of it is here, or settings are known to be missing
        return None


def _download(repository: str, revision: str | None, patterns: Sequence[str]) -> Path:
    from huggingface_hub import snapshot_download  # slow to import: only where it is needed

    return Path(snapshot_download(repository, revision=revision, allow_patterns=list(patterns)))
