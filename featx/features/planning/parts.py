"""The parts of an extraction that the jobs of an array do, each with files of its own."""

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, chain
from typing import Self

from cache import PlannedUtterance, split_into_blocks
from featx.errors import FeatxError
from featx.features.planning.plan import ExtractionPlan
from featx.utils.text import counted

_WRITTEN = re.compile(r"(\d+)/(\d+)")


@dataclass(frozen=True)
class Part:
    """A part of a corpus.

    Attributes:
        number: which part, from 1.
        of: how many parts there are.
    """

    number: int
    of: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the part that is written as "2/8".

        Raises:
            FeatxError: if it is written otherwise, or there is no such part.
        """
        written = _WRITTEN.fullmatch(text)
        if not written or not 1 <= int(written[1]) <= int(written[2]):
            raise FeatxError(
                f"`shard={text!r}`: give a part and how many there are, such as 2/8; parts are "
                "counted from 1."
            )
        return cls(int(written[1]), int(written[2]))

    @property
    def name(self) -> str:
        """The part as names of files have it, such as "2of8"."""
        return f"{self.number}of{self.of}"

    @property
    def prefix(self) -> str:
        """What the names of its files begin with."""
        return f"shard-{self.name}"

    @property
    def failures(self) -> str:
        """The name of the file that lists which of its utterances have no features."""
        return f"failures-{self.name}.csv"

    def cut(self, plan: ExtractionPlan, block_samples: int) -> ExtractionPlan:
        """Return what this part writes of a plan; the first also has what can't be planned.

        Parts are runs of whole blocks, with about the same length of audio, so that batches are
        those of an undivided extraction.

        Args:
            plan: what all parts write.
            block_samples: the length of audio that is computed together.
        """
        blocks = list(split_into_blocks(plan.planned, block_samples))
        planned = tuple(chain.from_iterable(self._share(blocks)))
        names = {utterance.utterance for utterance in planned}
        utterances = tuple(u for u in plan.utterances if u.utterance in names)
        failures = plan.failures if self.number == 1 else {}
        return replace(plan, utterances=utterances, planned=planned, failures=failures)

    def describe(self, plan: ExtractionPlan) -> str:
        """Say in words what the part writes."""
        whole = f"Part {self.number} of {self.of}"
        if not plan.planned:
            return f"{whole}: nothing, the corpus makes fewer parts."
        size = counted(len(plan.planned), "utterance")
        return f"{whole}: {size}, {plan.seconds / 3600:.2f} h of audio."

    def _share(
        self, blocks: Sequence[Sequence[PlannedUtterance]]
    ) -> Sequence[Sequence[PlannedUtterance]]:
        """Return the blocks whose middle falls into this part of the audio."""
        lengths = [sum(planned.samples for planned in block) for block in blocks]
        ends = list(accumulate(lengths))
        middles = [end - length / 2 for end, length in zip(ends, lengths, strict=True)]
        total = ends[-1] if ends else 0
        first, last = (
            bisect_left(middles, total * number / self.of)
            for number in (self.number - 1, self.number)
        )
        return blocks[first:last]
