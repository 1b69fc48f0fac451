"""The heads that a fit left in its run folder, read back: nothing in the files is trusted."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Self

import torch
from pydantic import Field, model_validator
from torch import Tensor

from classifiers.heads import HeadSettings, build_head
from classifiers.layer_average import averages_of
from classifiers.shape import InputShape
from classifiers.training import seeded
from featx.fitting.choices import Normalize
from featx.fitting.heads.inputs import HeadInput
from featx.fitting.heads.member import is_deviation, split_statistics, statistic_shapes
from featx.fitting.heads.model import FittedHead, FittedHeads
from featx.runs.files import DESCRIPTION, WEIGHTS
from featx.runs.outputs import Outputs
from featx.runs.safe_files import read_text_of, refused
from featx.runs.safe_weights import Shape, read_weights, shapes_of
from featx.utils.config import Schema


class _MemberEntry(Schema):
    """A head's place in the file of weights."""

    prefix: str
    seed: Annotated[int, Field(ge=-(2**31), lt=2**63)]
    fold: int | None  # none of a final head
    best_epoch: int


class _Description(Outputs):
    """What `model.json` holds."""

    head: HeadSettings
    normalize: Normalize
    priors: tuple[Annotated[float, Field(ge=0, le=1)], ...] = ()  # of classes in training
    inputs: Annotated[tuple[HeadInput, ...], Field(min_length=1, max_length=100)]
    members: Annotated[tuple[_MemberEntry, ...], Field(min_length=1, max_length=100_000)]

    @model_validator(mode="after")
    def _can_be_built(self) -> Self:
        """Refuse sizes that no head has, by which it would take hours to build."""
        for name, most in (("width", 1_000_000), ("depth", 1_000)):
            size = getattr(self.head, name, 0)
            if size > most:
                raise ValueError(f"head.{name} is {size:,}, and {most:,} are the most")
        if self.priors and len(self.priors) != len(self.classes or ()):
            raise ValueError("there must be a prior for each class")
        return self

    @property
    def shapes(self) -> list[InputShape]:
        """What the heads are built for, in the order of the inputs."""
        return [given.shape for given in self.inputs]

    def weights(self) -> dict[str, Shape]:
        """Return the shape of each weight of a head, without making any."""
        with torch.device("meta"):
            own = shapes_of(build_head(self.head, self.shapes, self.objective))
        if self.normalize == "global":
            own |= statistic_shapes(self.shapes)
        return own


def read_heads(folder: Path, seconds: float) -> FittedHeads:
    """Read the heads that a fit left in its run folder.

    Args:
        folder: the run's folder.
        seconds: how much of each utterance's beginning the heads heard, from the run's config.

    Raises:
        FeatxError: if a file is missing or damaged, or not as a fit writes it; nothing in it is
            executed, and no memory taken before its sizes are checked.
    """
    described = read_text_of(folder / DESCRIPTION, _Description)
    path = folder / WEIGHTS
    own = described.weights()
    entries = described.members
    expected = {f"{e.prefix}{name}": shape for e in entries for name, shape in own.items()}
    if len(expected) < len(entries) * len(own):
        raise refused(folder / DESCRIPTION, "by their prefixes, two of its heads share weights")
    weights = read_weights(path, expected)
    members = tuple(
        _build(described, e, {name: weights[f"{e.prefix}{name}"] for name in own}, path)
        for e in entries
    )
    final = tuple(member for member in members if member.fold is None)
    return FittedHeads(
        classes=described.classes or (),
        dimensions=described.dimensions or (),
        several=described.several,
        priors=described.priors,
        normalize=described.normalize,
        inputs=described.inputs,
        seconds=seconds,
        average_frames=described.head.average_frames,
        members=final or members,
        cross_validated=tuple(m for m in members if m.fold is not None) if final else (),
    )


def _build(
    described: _Description, entry: _MemberEntry, own: Mapping[str, Tensor], path: Path
) -> FittedHead:
    for name, value in own.items():
        if is_deviation(name) and not (value > 0).all():
            raise refused(path, f"{entry.prefix}{name} has a deviation that is not above zero")
    trained, statistics = split_statistics(own, len(described.inputs))
    head = seeded(
        lambda: build_head(described.head, described.shapes, described.objective), entry.seed
    )
    head.load_state_dict(trained)
    for average in averages_of(head):
        if not average.weights.isfinite().all():  # of |w| over a sum that is zero
            raise refused(path, f"the layers of {entry.prefix}* have weights that are no numbers")
    return FittedHead(entry.seed, entry.fold, head.eval().requires_grad_(False), statistics)
