"""Kaldi's archives (kaldi-asr.org/doc/io.html): an .ark of matrices, and an .scp that finds them.

Commands in an .scp, which Kaldi would run, and Python objects in an .ark, which kaldiio would
build, are never read here: both can run code.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from featx.errors import FeatxError
from featx.stores.exchange.formats.description import FILE, Description
from featx.stores.exchange.formats.npy import read_description
from featx.stores.exchange.formats.source import Arrays, SourceError
from featx.utils.files import write_text

ARK, SCP = "feats.ark", "feats.scp"


def require_kaldiio() -> Any:
    """Return the package that reads and writes archives.

    Raises:
        FeatxError: if it is not installed.
    """
    try:
        import kaldiio.matio
    except ImportError as error:
        raise FeatxError("Kaldi's archives need kaldiio: pip install 'featx[kaldi]'.") from error
    return kaldiio


@contextmanager
def writing_kaldi(
    folder: Path, description: Description, final: Path
) -> Iterator[Callable[[str, np.ndarray], None]]:
    """Write (frames, dim) matrices as feats.ark and feats.scp.

    Args:
        folder: an empty folder.
        description: what the matrices are.
        final: the path that the folder will have, which feats.scp names.
    """
    kaldiio = require_kaldiio()
    ark, places = folder / ARK, []
    with ark.open("wb") as file:

        def write(utterance: str, features: np.ndarray) -> None:
            if not utterance or utterance != "".join(utterance.split()):
                raise FeatxError(
                    f"{utterance!r}: Kaldi's ids have no spaces. Export to Parquet or NumPy, which "
                    "take every id, or give the utterance another id in the manifest."
                )
            places.append((utterance, file.tell() + len(utterance.encode()) + 1))
            matrix = np.ascontiguousarray(features, dtype=np.float32)
            kaldiio.save_ark(file, {utterance: matrix})

        yield write
    lines = [f"{name} {(final / ARK).absolute()}:{place}\n" for name, place in places]
    write_text(folder / SCP, "".join(lines))
    write_text(folder / FILE, description.to_text() + "\n")


@dataclass(frozen=True)
class Kaldi:
    """Matrices or vectors of an .scp or an .ark."""

    path: Path

    @property
    def description(self) -> Description | None:
        """What the matrices are, if featx exported them."""
        return read_description(self.path.parent)

    def arrays(self) -> Arrays:
        """Yield the name and the array of each utterance."""
        require_kaldiio()
        return self._of_scp() if self.path.suffix == ".scp" else self._of_ark()

    def _of_ark(self) -> Arrays:
        with self.path.open("rb") as file:
            while name := self._token(file):
                yield name, self._matrix(file, name)

    def _token(self, file: IO[bytes]) -> str:
        """Return the next id; empty at the end."""
        token = bytearray()
        while (byte := file.read(1)) not in (b"", b" "):
            token += byte
            if len(token) > _LONGEST:
                raise SourceError(f"{self.path}: not an archive of Kaldi: no id in its place.")
        try:
            return token.decode("utf-8").strip()
        except UnicodeDecodeError as error:
            raise SourceError(f"{self.path}: an id is not UTF-8.") from error

    def _of_scp(self) -> Arrays:
        try:
            lines = self.path.read_text("utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise SourceError(f"{self.path}: can't be read as text ({error}).") from error
        for number, line in enumerate(lines, 1):
            name, _, where = line.strip().partition(" ")
            where = where.strip()
            if not where or where.endswith(("|", "]")) or where.startswith("|"):
                raise SourceError(
                    f"{self.path}: line {number} is not an id with FILE or FILE:PLACE. featx runs "
                    "no commands and takes no parts of matrices; write them to an archive with "
                    "copy-feats ark,scp:feats.ark,feats.scp."
                )
            text, colon, place = where.rpartition(":")
            apart = bool(colon) and place.isdigit()
            path = self._find(text if apart else where, number)
            with path.open("rb") as file:
                file.seek(int(place) if apart else 0)
                yield name, self._matrix(file, name)

    def _find(self, text: str, number: int) -> Path:
        """Return an archive: as it is named, from here or the list's folder, or beside the list."""
        asked = Path(text)
        for path in (asked, self.path.parent / asked, self.path.parent / asked.name):
            if path.is_file():
                return path
        raise SourceError(f"{self.path}: line {number} names {text}, and there is no such file.")

    def _matrix(self, file: IO[bytes], name: str) -> np.ndarray:
        matio = require_kaldiio().matio
        begin = file.tell()
        head = file.read(3)
        file.seek(begin)
        try:
            if head[:2] == b"\0B" and head != b"\0B\4":
                return np.asarray(matio.read_matrix_or_vector(file))
            if head.lstrip()[:1] == b"[":
                return np.asarray(matio.read_ascii_mat(file), dtype=np.float32)
        except Exception as error:  # what a damaged file leads to has no common kind
            raise SourceError(f"{self.path}: {name!r} is damaged ({error}).") from error
        raise SourceError(
            f"{self.path}: {name!r} is neither a matrix nor a vector of Kaldi's own. Audio, and "
            "Python objects, which could run code, are not read."
        )


_LONGEST = 4096  # bytes of an id
