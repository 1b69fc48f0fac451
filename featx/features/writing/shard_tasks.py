"""What an actor does for an extraction: it computes a shard, and writes it or sends it home."""

import logging
import socket
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from cache import FeatureStore, Layout
from featx.engines.tasks import Share
from featx.errors import FeatxError
from featx.features.config import ExtractConfig
from featx.features.extractors import find_extractor
from featx.features.planning.batches import plan_batches
from featx.features.planning.plan import ExtractionPlan
from featx.features.stores.folders import open_adopted
from featx.features.writing.failures import Failure
from featx.features.writing.fill import Filling
from featx.features.writing.work import Work

log = logging.getLogger("featx")


@dataclass(frozen=True)
class ShardTask:
    """What is to be computed of a shard.

    Attributes:
        path: the shard's file.
        plan: the utterances that it holds of the plan.
        waiting: those of them that are to be computed.
        aliases: ids under which the shard's features are known too.
        alone: whether the whole extraction is a single batch.
    """

    path: Path
    plan: ExtractionPlan
    waiting: frozenset[str]
    aliases: dict[str, str]
    alone: bool


@dataclass(frozen=True)
class Done:
    """What an actor has done.

    Attributes:
        utterances: the ids of utterances that are written, or have failed.
        failures: why some of them failed.
        features: what is to be written at home, by utterance.
    """

    utterances: Sequence[str]
    failures: dict[str, Failure]
    features: dict[str, np.ndarray] = field(default_factory=dict)

    @property
    def nbytes(self) -> int:
        """Bytes of features."""
        return sum(features.nbytes for features in self.features.values())


@dataclass(frozen=True)
class Order:
    """What every actor must know.

    Attributes:
        config: what to extract.
        plan: the plan without its utterances.
        folder: the store's folder.
        token: the name of a file in it, by which an actor knows that it sees the folder.
        expected: what features must be, and by which versions computed.
    """

    config: ExtractConfig
    plan: ExtractionPlan
    folder: Path
    token: str
    expected: dict[str, Any]

    def __call__(self, share: Share) -> Callable[[ShardTask], Iterator[Done]]:
        """Load the encoder in an actor; return what computes shards there."""
        config = self.config
        if share.gpus:
            config = replace(config, compute=replace(config.compute, device="cuda"))
        work = find_extractor(config).start(self.plan, self.folder)
        found = _differences(self.expected, facts(work))
        if found:
            raise FeatxError(
                f"`engine='ray'`: {socket.gethostname()} would compute other features:\n  "
                + "\n  ".join(found)
                + "\nInstall the same versions and models on every machine."
            )
        shared = (self.folder / self.token).is_file()
        way = "writes features where they are" if shared else "sends features home"
        log.debug("%s %s.", socket.gethostname(), way)
        return partial(_compute, work, shared)


def facts(work: Work) -> dict[str, Any]:
    """Return what features depend on, but for what the plan does to the audio."""
    alone = replace(work.identity, trimmed_to=None, augmentation=None)
    return {**alone.to_json(), **work.software}


def _differences(here: dict[str, Any], there: dict[str, Any]) -> list[str]:
    return [
        f"{key}: {there.get(key)} there, {here.get(key)} where the work was begun"
        for key in {**here, **there}
        if here.get(key) != there.get(key)
    ]


def _compute(work: Work, shared: bool, task: ShardTask) -> Iterator[Done]:
    """Yield what is done of a shard, batch by batch."""
    sink = (
        open_adopted(task.path.parent, task.aliases, task.path.name)
        if shared
        else _Home(task.plan.layout)
    )
    failures: dict[str, Failure] = {}
    filling = Filling(sink, task.plan, set(task.waiting), failures)
    said: set[str] = set()
    for batch in filling.steps(
        work.workers(), plan_batches(task.plan.planned, work.seconds), task.alone
    ):
        names = [p.utterance for p in batch if p.utterance in task.waiting]
        new = {name: why for name, why in failures.items() if name not in said}
        said |= new.keys()
        if isinstance(sink, _Home):
            for name, features in sink.take():
                yield Done([name], {}, {name: features})
            names = [name for name in names if name in new]
        yield Done(names, new)
    if isinstance(sink, FeatureStore):
        sink.flush()


class _Home:
    """Takes features that are sent home.

    Args:
        layout: layers, dim and dtype of the features.
    """

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self._features: list[tuple[str, np.ndarray]] = []

    def write(self, utterance: str, features: np.ndarray, source: int = 0) -> None:
        """Keep the features of an utterance until they are fetched."""
        self._features.append((utterance, features))

    def take(self) -> list[tuple[str, np.ndarray]]:
        """Return the features that were kept, and forget them."""
        taken, self._features = self._features, []
        return taken
