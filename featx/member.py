"""One trained head of a run: a seed on a fold."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from classifiers.training import Epoch
from featx.files import write_bytes


@dataclass(frozen=True)
class Member:
    """A trained head with what it predicted.

    Attributes:
        seed: of its initial weights, order and dropout.
        fold: number of the fold.
        weights: the head's parameters by name.
        layer_weights: (layers,) of the layer average.
        probabilities: "validation" and "test" to (utterances, classes), in the fold's order.
        history: one entry an epoch.
    """

    seed: int
    fold: int
    weights: Mapping[str, Tensor]
    layer_weights: Tensor
    probabilities: Mapping[str, Tensor]
    history: list[Epoch]

    @property
    def best_epoch(self) -> Epoch:
        """The epoch whose weights were kept."""
        return min(self.history, key=lambda epoch: epoch.validation_loss)

    def save(self, folder: Path, inputs: str) -> None:
        """Write the member to its file in a folder.

        Args:
            folder: of the run's finished members.
            inputs: digest of what it was trained on, checked by `load`.
        """
        tensors = {f"head.{name}": value for name, value in self.weights.items()}
        tensors |= {f"probabilities.{name}": p for name, p in self.probabilities.items()}
        tensors["layer_weights"] = self.layer_weights
        history = json.dumps([asdict(epoch) for epoch in self.history])
        metadata = {"inputs": inputs, "history": history}
        write_bytes(_path(folder, self.seed, self.fold), save(tensors, metadata))


def load_member(folder: Path, seed: int, fold: int, inputs: str) -> Member | None:
    """Return a member finished earlier, or None if there is none for these inputs."""
    path = _path(folder, seed, fold)
    if not path.exists():
        return None
    try:
        with safe_open(path, "pt") as file:
            metadata = file.metadata()
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except SafetensorError:  # damaged: it is trained again
        return None
    if metadata["inputs"] != inputs:
        return None
    return Member(
        seed,
        fold,
        weights=_under("head.", tensors),
        layer_weights=tensors["layer_weights"],
        probabilities=_under("probabilities.", tensors),
        history=[Epoch(**epoch) for epoch in json.loads(metadata["history"])],
    )


def _path(folder: Path, seed: int, fold: int) -> Path:
    return folder / f"seed{seed}-fold{fold}.safetensors"


def _under(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {n.removeprefix(prefix): t for n, t in tensors.items() if n.startswith(prefix)}
