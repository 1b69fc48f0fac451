"""What an experiment runs: every system on every corpus under each of its protocols."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from featx.experiments.config import Experiment
from featx.experiments.tables import Features, Head, System
from featx.features.encoders.checkpoints import store_name
from featx.features.stores import ROOT, copies_folder
from featx.runs.folder import run_folder
from featx.utils.text import nearest


@dataclass(frozen=True)
class Case:
    """A corpus under a protocol.

    Attributes:
        corpus: the corpus's name.
        protocol: the protocol's name; empty for the manifest's split or the usual folds.
    """

    corpus: str
    protocol: str


@dataclass(frozen=True)
class Store:
    """The features of a corpus that an experiment needs.

    Attributes:
        corpus: the corpus's name.
        name: the features' name in the experiment.
        features: the model, which is always named here, and its options.
        folder: the feature store's folder.
        augment: the preset of the augmented copies that are extracted in place of the utterances;
            empty if none are.
    """

    corpus: str
    name: str
    features: Features
    folder: Path
    augment: str = ""


@dataclass(frozen=True)
class PlannedRun:
    """A run that an experiment makes: a system or vote in one case.

    Attributes:
        system: the name of the system or vote.
        case: the corpus, and the protocol on it.
        folder: the run folder.
        needs: the names of features of the corpus, or of systems in the case, that must be done
            before the run.
    """

    system: str
    case: Case
    folder: Path
    needs: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The run's name."""
        return self.folder.name


@dataclass(frozen=True)
class Plan:
    """All that an experiment does, in order.

    Attributes:
        experiment: the experiment that is planned.
        cases: every corpus under each of its protocols.
        stores: the features to extract.
        heads: the runs that fit a head on features.
        finetunings: the runs that fine-tune an encoder.
        votes: the runs that hold a vote, each after those that it names.
    """

    experiment: Experiment
    cases: tuple[Case, ...]
    stores: tuple[Store, ...]
    heads: tuple[PlannedRun, ...]
    finetunings: tuple[PlannedRun, ...]
    votes: tuple[PlannedRun, ...]

    @property
    def runs(self) -> tuple[PlannedRun, ...]:
        """Every run, in order."""
        return (*self.heads, *self.finetunings, *self.votes)

    def store(self, corpus: str, name: str) -> Store:
        """Return the features of a corpus by their name."""
        named = (store for store in self.stores if (store.corpus, store.name) == (corpus, name))
        return next(named)

    def run(self, case: Case, system: str) -> PlannedRun:
        """Return the run of a system in a case."""
        return next(run for run in self.runs if (run.case, run.system) == (case, system))

    def stores_of(self, run: PlannedRun) -> list[Store]:
        """Return the features that a head is fitted on; none if the run is no head.

        Those of a name stand together: of each corpus, the tested ones first.
        """
        if run not in self.heads:
            return []
        corpora = self.experiment.members(run.case.corpus)
        return [self.store(corpus, name) for name in run.needs for corpus in corpora]

    def members(self, run: PlannedRun) -> list[PlannedRun]:
        """Return the runs that a vote names, in that order; none if the run is no vote."""
        return [self.run(run.case, name) for name in run.needs] if run in self.votes else []

    def table(self, run: PlannedRun) -> str:
        """Return which table of the experiment's file a run comes from, such as "heads.dense"."""
        return f"{self.experiment.kind(run.system)}.{run.system}"


def manifest_path(experiment: Experiment, corpus: str) -> Path:
    """Return the path of a corpus's manifest, which may still have to be written."""
    return experiment.corpora[corpus].path or Path(f"{corpus}.csv")


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
