"""Fine-tuned models to the Hugging Face Hub: checked before training, sent after it."""

from pathlib import Path

from featx.errors import FeatxError
from featx.finetuning.choices import BestBy
from featx.finetuning.results.history import read_history
from featx.finetuning.results.member import best_look
from featx.finetuning.saving.contents import ADAPTER_FILES, OWN_FILES, PLAIN_FILES
from featx.runs.hub import check_writable, explained, send
from featx.runs.members import member_name

LATER = "Or leave out `push_to_hub`, and send the model later: `featx push RUN OWNER/NAME`."


def check_hub(repository: str) -> None:
    """Make sure that a model can be sent to a repository, which is made, private, if it is new.

    Raises:
        FeatxError: if the name is none, or the Hub can't be reached or written to.
    """
    check_writable(repository, f"`push_to_hub={repository!r}`", LATER)


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
        # an earlier model that plain transformers loads must not stay beside one that it does not
        names = (*PLAIN_FILES, *OWN_FILES, *ADAPTER_FILES)
        return send(repository, folder, "Fine-tuned with featx", names)
    except Exception as error:  # of the network in many kinds, which all end the same
        raise FeatxError(
            f"`push_to_hub={repository!r}`: the run is finished, but its model could not be sent: "
            f"{explained(error)}\nIt is safe in {folder}. To send it later:\n"
            f"  hf upload {repository} {folder}"
        ) from error


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
            score = looks[best_look(looks, best_by)].worth_of_model(best_by)
            best[folder] = (score, -seed, -fold)  # the first of equals, as the run has it
    if not best:
        raise FeatxError(
            f"{run}: finished without saving a model, so there is none to send. Fine-tune again "
            "with `overwrite`: a new run saves its best model."
        )
    return max(best, key=lambda folder: best[folder])
