"""An extraction of augmented copies in place of the utterances of a plan."""

from dataclasses import dataclass, fields, replace

from cache import PlannedUtterance
from featx.data.audio import AudioError, Waveform, count_samples
from featx.data.augmentation.copies import Copies, digest_copy
from featx.data.manifest import Utterance
from featx.errors import FeatxError
from featx.features.planning.plan import ExtractionPlan, Shape
from featx.features.writing.failures import Failure


@dataclass(frozen=True, kw_only=True)
class CopiesPlan(ExtractionPlan):
    """What an extraction of augmented copies will write.

    The limit is that of the utterances: a slower copy can be longer.

    Attributes:
        copies: how they are made.
    """

    copies: Copies

    @property
    def augmentation(self) -> str:
        """What utterances are changed by before."""
        return self.copies.augmenter.identity

    def read(self, planned: PlannedUtterance) -> Waveform:
        """Decode the utterance of one of the planned copies, and change it.

        Raises:
            AudioError: if that is not possible, or gives another length than was planned.
        """
        utterance = self._by_name[planned.utterance]
        samples = count_samples(utterance.path, utterance.start, utterance.end)
        original = replace(planned, samples=min(samples, self.limit.samples))
        copy = self.copies.change(super().read(original), planned.utterance)
        if len(copy) != planned.samples:
            raise AudioError(f"{utterance.path}: has changed while featx was at work")
        return copy


def plan_copies(plan: ExtractionPlan, copies: Copies, shape: Shape) -> CopiesPlan:
    """Return the plan of the copies of a plan's utterances.

    Args:
        plan: the utterances as they are.
        copies: how they are made.
        shape: the shape of the features.

    Raises:
        FeatxError: if all copies are too short.
    """
    utterances: list[Utterance] = []
    planned: list[PlannedUtterance] = []
    failures = dict(plan.failures)
    for utterance, original in zip(plan.utterances, plan.planned, strict=True):
        for copy in copies.of([utterance]):
            name = copy.utterance
            samples = copies.length(original.samples, name)
            frames = shape.frames(samples)
            if not frames:
                why = f"{copy.path}: too short for one frame once it is faster, {samples} samples"
                failures[name] = Failure.of(copy.path, "header", why)
                continue
            utterances.append(copy)
            source = digest_copy(original.source, name)
            planned.append(PlannedUtterance(name, samples, frames, source))
    if not planned:
        raise FeatxError("No copy can be extracted, as all are too short for one frame.")
    kept = {field.name: getattr(plan, field.name) for field in fields(plan)}
    made = {"utterances": tuple(utterances), "planned": tuple(planned), "failures": failures}
    return CopiesPlan(**{**kept, **made}, copies=copies)
