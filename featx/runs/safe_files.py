"""Files of a run that somebody else may have made: what is refused before anything is read."""

import stat
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from cache import describe_bytes
from featx.errors import FeatxError
from featx.utils.config import first_problem

TEXT_LIMIT = 16 * 2**20  # bytes of JSON or TOML; thousands of heads need one of them
TEXTS = (".json", ".toml")
PICKLES = (".bin", ".ckpt", ".joblib", ".pickle", ".pkl", ".pt", ".pth")  # they may run code
S = TypeVar("S", bound=BaseModel)


def refused(path: Path, what: str) -> FeatxError:
    """Say in a sentence that a file can't be used.

    Args:
        path: the file.
        what: what is wrong with it.
    """
    reason = " ".join(what.split()).rstrip(".")
    return FeatxError(f"{path}: damaged, or not as featx writes it: {reason}.")


def check_folder(folder: Path) -> None:
    """Refuse a folder with a pickle, a link that leads out of it, or a text of enormous size.

    Args:
        folder: a run's, or a saved model's.

    Raises:
        FeatxError: names the file.
    """
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in PICKLES:
            raise FeatxError(
                f"{path}: may be a pickle, which can run code when it is read, so the folder is "
                "not used; featx writes none."
            )
        if path.is_dir() and not path.is_symlink():
            continue
        check_file(path, TEXT_LIMIT if path.suffix in TEXTS else None)


def check_file(path: Path, limit: int | None = None) -> None:
    """Refuse what is no plain file of its folder, or is too large.

    The cache of the Hub keeps a repository's files as links to a folder beside it, which is not
    refused.

    Args:
        path: the file.
        limit: the most bytes that it may have; None for any number.

    Raises:
        FeatxError: if it is a link out of its folder, such as a pipe, or too large.
        OSError: if it is not there.
    """
    home, place = path.parent.resolve(), path.resolve()
    blobs = [folder / "blobs" for folder in home.parents[1:3]]  # a commit's folder, or one in it
    if place.parent != home and place.parent not in blobs:
        raise refused(path, f"it is a link out of its folder, to {place}")
    facts = place.stat()
    if not stat.S_ISREG(facts.st_mode) and not stat.S_ISDIR(facts.st_mode):  # reading would wait
        raise refused(path, "it is no plain file")
    if limit is not None and facts.st_size > limit:
        size, most = describe_bytes(facts.st_size), describe_bytes(limit)
        raise refused(path, f"it has {size}, and {most} are the most")


def read_text_of(path: Path, schema: type[S]) -> S:
    """Read a JSON file that must match a schema.

    Raises:
        FeatxError: if it is not there, too large, nested too deeply, or doesn't match.
    """
    try:
        check_file(path, TEXT_LIMIT)
        return schema.model_validate_json(path.read_bytes())
    except OSError as error:
        raise refused(path, str(error.strerror)) from error
    except ValidationError as error:
        raise refused(path, first_problem(error)) from None
