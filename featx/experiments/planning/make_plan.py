"""Planning an experiment: which runs it makes, and of which features."""

from collections.abc import Sequence
from pathlib import Path

from featx.experiments.planning.plan import Case, Plan, PlannedRun, Store, manifest_path
from featx.experiments.settings.config import Experiment
from featx.experiments.settings.tables import Features, Head, System
from featx.features.encoders.checkpoints.registry import store_name
from featx.features.stores.folders import ROOT, copies_folder
from featx.runs.folder import run_folder
from featx.utils.text import nearest


def make_plan(experiment: Experiment) -> tuple[Plan, dict[str, str]]:
    """Return what an experiment runs.

    Returns:
        The plan, and for each table that can't be planned as it is, why, by the table's name.
    """
    problems: dict[str, str] = {}
    cases = tuple(
        Case(name, protocol)
        for name, corpus in experiment.corpora.items()
        for protocol in corpus.protocols or ("",)
    )
    chosen = {
        name: _choose(experiment, cases, system, f"{experiment.kind(name)}.{name}", problems)
        for name, system in experiment.systems.items()
    }
    _choose_for_votes(experiment, cases, chosen, problems)
    needs = {name: (*head.features, *copies_of(head)) for name, head in experiment.heads.items()}
    needs |= {name: vote.systems for name, vote in experiment.votes.items()}
    heads, finetunings, votes = (
        tuple(
            PlannedRun(name, case, _folder(experiment, cases, case, name), needs.get(name, ()))
            for name in table
            for case in chosen[name]
        )
        for table in (experiment.heads, experiment.finetunings, experiment.votes)
    )
    plan = Plan(experiment, cases, _stores(experiment, heads), heads, finetunings, votes)
    return plan, problems | _same_folders(plan)


def copies_of(head: Head) -> dict[str, str]:
    """Return the names of the augmented copies that a head learns from, with their features'."""
    if not head.augmented:
        return {}
    return {f"{name}~{Path(head.augmented).stem}": name for name in head.features}


def _choose(
    experiment: Experiment,
    cases: Sequence[Case],
    system: System,
    where: str,
    problems: dict[str, str],
) -> list[Case]:
    """Return the cases in which a system runs."""
    corpora, protocols = system.corpora, system.protocols
    joined = {name for name, corpus in experiment.corpora.items() if corpus.is_joined}
    excluded = set() if system.takes_joined else joined
    if refused := sorted(excluded.intersection(corpora)):
        problems[where] = (
            f"{refused[0]}: between corpora only heads learn, without augmented and tune"
        )
        return []
    for what, wanted, known in (
        ("corpus", corpora, dict.fromkeys(case.corpus for case in cases)),
        ("protocol", protocols, dict.fromkeys(case.protocol for case in cases if case.protocol)),
    ):
        for name in wanted:
            if name not in known:
                problems[where] = (
                    f"{name}: the experiment has no such {what}; {nearest(name, known)}"
                )
                return []
    left = [
        case
        for case in cases
        if (not corpora or case.corpus in corpora)
        and (not protocols or case.protocol in protocols)
        and case.corpus not in excluded
    ]
    if not left:
        problems[where] = "none of its corpora has one of its protocols"
    return left


def _choose_for_votes(
    experiment: Experiment,
    cases: Sequence[Case],
    chosen: dict[str, list[Case]],
    problems: dict[str, str],
) -> None:
    """Add to `chosen` the cases of each vote: all in which every member runs."""
    for name, vote in experiment.votes.items():
        unknown = [member for member in vote.systems if member not in chosen]
        if unknown:
            hint = nearest(unknown[0], chosen)
            if unknown[0] in experiment.votes:
                hint += " A vote can only name votes that stand above it."
            problems[f"votes.{name}"] = f"{unknown[0]}: no such system; {hint}"
            chosen[name] = []
            continue
        of_members = [chosen[member] for member in vote.systems]
        chosen[name] = [case for case in cases if all(case in own for own in of_members)]
        if all(of_members) and not chosen[name]:
            problems[f"votes.{name}"] = "its systems have no corpus and protocol in common"


def _same_folders(plan: Plan) -> dict[str, str]:
    """Say, by table, which runs or features would be in the folder of others."""
    wanted = [(run.folder, plan.table(run)) for run in plan.runs]
    wanted += [(store.folder, f"features.{store.name}") for store in plan.stores]
    owners: dict[Path, str] = {}
    problems = {}
    for folder, table in wanted:
        if folder in owners:
            problems[table] = (
                f"{folder} would be the folder of {owners[folder]} too; rename a table, or the "
                "file of a protocol"
            )
        owners[folder] = table
    return problems


def _folder(experiment: Experiment, cases: Sequence[Case], case: Case, system: str) -> Path:
    """Return runs/EXPERIMENT-SYSTEM, with the corpus and protocol where there are several."""
    parts = [experiment.name, system]
    if len({other.corpus for other in cases}) > 1:
        parts.append(case.corpus)
    if sum(other.corpus == case.corpus for other in cases) > 1:
        parts.append(Path(case.protocol).stem)
    return run_folder("-".join(parts))


def _stores(experiment: Experiment, heads: Sequence[PlannedRun]) -> tuple[Store, ...]:
    """Return the features of all corpora: those with a table, and those that heads take."""
    tables = {
        name: features.model_copy(update={"model": features.model or name})
        for name, features in experiment.features.items()
    }
    augmented = {
        copies: (name, head.augmented)
        for head in experiment.heads.values()
        for copies, name in copies_of(head).items()
    }
    found = []
    for corpus, table in experiment.corpora.items():
        if table.is_joined:
            continue
        runs = [run for run in heads if corpus in experiment.members(run.case.corpus)]
        wanted = [name for run in runs for name in run.needs]
        for name in dict.fromkeys([*tables, *wanted]):
            model, augment = augmented.get(name, (name, ""))
            features = tables.get(model) or Features(model=model)
            own = model if model in tables else store_name(model)
            folder = ROOT / manifest_path(experiment, corpus).stem / own
            if augment:
                folder = copies_folder(folder, augment)
            found.append(Store(corpus, name, features, folder, augment))
    return tuple(found)
