"""One fine-tuned model of a run: a seed on a fold."""

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from featx.finetuning.choices import BestBy
from featx.runs.members import member_name, read_member, write_member
from featx.scoring.predictions import rounded
from featx.utils.config import Schema

COURSE = "told"  # the key in a member's file
_LAYERS = "layers."  # before the names of weights of layers in it


@dataclass(frozen=True)
class Look:
    """One look at the validation data.

    Attributes:
        step: number of the optimiser's last step, from 1.
        epoch: passes over the training data up to here.
        learning_rate: the encoder's rate; the head's where the encoder is frozen.
        train_loss: the mean loss of the batches since the last look, as they were seen.
        train_wa: share of their utterances recognised, 0 to 1; None where no classes are learned.
        validation_loss: the loss over the validation data.
        validation_score: their score: of classes the unweighted average recall (UAR), 0 to 1, of
            several labels the macro F1, 0 to 1, of numbers the mean concordance (CCC).
        validation_wa: share of them recognised, 0 to 1; None where no classes are learned.
        train_seconds: the seconds from the end of the previous look to the beginning of this look.
        seconds: since the beginning, this look included, pauses left out.
    """

    step: int
    epoch: float
    learning_rate: float
    train_loss: float
    train_wa: float | None
    validation_loss: float
    validation_score: float
    validation_wa: float | None
    train_seconds: float
    seconds: float

    def worth(self, best_by: BestBy) -> float:
        """Return the value that the best look has highest.

        Args:
            best_by: "score", "wa", "loss", which counts as minus the loss, or "parting". The best
                look by "parting" is the last at which the validation loss is not above the
                training loss; if it is above at all looks, the one with the smallest difference.
                It is our rule for the words of Gavali and Verma (2023), who take the checkpoint
                at which the test loss begins to part from the training loss.
        """
        ahead = self.validation_loss - self.train_loss
        values = {
            "score": self.validation_score,
            "wa": self.validation_wa,
            "loss": -self.validation_loss,
            "parting": -ahead if ahead > 0 else self.step,
        }
        value = values[best_by]
        assert value is not None, "classes are learned, as whoever chose `wa` has checked"
        return value

    def worth_of_model(self, best_by: BestBy) -> float:
        """Return the value by which a run's models are compared, this being a model's best look.

        Where curves part says when to stop, not how good a model is: there the loss compares.
        """
        return self.worth("loss" if best_by == "parting" else best_by)


def read_log(log: Sequence[Mapping[str, Any]]) -> list[Look]:
    """Return the looks at the validation data that are in Trainer's log.

    Their numbers are rounded as `history.csv` has them: what is read back chooses the same look.
    """
    looks: list[Look] = []
    training: dict[int, Mapping[str, Any]] = {}
    for entry in log:
        if "loss" in entry:
            training[entry["step"]] = entry
        elif "eval_loss" in entry:
            before = training[entry["step"]]
            look = Look(
                step=entry["step"],
                epoch=entry["epoch"],
                learning_rate=before["learning_rate"],
                train_loss=before["loss"],
                train_wa=before.get("wa"),
                validation_loss=entry["eval_loss"],
                validation_score=entry["eval_score"],
                validation_wa=entry.get("eval_wa"),
                train_seconds=before["seconds"] - (looks[-1].seconds if looks else 0.0),
                seconds=entry["seconds"],
            )
            looks.append(Look(*rounded(astuple(look))))
    return looks


def best_look(looks: Sequence[Look], best_by: BestBy) -> int:
    """Return the index of the best look, the first of equals."""
    return max(range(len(looks)), key=lambda index: (looks[index].worth(best_by), -index))


def is_over(looks: Sequence[Look], best_by: BestBy, patience: float) -> bool:
    """Tell whether as many looks as `patience` followed the best one."""
    return bool(looks) and len(looks) - 1 - best_look(looks, best_by) >= patience


@dataclass(frozen=True)
class TunedMember:
    """What a fine-tuned model predicted, and how it got there.

    Attributes:
        seed: decided its initial head, order, dropout and masking.
        fold: number of the fold.
        probabilities: "test" and, unless the test data chose the checkpoint, "validation" to
            (utterances, outputs), in the fold's order; of numbers these are what is predicted.
        history: one entry for each look at the validation data.
        best: index of the look whose weights were kept.
        peak_memory: bytes of the process.
        peak_gpu_memory: bytes, or None without a GPU.
        layer_weights: those of the average of all layers, (layers,), in a list; none without one.
    """

    seed: int
    fold: int
    probabilities: Mapping[str, Tensor]
    history: Sequence[Look]
    best: int
    peak_memory: int
    peak_gpu_memory: int | None
    layer_weights: Sequence[Tensor] = ()

    @property
    def name(self) -> str:
        """Its name in the run, such as "seed0-fold1"."""
        return member_name(self.seed, self.fold)

    @property
    def best_look(self) -> Look:
        """The look whose weights were kept."""
        return self.history[self.best]

    def save(self, folder: Path, inputs: str) -> None:
        """Write the member to its file in a folder.

        Args:
            folder: where the run keeps its finished members.
            inputs: digest of what it was trained on, checked by `load_tuned_member`.
        """
        course = _Course(
            history=list(self.history),
            best=self.best,
            peak_memory=self.peak_memory,
            peak_gpu_memory=self.peak_gpu_memory,
        )
        kept = {COURSE: course.model_dump_json()}
        weights = {f"{_LAYERS}{n}": value for n, value in enumerate(self.layer_weights)}
        write_member(folder, self.name, inputs, {**self.probabilities, **weights}, kept)


def load_tuned_member(folder: Path, seed: int, fold: int, inputs: str) -> TunedMember | None:
    """Return a member finished earlier, or None if there is none for these inputs."""
    found = read_member(folder, member_name(seed, fold), inputs)
    if found is None:
        return None
    tensors, kept = found
    course = _Course.model_validate_json(kept[COURSE])
    return TunedMember(
        seed=seed,
        fold=fold,
        probabilities={n: value for n, value in tensors.items() if not n.startswith(_LAYERS)},
        history=course.history,
        best=course.best,
        peak_memory=course.peak_memory,
        peak_gpu_memory=course.peak_gpu_memory,
        layer_weights=[value for name, value in tensors.items() if name.startswith(_LAYERS)],
    )


class _Course(Schema):
    """How a member got where it is, as its file keeps it."""

    history: list[Look]
    best: int
    peak_memory: int
    peak_gpu_memory: int | None
