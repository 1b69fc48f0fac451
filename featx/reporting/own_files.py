"""Files that are replaced only if featx made them."""

from pathlib import Path

from featx.errors import FeatxError


def refuse_foreign(path: Path, mark: str, kind: str, argument: str = "out") -> None:
    """Refuse to replace a file that is not of its kind.

    Args:
        path: the file that is to be written.
        mark: what files of this kind begin with.
        kind: what it is, such as "report".
        argument: the argument that names it.

    Raises:
        FeatxError: if another file, or a folder, is there.
    """
    if path.exists() and not _begins(path, mark):
        raise FeatxError(
            f"{path}: is there and is no {kind} of featx, so it is not replaced. Give the "
            f"{kind} another name with `{argument}`, or move that file."
        )


def _begins(path: Path, mark: str) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(mark)) == mark.encode()
