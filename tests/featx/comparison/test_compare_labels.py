"""Systems that predict several labels at once: scored from their files, and compared."""

import json
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, f1_score

import featx
from featx.comparison.compare_labels import LabelComparison
from featx.errors import FeatxError
from featx.scoring.groups.grouping import score_groups
from featx.scoring.labels.groups import Labelled
from featx.scoring.labels.scores import SeedLabels

LABELS = ("angry", "loud", "sad")


def draw(noise: float, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Return which labels fit 40 utterances, and probabilities that are as far off as asked."""
    fits = np.random.default_rng(0).random((40, 3)) < 0.4
    found = fits + noise * np.random.default_rng(seed).standard_normal((40, 3))
    return fits, np.round(found.clip(0, 1), 3)


def joined(chosen: np.ndarray) -> str:
    return "|".join(name for name, own in zip(LABELS, chosen, strict=True) if own) or "(none)"


@pytest.fixture
def write_labels(workplace):
    """Write a system's predictions, with its own choice of labels or without."""

    def write(name: str, noise: float, threshold: float | None = None, seeds: int = 2) -> Path:
        chosen = "" if threshold is None else ",predictions"
        lines = [f"utterance,speaker,seed,labels{chosen},{','.join(f'p_{n}' for n in LABELS)}"]
        for seed in range(seeds):
            for n, (fits, found) in enumerate(zip(*draw(noise, seed + 1), strict=True)):
                own = [] if threshold is None else [joined(found >= threshold)]
                cells = [f"u{n}", f"s{n % 8}", seed, joined(fits), *own, *found]
                lines.append(",".join(map(str, cells)))
        Path(name).mkdir()
        Path(name, "labels.csv").write_text("\n".join(lines) + "\n")
        return Path(name)

    return write


@pytest.mark.parametrize("threshold", [None, 0.3])
def test_a_file_of_labels_is_scored_as_by_scikit_learn(write_labels, threshold):
    (system,) = featx.evaluate(write_labels("good", 0.5, threshold, seeds=1)).systems
    fits, found = draw(0.5)
    chosen = found >= (threshold or 0.5)
    expected = {
        "macro_f1": f1_score(fits, chosen, average="macro"),
        "micro_f1": f1_score(fits, chosen, average="micro"),
        "map": average_precision_score(fits, found),
    }
    for name, value in expected.items():
        assert system.results.scores[name].mean == pytest.approx(100 * value)
    assert list(system.results.classes) == list(LABELS)
    assert json.loads(featx.evaluate(Path("good")).to_json())["task"] == "multilabel"


def test_several_are_a_row_each_and_groups_are_scored(write_labels):
    write_labels("good", 0.3)
    Path("groups.csv").write_text(
        "utterance,speaker,sex\n"
        + "".join(f"u{n},s{n % 8},{'female' if n % 2 else 'male'}\n" for n in range(40))
    )
    text = featx.evaluate(["good", write_labels("poor", 1)]).to_text()
    (row,) = [line.split() for line in text.splitlines() if "poor" in line]
    assert row[-3:] == ["2", "40", "3"]
    scored = featx.evaluate("good", manifest="groups.csv", by="sex")
    (groups,) = scored.systems[0].results.groups
    assert [group.value for group in groups.groups] == ["female", "male"]
    assert set(groups.gaps) == {"macro_f1", "micro_f1"}
    assert "Largest gap in macro F1 by sex" in scored.to_text()


def test_gaps_are_of_labels_that_fit_both_groups():
    fits, found = draw(0.8)
    women = np.arange(40) % 2 == 0
    fits[~women, 1] = False  # a label of women alone
    measure = Labelled([SeedLabels.at(fits, found, ())])
    values, speakers = np.where(women, "female", "male"), [f"s{n % 8}" for n in range(40)]
    gap = score_groups("sex", values.tolist(), speakers, measure).gaps["macro_f1"]
    chosen, both = found >= 0.5, [0, 2]
    scores = [
        f1_score(fits[own][:, both], chosen[own][:, both], average="macro")
        for own in (women, ~women)
    ]
    assert gap.difference.mean == pytest.approx(100 * abs(scores[0] - scores[1]))


def test_a_difference_has_an_interval_and_a_p(write_labels):
    paths = [write_labels("good", 0.3), write_labels("poor", 2), write_labels("same", 0.3)]
    comparison = featx.compare(paths)
    assert isinstance(comparison, LabelComparison)
    better, equal, worse = comparison.pairs
    assert better.difference.low > 0
    assert better.p < 0.01
    assert (equal.difference.mean, equal.difference.low, equal.p) == (0, 0, 1)
    assert worse.difference.high < 0
    assert "good − poor, mean average precision" in comparison.to_text()
    pair = json.loads(comparison.to_json())["pairs"][0]
    assert pair["map_difference"]["low"] <= pair["map_difference"]["mean"]
    assert comparison.to_markdown().count("good − same") == 3


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("sad,", "blue,"), r"line \d+: labels has 'blue', and there is no column p_blue"),
        (("p_sad", "q_sad"), "there is no column p_sad"),
        (("(none)", ""), r"labels is empty; \(none\) says"),
        (("u1,", "u2,"), "is already on line"),
        (("0.0", "high"), "not a number"),
    ],
)
def test_what_is_wrong_in_a_file_is_named_with_its_line(write_labels, change, words):
    path = write_labels("good", 0.3, seeds=1) / "labels.csv"
    path.write_text(path.read_text().replace(*change))
    with pytest.raises(FeatxError, match=words):
        featx.evaluate(path)


def test_systems_of_other_labels_or_kinds_are_refused(write_labels):
    write_labels("good", 0.3)
    other = write_labels("other", 0.3) / "labels.csv"
    head, *rows = other.read_text().splitlines()
    other.write_text("\n".join([f"{head},p_weary", *(f"{row},0" for row in rows)]))
    Path("classes.csv").write_text("utterance,label,prediction\nu1,sad,sad\n")
    with pytest.raises(FeatxError, match="good predicts angry, loud, sad, other angry"):
        featx.compare(["good", "other"])
    with pytest.raises(FeatxError, match="predicts several labels at once"):
        featx.evaluate(["good", "classes.csv"])


def test_the_report_shows_labels_thresholds_and_what_all_get_wrong(write_labels):
    runs = [write_labels("good", 0.6), write_labels("poor", 1)]
    page, markdown, latex = (path.read_text() for path in featx.report(runs))
    for heading in ("Results", "Differences", "Labels", "Together", "Thresholds", "Errors"):
        assert f"## {heading}" in markdown
        assert heading in latex
        assert f'id="{heading.lower()}"' in page
    good = featx.evaluate(runs).systems[0].results.labels["sad"]
    assert f"| sad | {good['precision']:.1f} | {good['recall']:.1f} |" in markdown
    assert "good: F1 by threshold" in page
    (listed,) = [own for own in markdown.splitlines() if "gets a label wrong" in own]
    fits, _ = draw(0)
    wrong = [(draw(noise, seed)[1] >= 0.5) != fits for noise in (0.6, 1) for seed in (1, 2)]
    assert f"{np.all([own.any(1) for own in wrong], 0).sum()} of 40" in listed
