"""Finding audio files, also those whose paths are not written as the files are named."""

import os
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from featx.data.files.disk import Disk, index_audio, list_names, look_of
from featx.data.files.spellings import is_absolute, renaming, spellings, tails
from featx.utils.remote.path import RemotePath, is_url, to_path
from featx.utils.text import counted, listed, shorten

_LONGEST = 400  # letters of a path in a message
_HINTS = 20  # missing files of which is said what is there instead


@dataclass
class Located:
    """Where the files of a table are.

    Attributes:
        folder: what paths are relative to.
        paths: the file of each path that was found.
        notes: how those were found that are not written as they are named.
        unsure: paths for which several files could be meant, and why.
    """

    folder: Path
    paths: dict[str, Path]
    notes: list[str] = field(default_factory=list)
    unsure: dict[str, str] = field(default_factory=dict)
    _hinted: int = 0

    def missing(self, text: str) -> str:
        """Say that a file is not there and, of the first few, what is there instead."""
        path = plain_path(self.folder, text)
        shown = shorten(text if is_absolute(text) else str(path), _LONGEST)
        if text in self.unsure:
            return f"no audio file {shown}; {self.unsure[text]}"
        self._hinted += 1
        hint = _nearest(path) if self._hinted <= _HINTS else ""
        return f"no audio file {shown}{hint}"


def plain_path(folder: Path, text: str) -> Path:
    """Return the path that a text means as it is written, without looking for a file."""
    if remote := _remote(folder, text):
        return remote
    return Path(os.path.normpath(folder / text.strip()))


def locate(
    texts: Iterable[str], folder: Path, others: Sequence[Path] = (), tree: Path | None = None
) -> Located:
    """Find audio files.

    Files that are where the table says cost one look each, and URLs none. The others are looked
    for with `/` for `\\`, without `file://`, `~` and quotes; with names that differ in case,
    Unicode form, spaces or ending. If no path is right as it is, they are also looked for in other
    folders, and without their first folders or drive. What is found so is only taken if it is a
    single file that no other path means.

    Args:
        texts: paths, relative or absolute.
        folder: what they are relative to, without links, so that `..` means what it says.
        others: other folders that they may be relative to.
        tree: a folder in which files are looked for at any depth.
    """
    paths: dict[str, Path] = {}
    absent: dict[str, None] = {}
    for text in texts:
        if text in paths or text in absent or not text.strip():
            continue
        if remote := _remote(folder, text):
            paths[text] = remote  # whether it is there is seen when it is read
            continue
        for name in (text, text.strip()):
            path = os.path.normpath(os.path.join(folder, name))
            if os.path.isfile(path):
                paths[text] = Path(path)
                break
        else:
            absent[text] = None
    located = Located(folder, paths)
    if absent:
        _search(list(absent), located, [folder, *others], tree)
    return located


def _remote(folder: Path, text: str) -> Path | None:
    """Return the URL that a path means; None if it means a file of this machine."""
    if is_url(text):
        return to_path(text)
    relative = isinstance(folder, RemotePath) and not text.strip().lower().startswith("file:")
    return folder / text.strip() if relative else None


@dataclass(frozen=True)
class _Hit:
    """A file that a path can mean; `bare` is what was dropped where the name alone is the same."""

    file: Path
    how: str
    bare: str = ""


def _search(
    absent: Sequence[str], located: Located, bases: Sequence[Path], tree: Path | None
) -> None:
    """Look for files that are not where the table says, and add those found."""
    disk = Disk()
    index = index_audio(tree) if tree else {}
    hits: dict[str, _Hit] = {}
    there = {is_absolute(text) for text in located.paths}
    for text in absent:
        moved = is_absolute(text) not in there
        found = _hits(text, bases, disk, moved) or _in_tree(text, tree, index)
        if len(found) == 1:
            hits[text] = found[0]
        elif found:
            located.unsure[text] = "could be " + " or ".join(str(hit.file) for hit in found[:2])
    _refuse_many_folders(hits, located)
    owners: dict[Path, list[str]] = defaultdict(list)
    for text, path in [*located.paths.items(), *((t, hit.file) for t, hit in hits.items())]:
        owners[path].append(text)
    ways: dict[str, list[str]] = defaultdict(list)
    for text, hit in hits.items():
        if len(owners[hit.file]) > 1:
            other = next(name for name in owners[hit.file] if name != text)
            located.unsure[text] = f"{hit.file} is like it, but {other!r} means that file"
            continue
        located.paths[text] = hit.file
        ways[hit.how].append(f"{text} is {hit.file}")
    for how, examples in ways.items():
        count = counted(len(examples), "audio file")
        located.notes.append(f"found {count} otherwise than written ({how}): {examples[0]}")


def _refuse_many_folders(hits: dict[str, _Hit], located: Located) -> None:
    """Take back files of the same name alone, if they would have lain in several folders."""
    folders = {hit.bare for hit in hits.values() if hit.bare}
    if len(folders) < 2:
        return
    for text in [text for text, hit in hits.items() if hit.bare]:
        file = hits.pop(text).file
        located.unsure[text] = f"{file} has its name, as files of {listed(sorted(folders), 2)} have"


def _hits(text: str, bases: Sequence[Path], disk: Disk, moved: bool) -> list[_Hit]:
    """Return the files that a path can mean: those that keep most of it.

    Only if no path of its kind is right as it is (`moved`) can all of them be relative to another
    folder, or from another computer.
    """
    for clean, spelling in spellings(text):
        for tail, dropped in tails(clean):
            if dropped and not moved:
                break
            here: dict[str, _Hit] = {}
            for base in bases if moved and tail[0] != "/" else bases[:1]:
                asked = os.path.normpath(os.path.join(base, tail))
                file = disk.find(asked)
                if file is not None:
                    ways = [*spelling, *renaming(asked, file)]
                    if dropped:
                        ways.append(f"below {base} in place of {dropped}")
                    elif base != bases[0]:
                        ways.append(f"relative to {base}")
                    bare = dropped if "/" not in tail else ""
                    hit = _Hit(Path(file), ", ".join(ways) or "as it is", bare)
                    here.setdefault(os.path.realpath(file), hit)
            if here:
                return list(here.values())
    return []


def _in_tree(text: str, tree: Path | None, index: dict[str, list[str]]) -> list[_Hit]:
    """Return the files at any depth of a folder whose path ends as another does."""
    for clean, _ in spellings(text) if tree else ():
        parts = [part for part in clean.split("/") if part not in ("", ".")]
        *above, name = map(look_of, parts or [""])
        hits = []
        for file in index.get(name, []):
            folders = [look_of(part) for part in Path(file).relative_to(tree or "").parts[:-1]]
            if folders[len(folders) - len(above) :] == above:
                hits.append(_Hit(Path(file), f"in a folder below {tree}"))
        if hits:
            return hits
    return []


def _nearest(path: Path) -> str:
    """Say what is there in place of a file, if that is a hint at what went wrong."""
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    if os.path.isdir(path):
        return ", which is a folder"
    above = path.parent
    if not os.path.isdir(above):
        while not os.path.isdir(above.parent):
            above = above.parent
        return f"; there is no {above.name!r} in {above.parent}"
    most = max(1, len(path.name) // 5)
    found = process.extractOne(path.name, list_names(above), scorer=OSA.distance, score_cutoff=most)
    return f"; there is {found[0]!r}" if found else ""
