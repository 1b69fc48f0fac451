"""The matrix of corpora: each cell an ordinary run, the diagonal the ordinary score."""

import json
from pathlib import Path

import pytest

import featx
from featx.cross_corpus.cells import OTHERS, Pairing, pair_corpora, pairing_of
from featx.errors import FeatxError
from featx.reporting.runs import read_runs
from featx.reporting.sections.cross_corpus import cross_sheets


def test_each_corpus_meets_each_and_all_others_meet_each():
    two = pair_corpora(["a", "b"])
    assert [str(p) for p in two] == ["a → a", "a → b", "b → a", "b → b"]
    assert [p.is_within for p in two] == [True, False, False, True]
    three = pair_corpora(["a", "b", "c"])
    assert [str(p) for p in three[9:]] == ["b+c → a", "a+c → b", "a+b → c"]


@pytest.mark.parametrize(
    "names", ["ac", pytest.param("abc", marks=pytest.mark.thorough)], ids=["two", "three"]
)
def test_the_diagonal_is_the_ordinary_fit(corpora, names):
    chosen = [Path(f"{name}.csv") for name in names]
    fits = [featx.fit("linear", manifest=path, folds=3) for path in chosen]
    times = {run.folder: (run.folder / "metrics.json").stat().st_mtime_ns for run in fits}
    matrix = featx.cross(chosen, "linear", folds=3)
    for name, run in zip(names, fits, strict=True):
        cell = matrix.cell(name, name)
        assert cell.folder == run.folder
        assert cell.results.to_json() == run.results.to_json()
        assert (run.folder / "metrics.json").stat().st_mtime_ns == times[run.folder]  # not anew
    between = featx.fit("linear", train="c.csv", test="a.csv", folds=3)
    assert between.folder == matrix.cell("c", "a").folder
    assert not any("share" in n for n in matrix.cell("a", "c").results.notes())
    assert featx.cross(chosen, "linear", folds=3).to_json() == matrix.to_json()
    assert len(matrix.cells) == (4 if len(names) == 2 else 12)
    assert matrix.rows == [*names, *([OTHERS] if len(names) == 3 else [])]
    if "b" in names:  # those who are in two corpora are folded
        assert any("share 5 speakers" in n for n in matrix.cell("a", "b").results.notes())


@pytest.mark.thorough
def test_all_cells_have_the_labels_that_all_corpora_have(corpora):
    kept = [line for line in Path("c.csv").read_text().splitlines() if "angry" not in line]
    Path("c.csv").write_text("\n".join(kept) + "\n")
    matrix = featx.cross(corpora, "linear", folds=3)
    assert {tuple(cell.results.classes) for cell in matrix.cells} == {("happy", "sad")}
    ordinary = matrix.cell("c", "c").folder
    assert ordinary.name == "c-tiny-linear"
    limited = matrix.cell("a", "a").folder
    assert limited.name == "a-tiny-linear-labels-of-a-b-c"
    assert matrix.cell("a", "c").folder.name == "a-to-c-tiny-linear"  # as of the two alone
    assert matrix.cell("a", "b").folder.name == "a-to-b-tiny-linear-labels-of-a-b-c"
    assert any("angry (5)" in note for note in matrix.notes())
    protocol = {"labels": ["happy", "sad"], "title": "two",
                "division": {"kind": "speaker-folds", "count": 3}}  # fmt: skip
    same = featx.fit("linear", manifest="a.csv", protocol=featx.Protocol(**protocol), name="own")
    assert same.results.scores == matrix.cell("a", "a").results.scores


@pytest.mark.figures
@pytest.mark.thorough
def test_the_command_prints_the_matrix_and_draws_it(corpora, run_featx):
    given = ("cross", "a.csv", "c.csv", "--head", "linear", "--folds", "3", "--name", "mine")
    said = run_featx(*given, "--out", "drawn")
    assert "learned \\ tested" in said.out
    assert "UAR, %, with the 95 % interval over speakers; chance is 33.3" in said.out
    assert OTHERS not in said.out
    assert {path.name for path in Path("drawn").iterdir()} == {
        f"cross.{ending}" for ending in ("md", "tex", "json", "png", "pdf", "svg")
    }
    value = json.loads(run_featx(*given, "--json").out)
    assert value == json.loads(Path("drawn/cross.json").read_text("utf-8"))
    assert [(*cell["train"], cell["test"]) for cell in value["cells"]] == [
        ("a", "a"), ("a", "c"), ("c", "a"), ("c", "c"),
    ]  # fmt: skip
    assert Path("runs/mine-a-to-c").is_dir()
    assert "learned from" in Path("drawn/cross.svg").read_text("utf-8")


