"""The Hugging Face Hub: whether it can be written to, what is sent, and why it can't be."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from huggingface_hub import HfApi, constants, get_session, get_token
from huggingface_hub.errors import HfHubHTTPError, HFValidationError
from huggingface_hub.utils import validate_repo_id

from featx.errors import FeatxError
from featx.utils.text import first_line

PATIENCE = 10.0  # seconds for the Hub to answer at all; its client would wait for ever


def check_writable(repository: str, option: str, later: str = "", private: bool = True) -> None:
    """Make sure that a repository can be written to, which is made if it is new.

    Args:
        repository: OWNER/NAME.
        option: how the user asked for it, for messages.
        later: what else can be done.
        private: whether a new repository is private.

    Raises:
        FeatxError: if the name is none, or the Hub can't be reached or written to.
    """
    check_name(repository, option)
    check_online(option, later)
    if not get_token():
        raise FeatxError(f"{option}: not logged in. `hf auth login` takes a token. {later}".strip())
    try:
        get_session().head(constants.ENDPOINT, timeout=PATIENCE)
        HfApi().create_repo(repository, private=private, exist_ok=True)
        HfApi().auth_check(repository, write=True)
    except Exception as error:  # of the network in many kinds, which all end the same
        raise FeatxError(f"{option}: {explained(error)} {later}".strip()) from error


def check_online(option: str, later: str = "") -> None:
    """Refuse to ask the Hub where that is forbidden.

    Raises:
        FeatxError: if the environment says so.
    """
    if constants.is_offline_mode():
        raise FeatxError(
            f"{option}: HF_HUB_OFFLINE or TRANSFORMERS_OFFLINE is set, so the Hub can't be asked. "
            f"Unset it. {later}".strip()
        )


def send(repository: str, folder: Path, message: str, replaced: Sequence[str] = ()) -> str:
    """Send a folder in a single commit.

    Args:
        repository: OWNER/NAME, which `check_writable` has seen.
        folder: what to send.
        message: the commit's.
        replaced: patterns of files that go where the folder has none of the name.

    Returns:
        Where it is now.
    """
    HfApi().upload_folder(
        repo_id=repository,
        folder_path=folder,
        commit_message=message,
        delete_patterns=list(replaced) or None,
    )
    return f"{constants.ENDPOINT}/{repository}"


def check_name(repository: str, option: str) -> None:
    """Refuse what is no name of a repository.

    Raises:
        FeatxError: says what is wrong with it.
    """
    try:
        validate_repo_id(repository)
        reason = "" if "/" in repository else "the owner is missing."
    except HFValidationError as error:
        reason = str(error)
    if reason:
        raise FeatxError(f"{option}: must be OWNER/NAME, such as me/wav2vec2-ravdess: {reason}")


def explained(error: Exception) -> str:
    """Return what went wrong, and its cure, in a sentence or two."""
    status: Any = error.response.status_code if isinstance(error, HfHubHTTPError) else None
    said = first_line(error).rstrip(".")
    if status == 401:
        return f"the Hub doesn't know the token ({said}). `hf auth login` takes another."
    if status == 403:
        return (
            f"the token may not write there ({said}). Take one with write access to that owner's "
            "repositories with `hf auth login`."
        )
    if status == 404:
        return (
            "the Hub knows no such repository or revision, or shows it only to some: "
            "`hf auth login` takes a token of theirs."
        )
    if status is not None:
        return f"the Hub refuses ({said})."
    return f"the Hub at {constants.ENDPOINT} can't be reached ({said})."
