"""Systems are compared on the same utterances or refused; costs are shown."""

import csv
import json
import random
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from featx.comparison.compare import compare
from featx.comparison.comparison import Comparison
from featx.errors import FeatxError
from featx.runs.cost import write_cost
from featx.scoring.classes.results import SeedPredictions, score_predictions
from featx.scoring.significance import holm

CLASSES = ("angry", "happy", "sad")


@pytest.fixture(autouse=True)
def _elsewhere(workplace):
    """Stand in an empty folder."""


def rows(skill: float, seeds: int = 1, speakers: int = 6, **columns: str) -> list[dict[str, str]]:
    """Predictions of which a share is right, of six utterances a speaker."""
    chance = random.Random(f"{skill}")
    found = []
    for seed in range(1, seeds + 1):
        for number in range(6 * speakers):
            label = CLASSES[number % 3]
            right = chance.random() < skill
            row = {"utterance": f"u{number:02}", "speaker": f"s{number // 6}", "seed": str(seed)}
            row |= {"label": label, "prediction": label if right else chance.choice(CLASSES)}
            found.append({**row, **columns})
    return found


def write(folder: str, table: list[dict[str, str]]) -> Path:
    path = Path(folder, "predictions.csv")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, table[0])
        writer.writeheader()
        writer.writerows(table)
    return path.parent


def write_metrics(folder: Path, shared: bool, *remarks: str) -> None:
    """Write what a finished run says of itself."""
    labels = np.array([0, 1])
    seeds = [SeedPredictions(labels, labels, ["s0", "s1"])]
    results = score_predictions("a run", ["x", "y"], seeds, shared, remarks)
    (folder / "metrics.json").write_text(json.dumps(results.to_json()))


def refusal(*paths: Path) -> str:
    with pytest.raises(FeatxError) as caught:
        compare(paths)
    return str(caught.value)


def forms(comparison: Comparison) -> list[str]:
    return [
        comparison.to_text(),
        comparison.to_markdown(),
        comparison.to_latex(),
        comparison.to_json(),
    ]


def test_the_better_of_two_is_told_in_points_and_by_mcnemar():
    compared = compare([write("good", rows(0.9, 3)), write("poor", rows(0.2, 3))])
    (pair,) = compared.pairs
    means = [system.results.scores["uar"].mean for system in compared.systems]
    assert pair.difference.mean == pytest.approx(means[0] - means[1])
    assert 0 < pair.difference.low < pair.difference.mean < pair.difference.high
    assert len(pair.tests) == 9
    assert all(test.only_first > test.only_second for test in pair.tests)
    assert pair.p == pair.holm == pytest.approx(2 * np.median([test.p for test in pair.tests]))


def test_a_system_against_its_copy_differs_by_nothing():
    compared = compare([write("one", rows(0.6, 2)), write("two", rows(0.6, 2))])
    (pair,) = compared.pairs
    assert asdict(pair.difference) == {"mean": 0, "low": 0, "high": 0}
    assert {test.p for test in pair.tests} == {1}
    assert "0.0 to 0.0" in compared.to_text()


@pytest.mark.parametrize("speaker", [{}, {"speaker": ""}])
def test_the_order_of_rows_changes_nothing(speaker):
    systems = {"a": rows(0.8, 3, **speaker), "b": rows(0.5, 3, **speaker)}
    before = forms(compare([write(name, table) for name, table in systems.items()]))
    for table in systems.values():
        random.shuffle(table)
    assert forms(compare([write(name, table) for name, table in systems.items()])) == before


def test_two_seeds_against_five_are_tested_each_with_each():
    compared = compare([write("two", rows(0.7, 2)), write("five", rows(0.6, 5))])
    (pair,) = compared.pairs
    assert len(pair.tests) == 10
    assert [system.results.seeds for system in compared.systems] == [2, 5]


def test_the_note_and_json_tell_the_combined_p_and_every_test():
    compared = compare([write("one", rows(0.8, 2)), write("two", rows(0.6, 2))])
    for text in forms(compared):
        assert "every seed of one is tested against every seed of the other" in text
        assert "p is twice the median p (at most 1)" in text
    (pair,) = json.loads(compared.to_json())["pairs"]
    assert list(pair["mcnemar"]) == ["only_first", "only_second", "p", "p_holm", "tests"]
    single = [test["p"] for test in pair["mcnemar"]["tests"]]
    assert len(single) == 4
    assert pair["mcnemar"]["p"] == pytest.approx(min(1, 2 * np.median(single)))
    assert "twice" not in compare([write("one", rows(0.8)), write("two", rows(0.6))]).to_text()


