"""One fine-tuned model of a run: a seed on a fold."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from torch import Tensor

from featx.finetuning.history import Look
from featx.member_file import member_name, read_member, write_member


@dataclass(frozen=True)
class TunedMember:
    """What a fine-tuned model predicted, and how it got there.

    Attributes:
        seed: of its initial head, order, dropout and masking.
        fold: number of the fold.
        probabilities: "test" and, unless the test data chose the checkpoint, "validation" to
            (utterances, classes), in the fold's order.
        history: one entry for each look at the validation data.
        best: index of the look whose weights were kept.
        peak_memory: bytes of the process.
        peak_gpu_memory: bytes, or None without a GPU.
    """

    seed: int
    fold: int
    probabilities: Mapping[str, Tensor]
    history: Sequence[Look]
    best: int
    peak_memory: int
    peak_gpu_memory: int | None

    @property
    def name(self) -> str:
        """As in "seed0-fold1"."""
        return member_name(self.seed, self.fold)

    @property
    def best_look(self) -> Look:
        """The look whose weights were kept."""
        return self.history[self.best]

    def save(self, folder: Path, inputs: str) -> None:
        """Write the member to its file in a folder.

        Args:
            folder: of the run's finished members.
            inputs: digest of what it was trained on, checked by `load_tuned_member`.
        """
        told = {
            "history": [asdict(look) for look in self.history],
            "best": self.best,
            "peak_memory": self.peak_memory,
            "peak_gpu_memory": self.peak_gpu_memory,
        }
        kept = {"told": json.dumps(told)}
        write_member(folder, self.name, inputs, self.probabilities, kept)


def load_tuned_member(folder: Path, seed: int, fold: int, inputs: str) -> TunedMember | None:
    """Return a member finished earlier, or None if there is none for these inputs."""
    found = read_member(folder, member_name(seed, fold), inputs)
    if found is None:
        return None
    probabilities, kept = found
    told = json.loads(kept["told"])
    history = [Look(**look) for look in told.pop("history")]
    return TunedMember(seed, fold, probabilities, history, **told)
