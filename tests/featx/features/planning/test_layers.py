"""Layers as a user writes them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from featx.errors import FeatxError
from featx.features.planning.layers import parse_layers


@pytest.mark.parametrize(
    ("text", "layers"),
    [("0", (0,)), ("0,4-6", (0, 4, 5, 6)), ("6, 2-3,3", (2, 3, 6)), ("12-12", (12,))],
)
def test_numbers_and_ranges(text, layers):
    assert parse_layers(text, 12) == layers


@given(st.sets(st.integers(0, 48), min_size=1))
def test_every_set_of_layers_can_be_written(layers):
    assert parse_layers(",".join(map(str, layers)), 48) == tuple(sorted(layers))


@pytest.mark.parametrize("text", ["", "a", "4-2", "1,,2", "-1", "1.5", "0-", "1 2", "²"])
def test_what_is_no_list_of_layers_is_explained(text):
    with pytest.raises(FeatxError, match="such as 0,4-12"):
        parse_layers(text, 12)


@pytest.mark.parametrize("text", ["13", "0-13"])
def test_layers_the_encoder_lacks_are_refused(text):
    with pytest.raises(FeatxError, match=r"no layer 13. It has 0 \(the local encoder\) to 12"):
        parse_layers(text, 12)
