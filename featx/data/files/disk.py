"""What is on a disk, when names are not exactly those asked for."""

import os
import unicodedata
from collections import defaultdict
from functools import lru_cache
from pathlib import Path

ENDINGS = (".wav", ".flac", ".ogg", ".mp3")  # which the same audio can have after converting


class Disk:
    """Folders as they were listed, each once."""

    def __init__(self) -> None:
        self._names: dict[str, dict[str, list[str]]] = {}
        self._folders: dict[str, str | None] = {}

    def find(self, path: str) -> str | None:
        """Return the only file that is named so or nearly so; None if there is none, or several."""
        above, name = os.path.split(path)
        folder = self._folder(above)
        if folder is None or not name:
            return None
        files = [os.path.join(folder, n) for n in self._alike(folder, name)]
        exact = [file for file in files if os.path.basename(file) == name]
        files = [file for file in exact or files if os.path.isfile(file)]
        return files[0] if len(files) == 1 else None

    def _folder(self, path: str) -> str | None:
        """Return the folder of this path, or the only one that is named nearly so."""
        if path not in self._folders:
            above, name = os.path.split(path)
            folder = self._folder(above) if name else path
            self._folders[path] = self._inner(folder, name) if folder and name else folder
        return self._folders[path]

    def _inner(self, folder: str, name: str) -> str | None:
        inner = os.path.join(folder, name)
        if os.path.isdir(inner):
            return inner
        alike = (os.path.join(folder, other) for other in self._list(folder).get(look_of(name), []))
        folders = [other for other in alike if os.path.isdir(other)]
        return folders[0] if len(folders) == 1 else None

    def _alike(self, folder: str, name: str) -> list[str]:
        """Return the names in a folder that are like another: all but for their ending at last."""
        names = self._list(folder)
        if alike := names.get(look_of(name)):
            return alike
        stem, ending = os.path.splitext(look_of(name))
        stem = stem if ending in ENDINGS else look_of(name)
        return [other for end in ENDINGS for other in names.get(stem + end, [])]

    def _list(self, folder: str) -> dict[str, list[str]]:
        if folder not in self._names:
            self._names[folder] = defaultdict(list)
            for name in list_names(folder):
                self._names[folder][look_of(name)].append(name)
        return self._names[folder]


def list_names(folder: str | Path) -> list[str]:
    """Return the names in a folder; none if it can't be read."""
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


@lru_cache(maxsize=200_000)
def look_of(name: str) -> str:
    """Return what names of files share that look the same."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    stem, ending = os.path.splitext(" ".join(folded.split()))
    return stem.strip() + ending.strip()


def index_audio(tree: Path) -> dict[str, list[str]]:
    """Return the audio below a folder by name, with and without its ending."""
    index: dict[str, list[str]] = defaultdict(list)
    for folder, subfolders, names in os.walk(tree):
        subfolders[:] = sorted(name for name in subfolders if name[0] != ".")
        for name in sorted(names):
            if name[0] != ".":
                file = os.path.join(folder, name)
                index[look_of(name)].append(file)
                stem, ending = os.path.splitext(look_of(name))
                if ending in ENDINGS:
                    index[stem].append(file)
    return index
