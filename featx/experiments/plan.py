"""What an experiment runs: every system on every corpus under each of its protocols."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from featx.experiments.config import Experiment, Features, System
from featx.features.encoders.checkpoints import store_name
from featx.features.stores import ROOT
from featx.runs.folder import run_folder
from featx.utils.text import nearest


@dataclass(frozen=True)
class Case:
    """A corpus under a protocol, by their names; the protocol's is empty for the usual folds."""

    corpus: str
    protocol: str


@dataclass(frozen=True)
class Store:
    """Features of a corpus.

    Attributes:
        corpus: its name.
        name: of the features.
        features: what they are, with the model named.
        folder: that holds them.
    """

    corpus: str
    name: str
    features: Features
    folder: Path


@dataclass(frozen=True)
class Run:
    """A system or vote in one case.

    Attributes:
        system: its name.
        case: on which corpus, under which protocol.
        folder: of the run.
        needs: names of stores or systems of the same corpus that must be done before.
    """

    system: str
    case: Case
    folder: Path
    needs: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What the run is called."""
        return self.folder.name


@dataclass(frozen=True)
class Plan:
    """All that an experiment does, in order.

    Attributes:
        experiment: what is planned.
        cases: in which systems run.
        stores: to fill.
        heads: to fit on them.
        finetunings: to do.
        votes: to hold, each after those that it names.
    """

    experiment: Experiment
    cases: tuple[Case, ...]
    stores: tuple[Store, ...]
    heads: tuple[Run, ...]
    finetunings: tuple[Run, ...]
    votes: tuple[Run, ...]

    @property
    def runs(self) -> tuple[Run, ...]:
        """Every run, in order."""
        return (*self.heads, *self.finetunings, *self.votes)

    def store(self, corpus: str, name: str) -> Store:
        """Return the features of a corpus by their name."""
        return next(one for one in self.stores if (one.corpus, one.name) == (corpus, name))

    def run(self, case: Case, system: str) -> Run:
        """Return the run of a system in a case."""
        return next(one for one in self.runs if (one.case, one.system) == (case, system))

    def members(self, run: Run) -> list[Run]:
        """Return those that a vote names, in that order; none if the run is no vote."""
        return [self.run(run.case, name) for name in run.needs] if run in self.votes else []

    def table(self, run: Run) -> str:
        """Return where a run stands in the experiment's file, such as "heads.dense"."""
        return f"{self.experiment.kind(run.system)}.{run.system}"


def manifest_path(experiment: Experiment, corpus: str) -> Path:
    """Return where the manifest of a corpus is, or will be listed."""
    return experiment.corpora[corpus].path or Path(f"{corpus}.csv")


def make_plan(experiment: Experiment) -> tuple[Plan, dict[str, str]]:
    """Return what an experiment runs.

    Returns:
        The plan, without what can't be planned, and why it can't, by the table's name.
    """
    problems: dict[str, str] = {}
    cases = tuple(
        Case(name, protocol)
        for name, corpus in experiment.corpora.items()
        for protocol in corpus.protocols or ("",)
    )
    chosen = {
        name: _choose(cases, system, f"{experiment.kind(name)}.{name}", problems)
        for name, system in experiment.systems.items()
    }
    _choose_for_votes(experiment, cases, chosen, problems)
    needs = {name: head.features for name, head in experiment.heads.items()}
    needs |= {name: vote.systems for name, vote in experiment.votes.items()}
    heads, finetunings, votes = (
        tuple(
            Run(name, case, _folder(experiment, cases, case, name), needs.get(name, ()))
            for name in table
            for case in chosen[name]
        )
        for table in (experiment.heads, experiment.finetunings, experiment.votes)
    )
    plan = Plan(experiment, cases, _stores(experiment, heads), heads, finetunings, votes)
    return plan, problems | _same_folders(plan)


def _choose(
    cases: Sequence[Case],
    system: System,
    where: str,
    problems: dict[str, str],
) -> list[Case]:
    """Return the cases in which a system runs."""
    corpora, protocols = system.corpora, system.protocols
    for wanted, known in (
        (corpora, dict.fromkeys(case.corpus for case in cases)),
        (protocols, dict.fromkeys(case.protocol for case in cases if case.protocol)),
    ):
        for name in wanted:
            if name not in known:
                problems[where] = f"{name}: of no corpus here; {nearest(name, known)}"
                return []
    left = [
        case
        for case in cases
        if (not corpora or case.corpus in corpora) and (not protocols or case.protocol in protocols)
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
                hint += " Votes can name those above them alone."
            problems[f"votes.{name}"] = f"{unknown[0]}: no such system; {hint}"
            chosen[name] = []
            continue
        members = [chosen[one] for one in vote.systems]
        chosen[name] = [case for case in cases if all(case in one for one in members)]
        if all(members) and not chosen[name]:
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
                f"{folder} would be that of {owners[folder]} too; rename a table, or the file of a "
                "protocol"
            )
        owners[folder] = table
    return problems


def _folder(experiment: Experiment, cases: Sequence[Case], case: Case, system: str) -> Path:
    """Return EXPERIMENT-SYSTEM, with the corpus and protocol where there are several."""
    parts = [experiment.name, system]
    if len({one.corpus for one in cases}) > 1:
        parts.append(case.corpus)
    if sum(one.corpus == case.corpus for one in cases) > 1:
        parts.append(Path(case.protocol).stem)
    return run_folder("-".join(parts))


def _stores(experiment: Experiment, heads: Sequence[Run]) -> tuple[Store, ...]:
    """Return the features of all corpora: those with a table, and those that heads run on."""
    tables = {
        name: one.model_copy(update={"model": one.model or name})
        for name, one in experiment.features.items()
    }
    found = []
    for corpus in experiment.corpora:
        wanted = [name for run in heads if run.case.corpus == corpus for name in run.needs]
        for name in dict.fromkeys([*tables, *wanted]):
            features = tables.get(name) or Features(model=name)
            own = name if name in tables else store_name(name)
            stem = manifest_path(experiment, corpus).stem
            found.append(Store(corpus, name, features, ROOT / stem / own))
    return tuple(found)
