"""Training utterances that are changed anew each epoch."""

from collections.abc import Iterator
from typing import NamedTuple

from torch.utils.data import Dataset, Sampler

from featx.data.augmentation.augment import Augmenter
from featx.finetuning.training.waveforms import Example, Order, Waveforms


class Visit(NamedTuple):
    """An utterance in an epoch: what it is changed to depends on both, and on who reads it not."""

    epoch: int
    place: int


class Augmented(Dataset[Example]):
    """Utterances with their labels, read and changed when asked for.

    Args:
        waveforms: the utterances as they are.
        augmenter: what changes them.
        seed: the seed of the training; another one has other changes.

    Attributes:
        samples: how many samples each utterance has before it is changed.
        labels: what is to be learned of each.
    """

    def __init__(self, waveforms: Waveforms, augmenter: Augmenter, seed: int) -> None:
        self.samples, self.labels = waveforms.samples, waveforms.labels
        self._waveforms, self._augmenter, self._seed = waveforms, augmenter, seed

    def __len__(self) -> int:
        return len(self._waveforms)

    def __getitem__(self, visit: Visit) -> Example:
        """Return `waveform` (samples,) float32 at 16 kHz and `label`."""
        name = self._waveforms.utterances[visit.place].utterance
        waveform = self._waveforms.read(visit.place)
        changed = self._augmenter.change(waveform, name, (self._seed, visit.epoch)).waveform
        return self._waveforms.prepare(changed, visit.place)


class Visits(Sampler[Visit]):
    """The order of an epoch, whose number goes with each utterance to the process that reads it.

    Args:
        order: the order of the utterances, which knows the epoch.
    """

    def __init__(self, order: Order) -> None:
        self._order = order

    def __len__(self) -> int:
        return len(self._order)

    def __iter__(self) -> Iterator[Visit]:
        return (Visit(self._order.epoch, index) for index in self._order)
