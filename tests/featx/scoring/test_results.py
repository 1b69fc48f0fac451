"""How counts are written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from featx.scoring.results import describe_count


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0"), (12, "12"), (0.5, "0.5"), (12.04, "12"), (99.97, "100"), (117.5, "118"),
        (1000, "1,000"), (2850, "2,850"), (2849.6, "2,850"), (1e7, "10,000,000"),
    ],
)  # fmt: skip
def test_counts_are_written_out(count: float, text: str) -> None:
    assert describe_count(count) == text


@given(st.integers(0, 10**12))
def test_whole_counts_are_exact(count: int) -> None:
    assert int(describe_count(count).replace(",", "")) == count