def test_a_target_is_learned_in_place_of_labels(corpora):
    for path in corpora:
        header, *rows = path.read_text().splitlines()
        sex = [f"{row},{'fm'['happy' in row]}" for row in rows]  # so that each fold has both
        path.write_text("\n".join([f"{header},sex", *sex]) + "\n")
    matrix = featx.cross(["a.csv", "c.csv"], "linear", folds=3, target="sex")
    assert {cell.folder.name for cell in matrix.cells} == {
        "a-tiny-linear-sex", "a-to-c-tiny-linear-sex", "c-to-a-tiny-linear-sex",
        "c-tiny-linear-sex",
    }  # fmt: skip


@pytest.mark.thorough
def test_a_report_shows_the_matrix_of_its_runs(corpora):
    matrix = featx.cross(["a.csv", "c.csv"], "linear", folds=3)
    other = featx.fit("linear", manifest="a.csv", folds=3, layers="0", name="other")
    runs = read_runs([*(cell.folder for cell in matrix.cells), other.folder])
    (sheet,) = cross_sheets(runs)
    assert sheet.header == ["learned \\ tested", "a", "c"]
    assert [row[0].text for row in sheet.rows] == ["a", "c"]
    score = matrix.cell("a", "c").results.scores["uar"]
    assert sheet.rows[0][2].text == f"{score} ({score.low:.1f} to {score.high:.1f})"
    assert not cross_sheets(read_runs([other.folder]))
    featx.report([cell.folder for cell in matrix.cells])
    assert "Corpora learned from, and corpora tested" in Path("report.html").read_text("utf-8")


def test_a_matrix_of_less_than_two_corpora_is_refused(corpora):
    with pytest.raises(FeatxError, match=r"two corpora or more; `featx\.fit`"):
        featx.cross(corpora[:1])
    with pytest.raises(FeatxError, match="Two corpora are called 'a'"):
        featx.cross([corpora[0], corpora[0]])
    with pytest.raises(FeatxError, match="features/a; there: tiny"):
        featx.cross(corpora[:2], model="egemaps")
    assert not Path("runs").exists()


@pytest.mark.parametrize("config", [{}, {"head": {}}, {"manifest": "a.csv", "protocol": {}}])
def test_what_is_no_fit_has_no_place(config):
    assert pairing_of(config) is None


def test_the_place_of_a_fit_is_read_from_its_config():
    config = {"head": {}, "manifest": "x/a.csv", "protocol": {"division": {"kind": "random-split"}}}
    assert pairing_of(config) == Pairing(("a",), "a")
    division = {"kind": "corpora", "train": ["b", "c"], "test": ["a"]}
    assert pairing_of({**config, "protocol": {"division": division}}) == Pairing(("b", "c"), "a")


def test_numbers_are_learned_between_corpora_too(corpora):
    for path in corpora:
        header, *rows = path.read_text().splitlines()
        pitch = {"sad": 0.15, "happy": 0.6, "angry": 2.4}
        numbers = [f"{row},{pitch[row.split('-')[0]] + len(row) % 3 / 50}" for row in rows]
        path.write_text("\n".join([f"{header},pitch", *numbers]) + "\n")
    matrix = featx.cross(["a.csv", "c.csv"], "linear", folds=3, target="pitch")
    assert (matrix.scored, matrix.chance, matrix.best) == ("CCC", 0.0, 1.0)
    assert all(0 < cell["score"]["mean"] <= 1 for cell in matrix.to_json()["cells"])
    assert f"{matrix.score('a', 'c').mean:.3f} (" in matrix.to_text()
