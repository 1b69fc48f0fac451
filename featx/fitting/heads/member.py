"""A trained head of a run: a seed on a fold."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from torch import Tensor

from classifiers.batch import Examples
from classifiers.head import Head
from classifiers.history import Epoch, Trained
from classifiers.layer_average import averages_of
from classifiers.shape import InputShape
from classifiers.statistics import Statistics
from featx.runs.members import member_name, read_member, write_member

_STATISTICS = "statistics."  # begins the names of what was measured, not trained


@dataclass(frozen=True)
class Member:
    """A trained head with what it predicted.

    Attributes:
        seed: the seed of its initial weights, order and dropout.
        fold: the number of the fold.
        weights: the head's parameters by name.
        layer_weights: the weights of each store's layers, (layers,); none where none are averaged.
        probabilities: "validation" and "test" to (utterances, classes), in the fold's order.
        history: an entry for each epoch.
        best: the index of the entry whose weights were kept.
    """

    seed: int
    fold: int
    weights: Mapping[str, Tensor]
    layer_weights: Sequence[Tensor]
    probabilities: Mapping[str, Tensor]
    history: Sequence[Epoch]
    best: int

    @classmethod
    def of(
        cls,
        seed: int,
        fold: int,
        trained: Trained,
        training: Examples,
        probabilities: Mapping[str, Tensor],
    ) -> "Member":
        """Return a trained head with all that it needs to predict again."""
        weights = weights_of(trained.final, training)
        layer_weights = [a.weights.detach().cpu() for a in averages_of(trained.final)]
        return cls(seed, fold, weights, layer_weights, probabilities, trained.history, trained.best)

    @property
    def best_epoch(self) -> Epoch:
        """The epoch whose weights were kept."""
        return self.history[self.best]

    def save(self, folder: Path, inputs: str) -> int:
        """Write the member to its file in a folder, and return how many bytes it has.

        Args:
            folder: where the run's finished members are kept.
            inputs: a digest of what it was trained on, which `load_member` checks.
        """
        tensors = {f"head.{name}": value for name, value in self.weights.items()}
        tensors |= {f"probabilities.{name}": p for name, p in self.probabilities.items()}
        tensors |= {f"layers.{n}": weights for n, weights in enumerate(self.layer_weights)}
        history = json.dumps([asdict(epoch) for epoch in self.history])
        facts = {"history": history, "best": str(self.best)}
        return write_member(folder, member_name(self.seed, self.fold), inputs, tensors, facts)


def weights_of(head: Head, training: Examples) -> dict[str, Tensor]:
    """Return all that a head needs to predict again, on the CPU.

    What all speakers are standardised by goes with the weights; a speaker's own mean and
    deviation are not the model's.

    Args:
        head: the trained head.
        training: what it was trained on.
    """
    weights = {name: value.detach().cpu() for name, value in head.state_dict().items()}
    for number, branch in enumerate(training.branches):
        if branch.statistics and branch.groups is None:
            weights[f"{_STATISTICS}{number}.mean"] = branch.statistics.mean[0].cpu()
            weights[f"{_STATISTICS}{number}.deviation"] = branch.statistics.deviation[0].cpu()
    return weights


def is_statistic(weight: str) -> bool:
    """Tell whether a weight was measured on the features, not trained."""
    return weight.startswith(_STATISTICS)


def statistic_shapes(shapes: Sequence[InputShape]) -> dict[str, tuple[int, int]]:
    """Return the shape of each weight that was measured, where all speakers share them.

    Args:
        shapes: the shape of each store's features.
    """
    return {
        f"{_STATISTICS}{store}.{what}": (shape.layers, shape.dim)
        for store, shape in enumerate(shapes)
        for what in ("mean", "deviation")
    }


def is_deviation(weight: str) -> bool:
    """Tell whether a weight is a measured deviation."""
    return is_statistic(weight) and weight.endswith(".deviation")


def split_statistics(
    weights: Mapping[str, Tensor], stores: int
) -> tuple[dict[str, Tensor], tuple[Statistics | None, ...]]:
    """Separate a member's trained weights from what features are standardised by.

    Args:
        weights: the weights of a member.
        stores: how many stores the head takes.

    Returns:
        The head's parameters by name, and the statistics for each store; None where each speaker
        has statistics of his own, or nothing is standardised.
    """
    trained = {name: value for name, value in weights.items() if not is_statistic(name)}
    measured = _under(_STATISTICS, weights)
    statistics = tuple(
        Statistics(measured[f"{store}.mean"][None], measured[f"{store}.deviation"][None])
        if f"{store}.mean" in measured
        else None
        for store in range(stores)
    )
    return trained, statistics


def load_member(folder: Path, seed: int, fold: int, inputs: str) -> Member | None:
    """Return a member finished earlier, or None if there is none for these inputs."""
    found = read_member(folder, member_name(seed, fold), inputs)
    if found is None:
        return None
    tensors, facts = found
    return Member(
        seed,
        fold,
        weights=_under("head.", tensors),
        layer_weights=[value for _, value in sorted(_under("layers.", tensors).items())],
        probabilities=_under("probabilities.", tensors),
        history=[Epoch(**epoch) for epoch in json.loads(facts["history"])],
        best=int(facts["best"]),
    )


def _under(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {n.removeprefix(prefix): t for n, t in tensors.items() if n.startswith(prefix)}
