"""`featx.push`: a trained model to the Hugging Face Hub."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from huggingface_hub import HfApi, ModelCard

from cache import filling
from featx.errors import FeatxError
from featx.features.encoders.checkpoints.folders import ADAPTER, encoder_folder
from featx.finetuning.config import FinetuneConfig
from featx.finetuning.saving.hub import best_saved
from featx.runs.cost import folder_bytes
from featx.runs.files import CARD, CONFIG, DESCRIPTION, MODELS, SAVED_HEAD
from featx.runs.hub import check_name, check_writable, explained, send
from featx.runs.read import read_config, read_run_scores
from featx.runs.safe_files import check_folder
from featx.sharing.contents import ADAPTERS, NAMES, OWN_MODEL, PLAIN_MODEL
from featx.sharing.shared_run import share_run
from featx.utils.arguments import checked
from featx.utils.config import read_config as read_as
from featx.utils.files import AnyPath, write_text


@dataclass(frozen=True)
class Pushed:
    """What was sent, or would be.

    Attributes:
        place: where it is now: an address on the Hub, or the folder of a dry run.
        files: the names of its files.
        notes: what is left out or rewritten, in sentences.
    """

    place: str
    files: tuple[str, ...]
    notes: tuple[str, ...]


@checked
def push(
    run: AnyPath,
    repository: str,
    *,
    dry_run: str | Path | None = None,
    with_predictions: bool = False,
    license: str = "",
    public: bool = False,
) -> Pushed:
    """Send a trained model to the Hugging Face Hub, with a card that says what it is.

    Of a fit all heads are sent, with config, scores, calibration, layer weights and figures; of a
    fine-tuning the best of its saved models. Paths of this machine are taken out. The repository
    is made, private, if it is new.

    Args:
        run: a finished fit or fine-tuning, or its folder; or the folder of a saved model.
        repository: OWNER/NAME on the Hub.
        dry_run: a folder to write what would be sent to, to look at; nothing is sent.
        with_predictions: send a fit's `predictions.csv` too, whose names of utterances may tell
            about people.
        license: the licence for the card, such as "mit" or "cc-by-nc-4.0"; none by default.
        public: let everybody see a repository that is new.

    Returns:
        Where it is, its files, and what was left out or rewritten.

    Raises:
        FeatxError: if there is no such model, the folder is not empty, the repository is public
            without `public`, or the Hub can't be reached or written to.

    Example:
        >>> import featx
        >>> run = featx.fit("linear", "encoder", folds=3, name="shared")
        >>> featx.push(run, "me/emotions", dry_run="to-look-at").files[0]
        'config.toml'
    """
    check_name(repository, f"`repository={repository!r}`")
    source = _find(Path(run))
    with TemporaryDirectory(prefix="featx-") as made, filling(Path(made, "shared")):
        folder = Path(made, "shared")
        folder.mkdir()
        if (source / SAVED_HEAD).is_file():
            notes = _share_model(source, folder, license, with_predictions)
        else:
            notes = share_run(source, folder, repository, license, with_predictions)
        if dry_run is None:
            place = _send(repository, folder, public)
        else:
            place = _keep(folder, Path(dry_run))
        files = tuple(name for name in NAMES if (folder / name).exists())
    return Pushed(place, files, tuple(notes))


def _find(run: Path) -> Path:
    """Return the folder of the fit or the saved model that is to be sent."""
    if run.is_dir():
        check_folder(run)
    if (run / SAVED_HEAD).is_file():
        return run
    if read_run_scores(run) is None:
        raise FeatxError(f"{run}: no finished run here, and no saved model, so nothing to send.")
    if (run / DESCRIPTION).is_file():
        return run
    if "mode" in read_config(run):
        config = read_as(run / CONFIG, FinetuneConfig)
        return best_saved(run, run / MODELS, config.training.best_by)
    raise FeatxError(f"{run}: holds no model, as a vote does; push the runs that vote.")


def _share_model(source: Path, folder: Path, licence: str, with_predictions: bool) -> list[str]:
    if with_predictions:
        raise FeatxError("`with_predictions` is for fits: a saved model has no predictions.")
    if (source / ADAPTER).is_dir():
        kind = ADAPTERS
    else:
        kind = PLAIN_MODEL if encoder_folder(source) == source else OWN_MODEL
    for name in kind.names:
        if (source / name).is_file():
            (folder / name).parent.mkdir(exist_ok=True)
            shutil.copyfile(source / name, folder / name)
        elif name in kind.needed:
            raise FeatxError(f"{source}: a saved model without {name}.")
    card = folder / CARD
    if licence and card.exists():
        text: Any = ModelCard(card.read_text("utf-8"))
        text.data.license = licence
        write_text(card, str(text))
    return [f"The model in {source} is sent: its weights, its settings and its card."]


def _keep(folder: Path, target: Path) -> str:
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise FeatxError(f"`dry_run={str(target)!r}`: not an empty folder; choose another.")
    with filling(target, folder_bytes(folder)):
        try:
            shutil.copytree(folder, target, dirs_exist_ok=True)
        except Exception:
            for part in target.iterdir():  # else it would not be empty the next time
                shutil.rmtree(part) if part.is_dir() else part.unlink()
            raise
    return str(target)


def _send(repository: str, folder: Path, public: bool) -> str:
    option = f"`repository={repository!r}`"
    check_writable(repository, option, private=not public)
    try:
        if not public and HfApi().model_info(repository).private is False:
            raise FeatxError(
                f"{option}: everybody can see it. `public` sends there all the same; else choose "
                "another, or make it private first."
            )
        # those of an earlier push that this one lacks go, so that no two runs are mixed
        return send(repository, folder, "Trained with featx", NAMES)
    except FeatxError:
        raise
    except Exception as error:  # of the network in many kinds, which all end the same
        raise FeatxError(f"{option}: could not be sent: {explained(error)}") from error