def test_holm_adjusts_the_combined_p():
    compared = compare(
        [write(name, rows(skill, 2)) for name, skill in zip("abc", (0.9, 0.6, 0.1), strict=True)]
    )
    assert [pair.holm for pair in compared.pairs] == holm([pair.p for pair in compared.pairs])
    for pair in compared.pairs:
        assert pair.p == pytest.approx(min(1, 2 * np.median([test.p for test in pair.tests])))


def test_one_speaker_gives_differences_no_interval():
    compared = compare([write("a", rows(0.9, speakers=1)), write("b", rows(0.1, speakers=1))])
    value = json.loads(compared.to_json())["pairs"][0]["uar_difference"]
    assert value["mean"] > 0
    assert (value["low"], value["high"]) == (None, None)
    text = compared.to_text()
    assert "no interval (–), as there is only one speaker to draw" in text
    (line,) = (line for line in text.splitlines() if "a − b" in line)
    assert line.split()[4] == "–"
    assert "the interval does not" not in text


@pytest.mark.parametrize(("speakers", "times"), [(9, 1), (10, 0)])
def test_that_intervals_rest_on_few_speakers_is_told_once(speakers, times):
    folders = [write(name, rows(skill, speakers=speakers)) for name, skill in (("a", 1), ("b", 0))]
    for text in forms(compare(folders))[:3]:
        assert text.count(f"The intervals rest on {speakers} speakers and are too narrow") == times


def test_tests_are_in_the_order_of_the_seeds_numbers_not_of_rows():
    first, two = rows(0.7, 2), rows(0.6, 2)
    backwards = sorted(two, key=lambda row: -int(row["seed"]))
    (before,) = compare([write("one", first), write("two", two)]).pairs
    (after,) = compare([write("one", first), write("two", backwards)]).pairs
    assert after.tests == before.tests


def test_three_systems_are_three_pairs_with_adjusted_p():
    folders = [write(name, rows(skill)) for name, skill in (("a", 0.9), ("b", 0.5), ("c", 0.1))]
    compared = compare(folders)
    assert [(p.first, p.second) for p in compared.pairs] == [("a", "b"), ("a", "c"), ("b", "c")]
    assert all(pair.holm >= pair.tests[0].p for pair in compared.pairs)
    assert any(pair.holm > pair.tests[0].p for pair in compared.pairs)
    assert "Holm p" in compared.to_text()
    assert "Holm" not in compare(folders[:2]).to_text()


def test_one_system_is_too_few():
    folder = write("runs/lone", rows(0.5))
    message = refusal(folder, folder)
    assert "lone is one system" in message
    assert "two or more" in message


def test_other_utterances_are_refused_with_how_many_and_which():
    first, two = write("one", rows(0.5, speakers=6)), write("two", rows(0.5, speakers=5))
    message = refusal(first, two)
    assert "two lacks 6 of the 36 utterances of one ('u30', 'u31', 'u32' and 3 more)" in message
    assert "`protocol`" in message
    assert "one has 6 that two lacks" in refusal(two, first)
    write("two", [{**row, "utterance": f"x{row['utterance']}"} for row in rows(0.5)])
    assert "two lacks 36" in refusal(first, two)
    assert "and has 36 that one lacks ('xu00'" in refusal(first, two)


def test_other_labels_are_refused():
    table = rows(0.5)
    table[1]["label"] = "bored"
    message = refusal(write("one", rows(0.5)), write("two", table))
    assert "two labels 1 of the 36 utterances of one otherwise" in message
    assert "'u01' is 'bored', not 'happy'" in message


def test_other_speakers_are_refused():
    table = [{**row, "speaker": f"x{row['speaker']}"} for row in rows(0.5)]
    message = refusal(write("one", rows(0.5)), write("two", table))
    assert "'u00' is spoken by 's0' in one, by 'xs0' in two" in message


