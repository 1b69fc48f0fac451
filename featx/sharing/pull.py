"""`featx.pull`: a trained model from the Hugging Face Hub, checked before it is used."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from huggingface_hub import HfApi, hf_hub_download

from cache import describe_bytes, filling
from featx.errors import DiskFull, FeatxError
from featx.fitting.config import FitConfig
from featx.inference.fitted import FittedModel
from featx.inference.load import load
from featx.inference.temperatures import read_temperatures
from featx.runs.files import CALIBRATION, CONFIG
from featx.runs.folder import ROOT, run_folder
from featx.runs.hub import PATIENCE, check_name, check_online, explained
from featx.runs.read import read_run_scores
from featx.runs.safe_files import check_file, refused
from featx.sharing.contents import FIT, Contents, recognise, size_limit
from featx.sharing.places import leads_out
from featx.utils.arguments import checked
from featx.utils.config import read_config
from featx.utils.files import AnyPath

_AT_ONCE = 100 * 2**30  # bytes of all files together


@dataclass(frozen=True)
class Pulled:
    """A model from the Hub, which can be given wherever a run can.

    Attributes:
        folder: where it is now.
        repository: where it is from.
        commit: which version of it.
        left: names of files of the repository that are not here, as no model has them.
    """

    folder: Path
    repository: str
    commit: str
    left: tuple[str, ...]

    def __fspath__(self) -> str:
        """Return the folder."""
        return str(self.folder)


@checked
def pull(
    repository: str,
    folder: AnyPath | None = None,
    *,
    revision: str | None = None,
    overwrite: bool = False,
) -> Pulled:
    """Receive a trained model that `featx.push` sent to the Hugging Face Hub.

    Only files that such a model has are received, and nothing in them is executed: weights are
    safetensors, and sizes, shapes, numbers and paths are checked before the folder is there.

    Args:
        repository: OWNER/NAME on the Hub.
        folder: where to put it; by default `runs/NAME`.
        revision: a branch, tag or commit; by default the main branch.
        overwrite: replace the model that the folder holds, once the new one is checked.

    Returns:
        Its folder, and the commit that it is of.

    Raises:
        FeatxError: if the repository can't be had or holds no such model, a file is not as featx
            writes it, or the folder is not empty.

    Example:
        >>> import featx
        >>> model = featx.pull("me/emotions")  # doctest: +SKIP
        >>> featx.load(model).classes  # doctest: +SKIP
    """
    option = f"`repository={repository!r}`"
    check_name(repository, option)
    target = Path(folder) if folder is not None else run_folder(repository.split("/")[1], ROOT)
    _check_target(target, overwrite)
    check_online(option)
    try:
        info = HfApi().model_info(
            repository, revision=revision, files_metadata=True, timeout=PATIENCE
        )
    except Exception as error:  # of the network in many kinds, which all end the same
        raise FeatxError(f"{_named(option, revision)}: {explained(error)}") from error
    sizes = {entry.rfilename: entry.size for entry in info.siblings or ()}
    kind = recognise(sizes)
    if kind is None:
        absent = [name for name in FIT.needed if name not in sizes]
        raise FeatxError(
            f"{option}: holds no model of featx: a fit has {', '.join(absent)} too, a fine-tuned "
            "model head.json."
        )
    names = kind.chosen(sizes)
    _check_sizes(option, {name: sizes[name] for name in names})
    with _staging(target) as staging:
        for name in names:
            _receive(option, repository, name, str(info.sha), staging)
        shutil.rmtree(staging / ".cache", ignore_errors=True)  # where the client keeps its notes
        _check(kind, staging)
    left = sorted(set(sizes) - set(names) - {".gitattributes"})
    return Pulled(target, repository, str(info.sha), tuple(left))


def _named(option: str, revision: str | None) -> str:
    return option if revision is None else f"{option}, `revision={revision!r}`"


def _check_target(target: Path, overwrite: bool) -> None:
    place, working = target.resolve(), Path.cwd().resolve()
    if place == working or place in working.parents:
        raise FeatxError(
            f"{target}: the working folder or one above it, and the model would take its place. "
            "Choose a `folder` in it."
        )
    if not target.exists():
        return
    if not target.is_dir():
        raise FeatxError(f"{target}: a file, and a model takes a folder.")
    names = [path.relative_to(target).as_posix() for path in target.rglob("*")]
    if names and not overwrite:
        raise FeatxError(
            f"{target}: not empty. Choose another `folder`, or `overwrite` the model in it."
        )
    if names and recognise(names) is None:
        raise FeatxError(f"{target}: holds no model that could be replaced; choose another folder.")


def _check_sizes(option: str, sizes: Mapping[str, Any]) -> None:
    for name, size in sizes.items():
        limit = size_limit(name)
        if limit is not None and size is not None and size > limit:
            raise FeatxError(
                f"{option}: {name} has {describe_bytes(size)}, and {describe_bytes(limit)} are the "
                "most, so nothing is received."
            )
    if sum(size or 0 for size in sizes.values()) > _AT_ONCE:
        raise FeatxError(f"{option}: more than {describe_bytes(_AT_ONCE)}; nothing is received.")


@contextmanager
def _staging(target: Path) -> Iterator[Path]:
    """Give a folder beside the target, which takes its place if all goes well."""
    target = target.resolve()
    staging, old = (target.with_name(f".{target.name}.{word}") for word in ("pulled", "old"))
    for place in (staging, old):
        shutil.rmtree(place, ignore_errors=True)
    staging.mkdir(parents=True)
    try:
        yield staging
        if target.exists():
            target.rename(old)
        try:
            staging.rename(target)
        except OSError:
            if old.exists():
                old.rename(target)
            raise
    finally:
        for place in (staging, old):
            shutil.rmtree(place, ignore_errors=True)


def _receive(option: str, repository: str, name: str, commit: str, staging: Path) -> None:
    try:
        with filling(staging / name):
            hf_hub_download(
                repository, name, revision=commit, local_dir=staging, etag_timeout=PATIENCE
            )
    except DiskFull:
        raise
    except Exception as error:  # of the network in many kinds, which all end the same
        raise FeatxError(f"{option}: {name} could not be received: {explained(error)}") from error
    check_file(staging / name, size_limit(name))


def _check(kind: Contents, folder: Path) -> None:
    """Read all that predicting reads, and refuse what is not as featx writes it."""
    if kind is FIT:
        config = read_config(folder / CONFIG, FitConfig)
        for path in map(str, (*config.manifests, *config.features)):
            if leads_out(path):
                raise refused(folder / CONFIG, f"{path[:80]} is a path out of the working folder")
        read_run_scores(folder)
    model = load(folder)
    if isinstance(model, FittedModel) and (folder / CALIBRATION).exists():
        read_temperatures(folder, model.heads.keys, model.labels)
