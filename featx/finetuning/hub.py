"""Fine-tuned models to the Hugging Face Hub: checked before training, sent after it."""

from pathlib import Path
from typing import Any

from huggingface_hub import HfApi, constants, get_session, get_token
from huggingface_hub.errors import HfHubHTTPError, HFValidationError
from huggingface_hub.utils import validate_repo_id

from featx.errors import FeatxError
from featx.finetuning.choices import BestBy
from featx.finetuning.history import read_history
from featx.finetuning.member import best_look
from featx.runs.members import member_name

PATIENCE = 10.0  # seconds for the Hub to answer at all; its client would wait for ever
LATER = "Or leave out `push_to_hub`, and send the model later: `hf upload OWNER/NAME FOLDER`."


def check_hub(repository: str) -> None:
    """Make sure that a model can be sent to a repository, which is made, private, if it is new.

    Raises:
        FeatxError: if the name is none, or the Hub can't be reached or written to.
    """
    _check_name(repository)
    option = f"`push_to_hub={repository!r}`"
    if constants.is_offline_mode():
        raise FeatxError(
            f"{option}: HF_HUB_OFFLINE or TRANSFORMERS_OFFLINE is set, so nothing can be sent. "
            f"Unset it. {LATER}"
        )
    if not get_token():
        raise FeatxError(f"{option}: not logged in. `hf auth login` takes a token. {LATER}")
    try:
        get_session().head(constants.ENDPOINT, timeout=PATIENCE)
        HfApi().create_repo(repository, private=True, exist_ok=True)
        HfApi().auth_check(repository, write=True)
    except Exception as error:  # of the network in many kinds, which all end the same
        raise FeatxError(f"{option}: {_explained(error)} {LATER}") from error


def push(repository: str, folder: Path) -> str:
    """Send a saved model.

    Args:
        repository: OWNER/NAME, which `check_hub` has seen.
        folder: the saved model's.

    Returns:
        Where it is now.

    Raises:
        FeatxError: if it can't be sent; says how to do so later.
    """
    try:
        HfApi().upload_folder(
            repo_id=repository, folder_path=folder, commit_message="Fine-tuned with featx"
        )
    except Exception as error:
        raise FeatxError(
            f"`push_to_hub={repository!r}`: the run is finished, but its model could not be sent: "
            f"{_explained(error)}\nIt is safe in {folder}. To send it later:\n"
            f"  hf upload {repository} {folder}"
        ) from error
    return f"{constants.ENDPOINT}/{repository}"


def best_saved(run: Path, models: Path, best_by: BestBy) -> Path:
    """Return the folder of the best model that a finished run has saved.

    Args:
        run: the run's folder.
        models: the folder with its saved models.
        best_by: the rule that chose the checkpoints.

    Raises:
        FeatxError: if it has saved none.
    """
    best: dict[Path, tuple[float, int, int]] = {}
    for (seed, fold), looks in read_history(run).items():
        folder = models / member_name(seed, fold)
        if folder.is_dir():
            score = looks[best_look(looks, best_by)].score_of_model(best_by)
            best[folder] = (score, -seed, -fold)  # the first of equals, as the run has it
    if not best:
        raise FeatxError(
            f"{run}: finished without saving a model, so there is none to send. Fine-tune again "
            "with `overwrite`: a new run saves its best model."
        )
    return max(best, key=lambda folder: best[folder])


def _check_name(repository: str) -> None:
    try:
        validate_repo_id(repository)
        reason = "" if "/" in repository else "the owner is missing."
    except HFValidationError as error:
        reason = str(error)
    if reason:
        raise FeatxError(
            f"`push_to_hub={repository!r}`: must be OWNER/NAME, such as me/wav2vec2-ravdess: "
            f"{reason}"
        )


def _explained(error: Exception) -> str:
    """Return what went wrong, and its cure, in a sentence or two."""
    status: Any = error.response.status_code if isinstance(error, HfHubHTTPError) else None
    said = (str(error).strip() or repr(error)).splitlines()[0].rstrip(".")
    if status == 401:
        return f"the Hub doesn't know the token ({said}). `hf auth login` takes another."
    if status == 403:
        return (
            f"the token may not write there ({said}). Take one with write access to that owner's "
            "repositories with `hf auth login`."
        )
    if status is not None:
        return f"the Hub refuses ({said})."
    return f"the Hub at {constants.ENDPOINT} can't be reached ({said})."
