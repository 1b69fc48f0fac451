"""`featx.vote`: combine systems by voting, into a run folder."""

from collections.abc import Sequence
from pathlib import Path

from featx.runs.folder import run_folder
from featx.runs.run import Run
from featx.utils.arguments import checked, refuse_with
from featx.utils.files import AnyPath, as_paths
from featx.voting.choices import WITH_CONFIG, BestBy, Rule, SelectOn, TieRule
from featx.voting.config import VoteConfig, file_config, vote_config
from featx.voting.labels.voters import label_systems
from featx.voting.numbers.voters import number_systems
from featx.voting.run import run_vote
from featx.voting.settings import usual_rule


@checked
def vote(
    systems: AnyPath | Sequence[AnyPath] = (),
    *,
    rule: Rule | None = None,
    tie: TieRule = "auto",
    search: str | int | Sequence[int] = "",
    select_on: SelectOn = "validation",
    best_by: BestBy = "uar",
    at_least: float | None = None,
    over_seeds: bool = False,
    manifest: str | Path | None = None,
    config: AnyPath | VoteConfig | None = None,
    name: str | None = None,
    out: str | Path | None = None,
    overwrite: bool = False,
) -> Run:
    """Combine systems by voting, joined by utterance, into a run of its own.

    Systems that predict numbers, such as arousal, are averaged.

    The same call made again returns the finished run.

    Args:
        systems: run folders, or prediction files, a file for each system.
        rule: "hard" counts predictions, "soft" averages probabilities, "weighted" counts
            predictions, each by its system's validation UAR. Numbers are averaged: "mean" weighs
            all systems the same, "weighted" each by its validation CCC, in a cross-validation fold
            by fold. Several labels at once take "soft", or "hard" for what half of the systems
            predict. By default it follows from what systems predict: "hard" of classes, "mean" of
            numbers, "soft" of several labels.
        tie: which of the classes with equally many votes wins: the one with the highest summed
            "probability", or the one that the "first"-named system voted for; "auto" takes the
            former where all systems have probabilities.
        search: how many systems are to vote, such as "3,5" or `[3, 5]`. Of all combinations of so
            many, the one with the highest score on the validation predictions votes. In a
            cross-validation, each fold is voted by what its own validation predictions chose.
        select_on: with "test" the search looks at the test predictions instead, as published
            ensembles were chosen. The scores are then OPTIMISTIC, which every output says.
        best_by: the score by which the search chooses: "uar", or "wa", which is accuracy.
        at_least: percent of that score that a system must have alone to be chosen.
        over_seeds: let every seed vote as a system of its own.
        manifest: a CSV that names the speakers where the predictions have no speaker column.
        config: an earlier vote: itself, its folder, its config or its `config.toml`; in place of
            all of the above.
        name: what the run is called; by default its rule and systems.
        out: the folder of the run, if it is not to be `runs/NAME`.
        overwrite: replace the run of that name, once the new one is finished.

    Returns:
        The run.

    Raises:
        FeatxError: if an argument can't be used, the systems can't vote together, or the folder
            holds another run.

    Example:
        >>> systems = ["runs/manifest-encoder-dense", "runs/manifest-encoder-linear"]
        >>> run = featx.vote(systems, rule="soft")
        >>> print(run.results.scores["uar"])
    """
    given = dict(locals())
    if config is not None:
        refused = given.keys() - WITH_CONFIG
        refuse_with(vote, given, refused, "config", "which holds all of it")
        resolved = config if isinstance(config, VoteConfig) else file_config(config)
    else:
        resolved = vote_config(
            as_paths(systems),
            rule=rule,
            tie=tie,
            search=search,
            select_on=select_on,
            best_by=best_by,
            at_least=at_least,
            over_seeds=over_seeds,
            manifest=manifest,
        )
    if "rule" not in resolved.model_fields_set:
        resolved = resolved.model_copy(update={"rule": _usual_rule(resolved.systems)})
    if out is not None:
        refuse_with(vote, given, {"name"}, "out", "which says where the run goes")
    folder = run_folder(name or resolved.name) if out is None else Path(out)
    run_vote(resolved, folder, overwrite)
    return Run(folder)


def _usual_rule(systems: Sequence[Path]) -> Rule:
    """Return the rule of votes that name none, by what the systems predict."""
    if number_systems(systems):
        return usual_rule("numbers")
    return usual_rule("labels" if label_systems(systems) else "classes")
