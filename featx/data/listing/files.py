"""Finding a corpus's files, and saying what was found or not."""

import filecmp
import os
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from featx.errors import FeatxError
from featx.utils.text import counted, listed

_EXAMPLES = 3  # files in a note


class CorpusError(FeatxError):
    """A corpus that can't be read as asked."""


class ManifestDiffersError(CorpusError):
    """A manifest that says something else than the corpus does now."""


class CorpusNotFoundError(CorpusError):
    """A folder that holds no such corpus, or none at all."""


def find_files(root: Path, suffixes: Collection[str]) -> list[Path]:
    """List a folder's files at any depth, without hidden ones such as macOS's `._x.wav`.

    Args:
        root: the folder; links inside it are followed.
        suffixes: the endings of the files to list, in lower case with the dot; the files may have
            them in any case.

    Returns:
        The files, shallowest first, then by name.

    Raises:
        CorpusError: if the folder is missing, or one in it can't be read.
    """
    require_folder(root)
    found: list[Path] = []
    walked: set[str] = set()
    for folder, subfolders, names in os.walk(root, onerror=_refuse, followlinks=True):
        real = os.path.realpath(folder)
        subfolders[:] = [] if real in walked else sorted(n for n in subfolders if n[0] != ".")
        if real not in walked:  # a link can lead back to where it lies
            paths = (Path(folder, name) for name in names if name[0] != ".")
            found += [path for path in paths if path.suffix.lower() in suffixes]
        walked.add(real)
    return sorted(found, key=lambda path: (len(path.parts), path.as_posix()))


def _refuse(error: OSError) -> None:
    raise CorpusError(f"{error.filename}: can't be read ({error.strerror})") from error


def drop_duplicates(
    root: Path, paths: Sequence[Path], name: Callable[[Path], str]
) -> tuple[list[Path], list[str]]:
    """Keep the first file of each name, if all files of the name and format are the same.

    Args:
        root: the corpus's folder, which notes leave out.
        paths: the files, in the order of preference.
        name: what makes two files the same.

    Returns:
        The files kept, and a note if some were not.

    Raises:
        CorpusError: if files of equal name and ending differ in content, naming them.
    """
    kept: dict[str, Path] = {}
    formats: dict[tuple[str, str], Path] = {}  # the first file of each name and ending
    dropped, differing = [], []
    for path in paths:
        twin = formats.setdefault((name(path), path.suffix.lower()), path)
        if kept.setdefault(name(path), path) != path:
            dropped.append(path)
        if twin != path and not _same_content(twin, path):
            differing.append((path, twin))
    if differing:
        raise _ambiguous(root, differing)
    if not dropped:
        return list(kept.values()), []
    others = sum(path.suffix.lower() != kept[name(path)].suffix.lower() for path in dropped)
    first, twin = dropped[0].relative_to(root), kept[name(dropped[0])].relative_to(root)
    count = counted(len(dropped), "duplicate")
    formatted = f" ({others:,} in another format)" if others else ""
    return list(kept.values()), [
        f"left out {count} by name{formatted}, such as {first}; kept {twin}"
    ]


def _same_content(first: Path, second: Path) -> bool:
    try:
        return filecmp.cmp(first, second, shallow=False)
    except OSError:  # a link to nowhere, or a file that may not be read
        return False


def _ambiguous(root: Path, pairs: Sequence[tuple[Path, Path]]) -> CorpusError:
    """Return the error for files that share their name but not their content."""
    names = [f"{path.relative_to(root)} and {twin.relative_to(root)}" for path, twin in pairs]
    count = counted(len(pairs), "file")
    verb = "has" if len(pairs) == 1 else "have"
    return CorpusError(
        f"{root}: {count} {verb} the name of another but not its content: "
        f"{listed(names, _EXAMPLES)}. Which is meant can't be seen: give the folder of one of the "
        "copies, or move the others elsewhere."
    )


def left_out(root: Path, paths: Sequence[Path], why: str) -> list[str]:
    """Return a note on files left out, or none if there are none."""
    if not paths:
        return []
    names = listed([path.relative_to(root) for path in paths], _EXAMPLES)
    return [f"left out {counted(len(paths), 'file')} {why}: {names}"]


def require_folder(root: Path) -> None:
    """Check that the root of a corpus is a folder.

    Raises:
        CorpusError: if it isn't, saying what is next to it.
    """
    if root.is_file():
        raise CorpusNotFoundError(f"{root} is a file; give the corpus's folder")
    if not root.is_dir():
        parent = next(folder for folder in root.absolute().parents if folder.is_dir())
        raise CorpusNotFoundError(f"{root}: no such folder; {contents(parent)}")


def nothing_found(root: Path, looked_for: str, notes: Sequence[str]) -> CorpusError:
    """Return the error that says what was looked for and what is there instead."""
    return CorpusNotFoundError(
        "\n  ".join([f"{root}: found no {looked_for}", *notes, contents(root)])
    )


def contents(folder: Path) -> str:
    """Say what a folder holds."""
    paths = [path for path in folder.iterdir() if path.name[0] != "."]
    names = sorted(path.name + "/" * path.is_dir() for path in paths)
    return f"{folder} holds {listed(names, 8)}" if names else f"{folder} is empty"
