"""Arguments of a wrong type or value are refused by name, all others passed on as given."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from pydantic import PositiveInt

from featx.errors import FeatxError
from featx.runs.run import Run
from featx.utils.arguments import as_list, checked
from featx.utils.files import AnyPath


@checked
def train(
    paths: AnyPath | Sequence[AnyPath],
    *,
    seeds: PositiveInt = 1,
    rule: Literal["hard", "soft"] = "hard",
    layers: str | int | Sequence[int] = "all",
    overwrite: bool = False,
) -> tuple[object, ...]:
    """Return what arrived."""
    return paths, seeds, rule, layers, overwrite


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"seeds": 0}, "`seeds=0`: must be greater than 0."),
        ({"seeds": True}, "`seeds=True`: must be an integer."),
        ({"rule": "loud"}, "`rule='loud'`: must be 'hard' or 'soft'."),
        ({"paths": 3}, "`paths=3`: must be a string, a path or a list."),
        ({"paths": None}, "`paths=None`: must be a string, a path or a list."),
        ({"layers": [0, "x"]}, "`layers=[0, 'x']`: element 1 must be an integer."),
        ({"overwrite": "no"}, "`overwrite='no'`: must be True or False."),
    ],
)
def test_a_wrong_value_is_named_with_what_it_may_be(arguments, message):
    with pytest.raises(FeatxError) as caught:
        train(**{"paths": "x", **arguments})
    assert str(caught.value) == message


def test_a_long_value_is_shortened():
    with pytest.raises(FeatxError) as caught:
        train("x", seeds="y" * 1000)
    assert len(str(caught.value)) < 130


def test_right_values_arrive_as_they_were_given():
    run, paths = Run("runs/x"), ["a", Path("b")]
    assert train(run)[0] is run
    assert train(paths)[0] is paths


def test_what_is_read_once_or_is_numpys_arrives_as_pythons():
    paths, seeds, _, layers, _ = train(iter(["a"]), seeds=np.int64(2), layers=np.arange(2))
    assert (paths, seeds, layers) == (["a"], 2, [0, 1])
    assert type(seeds) is int
    assert train("a", layers=range(2))[3] == [0, 1]


def test_missing_and_unknown_arguments_are_pythons_errors():
    with pytest.raises(TypeError, match="paths"):
        train()
    with pytest.raises(TypeError, match="seed"):
        train("x", seed=1)


def test_a_single_value_counts_as_a_list():
    assert as_list("code") == ["code"]
    assert as_list(Path("code")) == [Path("code")]
    assert as_list(3) == [3]
    assert as_list(("a", "b")) == ["a", "b"]
    assert as_list(None) == []
