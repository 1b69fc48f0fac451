"""The facts that a model card states."""

from collections.abc import Sequence
from dataclasses import dataclass

from featx.data.manifest import Utterance
from featx.features.encoders.checkpoints.registry import EncoderEntry
from featx.finetuning.config import FinetuneConfig
from featx.finetuning.identity import Identity
from featx.finetuning.results.member import TunedMember
from featx.finetuning.saving.save import is_plain
from featx.protocols.fold import Fold
from featx.protocols.task import Task
from featx.runs.cards.card import find_entry
from featx.runs.cards.scores import CardScores, card_scores
from featx.scoring.results_file import RunResults
from featx.utils.text import counted


@dataclass(frozen=True)
class CardFacts:
    """The facts that a model card states.

    Attributes:
        config: how the run fine-tuned.
        task: the utterances and how they were divided.
        identity: the encoder and the data, identified by digests.
        results: the scores of all models of the run.
        member: the model that the card is about.
        repository: OWNER/NAME on the Hub, where the model is sent; "" if nowhere yet.
    """

    config: FinetuneConfig
    task: Task
    identity: Identity
    results: RunResults
    member: TunedMember
    repository: str = ""

    @property
    def scores(self) -> CardScores:
        """What it predicts, and how well all models of the run do."""
        return card_scores(self.results)

    @property
    def plain(self) -> bool:
        """Whether plain transformers has such a model."""
        whole = self.config.adapters is None
        return whole and is_plain(self.config.head, self.identity.family, self.config.seconds)

    @property
    def on_hub(self) -> bool:
        """Whether the encoder is from the Hub, not from a local folder."""
        return bool(self.identity.revision)

    @property
    def entry(self) -> EncoderEntry | None:
        """The encoder's entry among the models with a short name, if it is one of them."""
        return find_entry(self.identity.encoder) if self.on_hub else None

    @property
    def fold(self) -> Fold:
        """How the data were divided for the model."""
        return self.task.folds[self.member.fold]

    @property
    def training(self) -> tuple[Utterance, ...]:
        """The utterances that the model learned from."""
        on_test = self.config.select_on == "test"
        return (*self.fold.train, *(self.fold.validation if on_test else ()))

    @property
    def corpus(self) -> str:
        """The name of the corpus, or of its manifest."""
        return self.config.protocol.corpus or self.config.manifest.stem

    @property
    def models(self) -> int:
        """How many models the run has."""
        return self.results.seeds * len(self.task.folds)

    @property
    def together(self) -> str:
        """Which models the run has, as in "2 seeds × 5 folds"."""
        folds = len(self.task.folds)
        return f"{counted(self.results.seeds, 'seed')} × {counted(folds, 'fold')}"


def amount(utterances: Sequence[Utterance]) -> str:
    """Return how many utterances there are, and of how many speakers."""
    speakers = {utterance.speaker for utterance in utterances}
    known = counted(len(speakers), "speaker") if "" not in speakers else "unnamed speakers"
    return f"{counted(len(utterances), 'utterance')} of {known}"
