"""Names lose what they share and nothing else."""

from hypothesis import given
from hypothesis import strategies as st

from featx.utils.text import shortened

WORDS = st.lists(st.sampled_from("abc"), min_size=1, max_size=4).map("-".join)


def test_what_all_names_begin_and_end_with_is_left_out():
    names = ["paper-base-run", "paper-base-large-run", "paper-tiny-run"]
    assert shortened(names) == ["base", "base-large", "tiny"]
    assert shortened(["system/seed1", "system/seed2"]) == ["seed1", "seed2"]
    assert shortened(["a-b"]) == ["a-b"]


@given(st.lists(WORDS, min_size=2, max_size=4, unique=True))
def test_short_names_differ_and_are_parts_of_the_names(names):
    short = shortened(names)
    assert len(set(short)) == len(names)
    assert all(short)
    assert all(part in name for part, name in zip(short, names, strict=True))
