"""A vote as a run folder, from its config to its results."""

from pathlib import Path

from featx.errors import FeatxError
from featx.runs.making import making
from featx.scoring.results_file import RunResults
from featx.voting.classes.run import run_class_vote
from featx.voting.config import VoteConfig
from featx.voting.labels.run import run_label_vote
from featx.voting.labels.voters import label_systems
from featx.voting.numbers.run import run_number_vote
from featx.voting.numbers.voters import number_systems


def run_vote(config: VoteConfig, folder: Path, overwrite: bool = False) -> RunResults:
    """Vote into a run folder, or return the results of the same vote held before.

    Args:
        config: who votes, and how.
        folder: where the run is to be.
        overwrite: replace the run that the folder holds, once the new one is finished.

    Raises:
        FeatxError: if the folder holds a run of another config, or no run at all, or another
            process votes into it, or the systems can't vote together.
    """
    if folder.resolve() in {path.resolve() for path in config.folders}:
        raise FeatxError(f"{folder} is one of the systems. Choose another `name` or `out`.")
    numbers = number_systems(config.systems)
    labelled = {} if numbers else label_systems(config.systems)
    with making(folder, "voting", overwrite):
        if numbers:
            return run_number_vote(config, numbers, folder, overwrite)
        if labelled:
            return run_label_vote(config, labelled, folder, overwrite)
        return run_class_vote(config, folder, overwrite)
