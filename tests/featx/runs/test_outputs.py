"""What the outputs of saved models stand for."""

import pytest
from pydantic import ValidationError

from classifiers.multilabel import MultiLabel
from classifiers.objectives import Classification
from classifiers.regression import Regression
from featx.runs.outputs import Outputs


@pytest.mark.parametrize(
    ("table", "objective"),
    [
        ({"classes": ["a", "b"]}, Classification(2, ("a", "b"))),
        ({"classes": ["a", "b"], "several": True}, MultiLabel(2, ("a", "b"))),
        ({"dimensions": ["arousal"]}, Regression(1)),
    ],
)
def test_a_table_says_what_is_learned(table, objective):
    outputs = Outputs.model_validate(table)
    assert outputs.objective == objective
    assert len(outputs.names) == objective.outputs
    assert outputs.to_table() == table


@pytest.mark.parametrize("table", [{}, {"classes": ["a"], "dimensions": ["b"]}])
def test_a_model_has_either_classes_or_dimensions(table):
    with pytest.raises(ValidationError, match=r"either classes or dimensions"):
        Outputs.model_validate(table)
