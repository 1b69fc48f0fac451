"""The facts that the card of a fit states, all from the files that are sent."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from featx.fitting.config import FitConfig
from featx.fitting.heads.model import FittedHead, FittedHeads
from featx.fitting.heads.saved import read_heads
from featx.runs.cards.scores import CardScores, card_scores
from featx.runs.files import CONFIG
from featx.runs.read import damaged, read_environment, read_run_scores
from featx.scoring.results_file import RunResults
from featx.utils.config import read_config
from featx.utils.text import counted


@dataclass(frozen=True)
class RunFacts:
    """What a card tells, all from the files that are sent.

    Attributes:
        folder: of these files.
        repository: OWNER/NAME.
        licence: of the heads; empty if nobody said.
        config: how the run was fitted.
        heads: the heads.
        results: the scores.
        environment: where they were made.
    """

    folder: Path
    repository: str
    licence: str
    config: FitConfig
    heads: FittedHeads
    results: RunResults
    environment: dict[str, Any]

    @classmethod
    def read(cls, folder: Path, repository: str, licence: str) -> "RunFacts":
        """Read the facts.

        Raises:
            FeatxError: if a file is missing or damaged.
        """
        config = read_config(folder / CONFIG, FitConfig)
        results = read_run_scores(folder)
        if results is None:
            raise damaged(folder, "it has no scores")
        heads = read_heads(folder, config.seconds)
        environment = read_environment(folder)
        return cls(folder, repository, licence, config, heads, results, environment)

    @property
    def scores(self) -> CardScores:
        """What its heads predict, and how well."""
        return card_scores(self.results)

    @property
    def name(self) -> str:
        """What the repository is called."""
        return self.repository.partition("/")[2]

    @property
    def corpus(self) -> str:
        """The name of the corpus, or of its manifest."""
        return self.config.protocol.corpus or self.config.learned

    @property
    def utterances(self) -> int:
        """How many were tested, by each seed."""
        return self.scores.utterances

    @property
    def cross_validated(self) -> tuple[FittedHead, ...]:
        """The heads that the scores are of."""
        return self.heads.cross_validated or self.heads.members

    @property
    def together(self) -> str:
        """How many heads there are, as in "2 seeds × 5 folds"."""
        folds = len({member.fold for member in self.cross_validated})
        return f"{counted(self.results.seeds, 'seed')} × {counted(folds, 'fold')}"
