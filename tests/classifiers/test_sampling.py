"""The order of an epoch: every utterance once, or every class equally often."""

from collections import Counter

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from classifiers.sampling import draw_order


@given(
    sizes=st.lists(st.integers(1, 30), min_size=1, max_size=5),
    seed=st.integers(0, 2**32 - 1),
)
def test_classes_come_equally_often_and_so_do_the_utterances_of_each(sizes, seed):
    classes = np.repeat(np.arange(len(sizes)) * 2, sizes)  # gaps, as of classes that are absent
    count = len(classes)
    order = draw_order("balanced", classes, count, torch.Generator().manual_seed(seed))
    again = draw_order("balanced", classes, count, torch.Generator().manual_seed(seed))
    assert order == again
    assert len(order) == count
    for rounds in range(0, count - len(sizes) + 1, len(sizes)):
        assert len({classes[n] for n in order[rounds : rounds + len(sizes)]}) == len(sizes)
    for own in np.unique(classes):
        times = Counter(n for n in order if classes[n] == own)
        each = [times[n] for n in np.flatnonzero(classes == own)]
        assert max(each) - min(each) <= 1


def test_shuffled_is_every_utterance_once():
    order = draw_order("shuffled", np.zeros(9), 9, torch.Generator().manual_seed(0))
    assert sorted(order) == list(range(9))
    assert order == torch.randperm(9, generator=torch.Generator().manual_seed(0)).tolist()
