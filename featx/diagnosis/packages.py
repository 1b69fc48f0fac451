"""Python and the packages: whether their versions are those that featx asks for, and load."""

import platform
from collections.abc import Iterable, Iterator
from importlib import import_module
from importlib.metadata import PackageNotFoundError, metadata, requires, version
from typing import TYPE_CHECKING

from featx.diagnosis.check import Check
from featx.utils.text import first_line

if TYPE_CHECKING:
    from packaging.requirements import Requirement

SHOWN = ("torch", "torchaudio", "transformers", "numpy")  # a line each; the others share a line
MODULES = {
    "scikit-learn": "sklearn",
    "opensmile": "opensmile",
    "tomli-w": "tomli_w",
    "umap-learn": "umap",
}
EXTRAS = {
    "onnx": "export to ONNX",
    "serve": "the server",
    "live": "the microphone",
    "lora": "adapters in fine-tuning",
    "tune": "searches of settings",
    "map": "maps by UMAP",
    "ray": "clusters",
    "remote": "audio and stores on servers",
    "demo": "the tour's encoder",
}
# What a package lacks of the system where it is installed but does not load.
LIBRARIES = {
    "sounddevice": "apt install libportaudio2 (Debian), or PortAudio of your system",
    "soundfile": "apt install libsndfile1 (Debian), or libsndfile of your system",
}


def check_python() -> Iterator[Check]:
    """Check the version of Python."""
    from packaging.specifiers import SpecifierSet

    wanted = metadata("featx")["Requires-Python"] or ""
    running = platform.python_version()
    if running in SpecifierSet(wanted, prereleases=True):
        yield Check("Python", running)
    else:
        yield Check("Python", running, "problem", f"Install a Python {wanted}.")


def check_packages() -> Iterator[Check]:
    """Check the packages that featx always needs."""
    others = []
    for needed in _needed():
        found = _check(needed)
        if needed.name in SHOWN or found.state != "ok":
            yield found
        else:
            others.append(needed.name)
    yield Check("other packages", f"{len(others)} as required")
    yield from _check_pair()


def check_extras() -> Iterator[Check]:
    """Check the packages of each extra."""
    for extra, purpose in EXTRAS.items():
        name, cure = f"featx[{extra}]", f"pip install 'featx[{extra}]'"
        found = [_check(needed, loads=extra != "demo") for needed in _needed(extra)]
        if not found:  # an installation older than the extra
            continue
        broken = [check for check in found if check.state != "ok"]
        if not broken:
            yield Check(name, f"installed ({purpose})")
        elif all(check.found == "not installed" for check in broken):
            yield Check(name, f"not installed ({purpose})", "ok", cure)
        else:
            named = "; ".join(f"{check.name} {check.found}" for check in broken)
            cures = (check.cure for check in broken if check.found != "not installed")
            yield Check(name, named, "warning", next(cures, cure))


def _needed(extra: str = "") -> list["Requirement"]:
    """Return what featx requires, or what an extra requires more."""
    from packaging.requirements import Requirement

    needed = [Requirement(line) for line in requires("featx") or ()]
    return [
        line
        for line in needed
        if (line.marker is None or line.marker.evaluate({"extra": extra}))
        and bool(extra) == ("extra" in str(line.marker))
    ]


def _check(needed: "Requirement", loads: bool = True) -> Check:
    """Check the version of a package, and that it loads."""
    install = f"pip install '{needed.name}{needed.specifier}'"
    if needed.name in ("torch", "torchaudio"):  # either alone would part the pair
        install = " ".join(
            ["pip install", *(f"'{n.name}{n.specifier}'" for n in _needed() if "torch" in n.name)]
        )
    try:
        here = version(needed.name)
    except PackageNotFoundError:
        return Check(needed.name, "not installed", "problem", install)
    if not needed.specifier.contains(here, prereleases=True):
        return Check(needed.name, f"{here}, featx needs {needed.specifier}", "problem", install)
    try:
        if loads:
            import_module(MODULES.get(needed.name, needed.name.replace("-", "_")))
    except Exception as error:  # a broken package may raise anything
        cure = LIBRARIES.get(needed.name, f"{install} --force-reinstall")
        return Check(needed.name, f"{here} does not load: {first_line(error)}", "problem", cure)
    return Check(needed.name, here)


def _check_pair() -> Iterable[Check]:
    """Check that torch and torchaudio are of the same release and build."""
    try:
        pair = [version(name) for name in ("torch", "torchaudio")]
    except PackageNotFoundError:
        return []  # said before
    (torch, build), (audio, other) = (name.partition("+")[::2] for name in pair)
    if torch.split(".")[:2] != audio.split(".")[:2] or build != other:
        found = f"torch {pair[0]} and torchaudio {pair[1]} are not of the same release and build"
        both = f"pip install 'torch=={torch}' 'torchaudio=={torch}' --force-reinstall"
        return [Check("torch and torchaudio", found, "problem", both)]
    return [Check("torch and torchaudio", "of the same release and build")]
