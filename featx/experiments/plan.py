"""What an experiment runs: every system on every corpus under each of its protocols."""

import difflib
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from featx.experiments.config import Experiment, Features
from featx.registry import store_name
from featx.run_folder import run_folder
from featx.stores import ROOT


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
        name: _choose(cases, system.corpora, system.protocols, f"{kind}.{name}", problems)
        for kind, table in (("heads", experiment.heads), ("finetunings", experiment.finetunings))
        for name, system in table.items()
    }
    heads, finetunings = (
        [
            Run(name, case, _folder(experiment, cases, case, name), needs)
            for name, needs in table.items()
            for case in chosen[name]
        ]
        for table in (
            {name: head.features for name, head in experiment.heads.items()},
            dict.fromkeys(experiment.finetunings, ()),
        )
    )
    votes = _plan_votes(experiment, cases, chosen, problems)
    plan = Plan(
        *(experiment, cases, _stores(experiment), tuple(heads), tuple(finetunings), tuple(votes))
    )
    names = Counter(run.name for run in plan.runs)
    twice = [run for run in plan.runs if names[run.name] > 1]
    problems |= {run.system: f"two systems would have the run {run.name}" for run in twice}
    return plan, problems


def nearest(name: str, known: Collection[str]) -> str:
    """Return a hint at the name that was meant, or at all there are."""
    close = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {close[0]!r}?" if close else f"there is {', '.join(known) or 'none'}"


def _choose(
    cases: Sequence[Case],
    corpora: Sequence[str],
    protocols: Sequence[str],
    where: str,
    problems: dict[str, str],
) -> list[Case]:
    """Return the cases in which a system runs."""
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


def _plan_votes(
    experiment: Experiment,
    cases: Sequence[Case],
    chosen: dict[str, list[Case]],
    problems: dict[str, str],
) -> list[Run]:
    """Plan each vote in all cases in which every member runs; `chosen` gets those of votes."""
    votes = []
    for name, vote in experiment.votes.items():
        where = f"votes.{name}"
        unknown = [member for member in vote.systems if member not in chosen]
        if unknown:
            later = (
                " Votes can name those above them alone." if unknown[0] in experiment.votes else ""
            )
            problems[where] = f"{unknown[0]}: no such system; {nearest(unknown[0], chosen)}{later}"
            continue
        shared = [case for case in cases if all(case in chosen[one] for one in vote.systems)]
        if not shared and all(chosen[one] for one in vote.systems):
            problems[where] = "its systems have no corpus and protocol in common"
        chosen[name] = shared
        votes += [
            Run(name, case, _folder(experiment, cases, case, name), vote.systems) for case in shared
        ]
    return votes


def _folder(experiment: Experiment, cases: Sequence[Case], case: Case, system: str) -> Path:
    """Return EXPERIMENT-SYSTEM, with the corpus and protocol where there are several."""
    parts = [experiment.name, system]
    if len({one.corpus for one in cases}) > 1:
        parts.append(case.corpus)
    if sum(one.corpus == case.corpus for one in cases) > 1:
        parts.append(Path(case.protocol).stem)
    return run_folder("-".join(parts))


def _stores(experiment: Experiment) -> tuple[Store, ...]:
    """Return all features of all corpora: those with a table, and those that heads name."""
    tables = {
        name: one.model_copy(update={"model": one.model or name})
        for name, one in experiment.features.items()
    }
    found = []
    for corpus in experiment.corpora:
        wanted = [
            name
            for head in experiment.heads.values()
            if not head.corpora or corpus in head.corpora
            for name in head.features
        ]
        for name in dict.fromkeys([*tables, *wanted]):
            features = tables.get(name) or Features(model=name)
            own = name if name in tables else store_name(name)
            stem = manifest_path(experiment, corpus).stem
            found.append(Store(corpus, name, features, ROOT / stem / own))
    return tuple(found)
