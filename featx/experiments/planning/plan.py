"""What an experiment runs: every system on every corpus under each of its protocols."""

from dataclasses import dataclass
from pathlib import Path

from featx.experiments.settings.config import Experiment
from featx.experiments.settings.tables import Features


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
