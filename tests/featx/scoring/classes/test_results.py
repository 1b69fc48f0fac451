"""How counts are written, and the averages of the report by class."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import classification_report

from featx.scoring.classes.results import Results, SeedPredictions, score_predictions
from featx.scoring.text import describe_count

CLASSES = ("neutral", "happy", "sad", "angry")
PAIRS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=40)


def results(*seeds) -> Results:
    """Return the results of seeds, each a list of true and predicted class indices."""
    predictions = [SeedPredictions(*np.array(pairs).T, ["s"] * len(pairs)) for pairs in seeds]
    return score_predictions("t", CLASSES, predictions, False)


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


@settings(max_examples=40)
@given(PAIRS)
def test_the_report_by_class_is_that_of_scikit_learn(pairs):
    expected = classification_report(*zip(*pairs, strict=True), output_dict=True, zero_division=0)
    found = results(pairs)
    rows = dict(enumerate(found.per_class().values())) | found.averages()
    for name in (*{label for pair in pairs for label in pair}, "macro avg", "weighted avg"):
        wanted = expected[str(name)]
        for figure in ("precision", "recall", "f1"):
            other = wanted["f1-score" if figure == "f1" else figure]
            assert rows[name][figure] == pytest.approx(100 * other)
        assert rows[name]["utterances"] == wanted["support"]


@given(st.lists(PAIRS, min_size=2, max_size=3))
def test_the_averages_of_seeds_are_those_of_their_predictions_together(seeds):
    several = results(*seeds).averages()
    together = results([pair for pairs in seeds for pair in pairs]).averages()
    for name, row in together.items():
        assert several[name] == pytest.approx(row | {"utterances": row["utterances"] / len(seeds)})


def test_a_class_that_is_only_predicted_lowers_macro_recall_but_not_uar():
    found = results([(0, 0), (1, 1), (1, 2), (0, 0)])
    assert found.scores["uar"].mean == 75
    assert found.averages()["macro avg"]["recall"] == pytest.approx(50)
    assert found.averages()["weighted avg"]["recall"] == found.scores["wa"].mean == 75


def test_text_notebook_and_file_have_the_averages():
    found = results([(0, 0), (1, 1), (2, 1), (3, 3)])
    (line,) = [line for line in found.to_text().splitlines() if "macro avg" in line]
    assert line.split() == ["macro", "avg", "62.5", "75.0", "66.7", "4"]
    assert "weighted avg" in found.to_text()
    assert "weighted avg" in found._repr_html_()
    assert found.to_json()["averages"] == found.averages()