def test_one_system_tells_the_speakers_of_all():
    bare = write("bare", rows(0.5, speaker=""))
    compared = compare([bare, write("full", rows(0.7))])
    assert compared.resampled == "speakers"
    assert {system.results.speakers for system in compared.systems} == {6}
    alike = compare([write("bare", rows(0.5)), Path("full")])
    assert asdict(compared.pairs[0].difference) == asdict(alike.pairs[0].difference)
    assert (
        compare([write("a", rows(0.5, speaker="")), write("b", rows(0.4, speaker=""))]).resampled
        == "utterances"
    )


def test_folders_of_one_name_are_told_apart():
    compared = compare([write("x/run", rows(0.5)), write("y/run", rows(0.6))])
    assert [system.name for system in compared.systems] == ["x/run", "y/run"]


def test_notes_of_runs_are_told_once_with_their_names():
    folders = [write(name, rows(0.5)) for name in "abc"]
    write_metrics(folders[0], True, "The checkpoint was chosen on test data.")
    write_metrics(folders[1], True)
    for text in forms(compare(folders))[:3]:
        assert text.count("a: The checkpoint was chosen on test data.") == 1
        assert text.count("a, b: Speaker-dependent") == 1
        assert text.count("All systems: The intervals rest on 6 speakers") == 1


def test_damaged_metrics_are_refused():
    folder = write("a", rows(0.5))
    (folder / "metrics.json").write_text("{}")
    assert "a/metrics.json: damaged, or of another version" in refusal(
        folder, write("b", rows(0.5))
    )


def test_the_cost_is_shown_and_a_missing_one_is_a_dash(cost):
    first, two = write("one", rows(0.5)), write("two", rows(0.6))
    write_cost(first, cost)
    (first / "heads.safetensors").write_bytes(bytes(12_000_000))
    compared = compare([first, two])
    lines = compared.to_text().splitlines()
    start = next(number for number, line in enumerate(lines) if line.strip().startswith("cost"))
    known, unknown = (line.split() for line in lines[start + 2 : start + 4])
    assert " ".join(known) == ("one 3 min 51 s 15 15 s 2.50 GB 164.2 k 12.0 MB 5.31 GB cpu")
    assert set(unknown) == {"two", "–"}
    assert "two: cost unknown (–), as there is no cost.json" in compared.to_text()
    assert "GPU" not in compared.to_text()
    assert json.loads(compared.to_json())["systems"]["two"]["cost"] is None
    assert json.loads(compared.to_json())["systems"]["one"]["cost"]["models"] == 15


def test_gpu_memory_has_a_column_where_one_used_a_gpu(cost):
    first, two = write("one", rows(0.5)), write("two", rows(0.6))
    write_cost(first, cost.model_copy(update={"peak_gpu_memory": 11_000_000_000, "device": "H200"}))
    write_cost(two, cost.model_copy(update={"features": 0}))
    text = compare([first, two]).to_text()
    assert "peak GPU memory" in text
    assert "11.00 GB" in text
    assert "cost unknown" not in text


def test_json_is_finite_and_says_what_the_tables_say():
    def refuse(value: str) -> None:
        raise AssertionError(value)

    compared = compare([write("a", rows(0.9)), write("b", rows(0.1))])
    value = json.loads(compared.to_json(), parse_constant=refuse)
    assert list(value["systems"]) == ["a", "b"]
    assert value["systems"]["a"]["uar"]["std"] is None
    (pair,) = value["pairs"]
    assert pair["uar_difference"]["low"] <= pair["uar_difference"]["mean"]
    assert pair["mcnemar"]["p"] == pair["mcnemar"]["p_holm"] == pair["mcnemar"]["tests"][0]["p"]
    assert value["notes"]


def test_names_do_not_break_the_tables():
    compared = compare([write("50%_a&b", rows(0.5)), write("a|b", rows(0.6))])
    assert r"50\%\_a\&b & " in compared.to_latex()
    assert r"| a\|b |" in compared.to_markdown()


def test_a_notebook_shows_the_tables_and_notes_of_the_text():
    compared = compare([write("<one>", rows(0.5)), write("two", rows(0.6))])
    shown = compared._repr_html_()
    assert shown.count("<table>") == 3
    assert "&lt;one&gt;" in shown
    assert "<one>" not in shown
    assert f">{compared.systems[1].results.scores['uar']}" in shown
    assert "two: cost unknown (–)" in shown
