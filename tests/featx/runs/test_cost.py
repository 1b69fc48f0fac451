"""A cost is read as it was written, a damaged one is refused, and figures are readable."""

import json

import pytest

from featx.errors import FeatxError
from featx.runs.cost import (
    describe_parameters,
    describe_seconds,
    read_cost,
    write_cost,
)


def test_a_cost_is_read_as_it_was_written(workplace, cost):
    assert read_cost(workplace) is None
    write_cost(workplace, cost)
    assert read_cost(workplace) == cost


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"seconds": "long"}, "seconds is 'long'"),
        ({"seconds": float("nan")}, "seconds is nan"),
        ({"models": 0}, "models is 0"),
        ({"peak_memory": -1}, "peak_memory is -1"),
        ({"peak_gpu_memory": True}, "peak_gpu_memory is True"),
        ({"device": None}, "device is None"),
    ],
)
def test_a_damaged_cost_is_refused(workplace, cost, change, part):
    (workplace / "cost.json").write_text(json.dumps({**cost.model_dump(), **change}))
    with pytest.raises(FeatxError, match=f"cost.json: damaged, {part}"):
        read_cost(workplace)


@pytest.mark.parametrize("content", ["{", "[]", '{"seconds": 1}', b"\xff"])
def test_a_file_that_is_no_cost_is_refused(workplace, content):
    path = workplace / "cost.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(FeatxError, match=r"cost.json: damaged"):
        read_cost(workplace)


def test_figures_are_readable():
    assert [describe_seconds(s) for s in (0.04, 8.24, 45.2, 231, 3599.7, 7440)] == [
        "0.0 s",
        "8.2 s",
        "45 s",
        "3 min 51 s",
        "1 h 0 min",
        "2 h 4 min",
    ]
    assert [describe_parameters(n) for n in (208, 19_900, 94_400_000)] == [
        "208",
        "19.9 k",
        "94.4 M",
    ]
