"""The page and its tables, as files."""

import csv
import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from importlib.resources import files
from itertools import pairwise
from pathlib import Path

import pytest

import featx
from featx.reporting.content import Report
from featx.reporting.report import render
from featx.reporting.sheets import Cell, Section, Sheet, to_latex, to_markdown

WriteRun = Callable[..., Path]
VOID = {"meta", "link", "input", "br"}


class Page(HTMLParser):
    """Collects tags and tables, and checks that what opens also closes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.spans: list[tuple[str, str]] = []  # class and text
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data
        if self.open and self.open[-1] == "span":
            self.spans.append((self.tags[-1][1].get("class") or "", data))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def report(*runs: Path) -> Page:
    return Page(featx.report(runs)[0].read_text("utf-8"))


def cells(markdown: str, row: str) -> list[str]:
    line = next(line for line in markdown.splitlines() if line.startswith(f"| {row} |"))
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_the_scores_are_those_of_the_run(write_run: WriteRun) -> None:
    run = write_run("one")
    report(run)
    stored = json.loads((run / "metrics.json").read_text())
    row = cells(Path("report.md").read_text(), "one")
    for cell, metric in zip((row[1], *row[3:5]), ("uar", "wa", "macro_f1"), strict=True):
        assert cell == f"{stored[metric]['mean']:.1f} ± {stored[metric]['std']:.1f}"
    assert row[2] == f"{stored['uar']['low']:.1f} to {stored['uar']['high']:.1f}"
    assert row[5:] == ["2", "19.9 k", "1 min 15 s", "4 folds", "disjoint"]
    for name, average in stored["averages"].items():
        figures = [f"{average[figure]:.1f}" for figure in ("recall", "precision", "f1")]
        assert cells(Path("report.md").read_text(), name) == [name, *figures, "36"]


def test_the_page_refers_to_nothing_outside(write_run: WriteRun) -> None:
    page = report(write_run("one"), write_run("two"))
    targets = [value for _, tag in page.tags for name, value in tag.items() if name in URLS]
    assert all((target or "").startswith(("#", "data:")) for target in targets)
    assert "http" not in Path("report.html").read_text()


URLS = {"src", "href", "srcset", "data", "poster", "action"}


def test_tables_have_captions_and_scopes(write_run: WriteRun) -> None:
    page = report(write_run("one"), write_run("two"))
    tables = len(page.all("table"))
    assert tables == len(page.all("caption")) > 8
    assert all(header["scope"] in ("col", "row") for header in page.all("th"))
    pictures = [svg for svg in page.all("svg") if svg.get("aria-hidden") != "true"]
    assert len(pictures) == 6  # two of training and one of layers a run
    assert all(svg["role"] == "img" and svg["aria-label"] for svg in pictures)
    assert page.all("html") == [{"lang": "en"}]
    assert all(
        attributes["role"] == "region"
        for attributes in page.all("pre")
        if "aria-label" in attributes
    )
    stops = [tag for tag, attributes in page.tags if attributes.get("tabindex") == "0"]
    assert set(stops) == {"pre"}  # what scrolls; the script adds tables that do
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


EVIL = '<script>alert("x")</script>&|%_'


def test_what_a_run_says_stays_text(
    write_run: WriteRun, remark: Callable[[Path, str], None]
) -> None:
    run = write_run("one")
    plain = len(report(run).all("script"))
    remark(run, f"CAREFUL: {EVIL}")
    for name in ("config.toml", "environment.json", "predictions.csv", "layer_weights.csv"):
        path = run / name
        text = path.read_text().replace("u6,", '"<img src=x onerror=alert(1)>",')
        text = text.replace("4 folds", "<b>4</b> folds").replace("tiny", "<i>tiny</i>")
        path.write_text(text.replace("featx fit", "featx </pre> fit").replace("sad", "<s>sad"))
    page = report(run)
    assert len(page.all("script")) == plain
    assert not any(page.all(tag) for tag in ("img", "b", "i", "s"))
    assert f"CAREFUL: {EVIL}" in page.text
    assert r"\textasciitilde" not in Path("report.tex").read_text()
    assert r"$<$s$>$sad" in Path("report.tex").read_text()
    assert r"\<s\>sad" in Path("report.md").read_text()


def test_warnings_stand_in_every_row(
    write_run: WriteRun, remark: Callable[[Path, str], None]
) -> None:
    runs = [write_run("one"), write_run("two")]
    for run in runs:
        remark(run, "CHECKPOINT CHOSEN ON THE TEST DATA: too high.")
        remark(run, "Note: a file was missing.")
    page = report(*runs)
    assert page.text.count("CHECKPOINT CHOSEN ON THE TEST DATA: too high.") == 2
    assert page.text.count("Note: a file was missing.") == 1  # as it is true of all
    assert sum("warning" in (tag.get("class") or "") for tag in page.all("span")) == 2


def test_a_warning_of_a_voter_is_one_of_the_vote(
    write_run: WriteRun, remark: Callable[[Path, str], None]
) -> None:
    members = [write_run("hubert"), write_run("xlsr53")]
    for run in members:
        remark(run, "CHECKPOINT CHOSEN ON THE TEST DATA: too high.")
    featx.vote(members, rule="hard", name="vote")
    page = report(Path("runs/vote"), write_run("other"))
    warning = "CHECKPOINT CHOSEN ON THE TEST DATA: too high."
    assert [text for tag, text in page.spans if "warning" in tag] == [warning]
    assert f"- vote: {warning}\n" in Path("report.md").read_text()
    assert f"% vote: {warning}\n" in Path("report.tex").read_text()


def test_only_runs_with_the_same_test_set_are_compared(write_run: WriteRun) -> None:
    report(write_run("one"), write_run("two"), write_run("apart", first=36))
    text = Path("report.md").read_text()
    assert cells(text, "one | two")[:2] == ["one", "two"]
    assert "apart can't be compared: no other system was tested on the 36 utterances" in text
    assert "| one | apart" not in text


def test_common_mistakes_are_those_of_every_seed(write_run: WriteRun) -> None:
    runs = [write_run("one"), write_run("two", seeds=3)]
    never = {f"u{n}" for n in range(36)}
    for run in runs:
        with (run / "predictions.csv").open() as file:
            right = (r["utterance"] for r in csv.DictReader(file) if r["label"] == r["prediction"])
            never -= set(right)
    report(*runs)
    text = Path("report.md").read_text().split("## Mistakes")[1]
    assert {"u0", "u6", "u30"} <= never
    assert set(re.findall(r"^\| (u\d+) \|", text, re.M)) == never
    assert f"{len(never)} of 36 utterances that every seed of all 2 systems gets wrong" in text


def test_predictions_of_other_tools_have_what_they_have(workplace: Path) -> None:
    folder = workplace / "theirs"
    folder.mkdir()
    (folder / "a.csv").write_text("utterance,label,prediction\nu1,sad,sad\nu2,happy,sad\n")
    page = report(folder)
    assert cells(Path("report.md").read_text(), "theirs")[5:] == ["1", "–", "–", "–", "unknown"]
    assert "No speakers are known for theirs." in page.text
    assert "theirs is alone; differences take two systems." in page.text


def test_a_run_without_history_or_layers_has_no_such_section(write_run: WriteRun) -> None:
    run = write_run("one")
    assert {"training", "layers"} <= {tag.get("id") for tag in report(run).all("h2")}
    (run / "history.csv").unlink()
    (run / "layer_weights.csv").unlink()
    assert not {"training", "layers"} & {tag.get("id") for tag in report(run).all("h2")}


def test_groups_that_a_run_was_scored_by_have_tables_and_pictures(write_run: WriteRun) -> None:
    run = write_run("one")
    none = "No run was scored by a column of its manifest"
    assert none in report(run).text
    rows = "".join(f"u{n},s{n % 4},{('f<', 'm')[n % 2]}\n" for n in range(36))
    Path("m.csv").write_text(f"utterance,speaker,sex\n{rows}")
    path = run / "metrics.json"
    scored = json.loads(featx.evaluate(run, manifest="m.csv", by="sex").to_json())
    path.write_text(json.dumps({**json.loads(path.read_text()), "groups": scored["groups"]}))
    page = report(run)
    assert none not in page.text
    assert "one: UAR by sex" in page.text
    row = cells(Path("report.md").read_text(), "m")
    assert row[-3:] == ["18", "2", "3"]
    assert "f<: only 2 speakers" in page.text


def test_the_page_says_how_a_run_is_repeated(write_run: WriteRun) -> None:
    run = write_run("one")
    assert "Its corpus is not at hand" in report(run).text
    Path("manifest.csv").write_text("utterance,path\n")
    page = report(run)
    assert "featx fit --config runs/one/config.toml --name one-again" in page.text
    assert "not at hand, neither" not in page.text


def test_large_counts_are_written_out(write_run: WriteRun) -> None:
    run = write_run("one", seeds=1)
    path = run / "predictions.csv"
    header, *rows = path.read_text().splitlines()
    with path.open("w") as file:
        print(header, *rows, sep="\n", file=file)
        for number in range(2838):
            print(f"v{number},s0,0,0,test,sad,sad", file=file)
    report(run)
    (shown,) = re.findall(r"2\S+ \(\d+ %\)", Path("report.md").read_text())
    sad = sum(row.endswith("test,sad,sad") for row in rows)
    assert shown.split()[0] == f"{2838 + sad:,}"


def _luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(weight * p for weight, p in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def _contrast(colour: str, other: str) -> float:
    low, high = sorted((_luminance(colour), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [1, 2])
def test_text_can_be_read(theme: int) -> None:
    style = (files("featx.reporting") / "templates/page.css").read_text()
    found = re.findall(r"--(\w+): light-dark\((#\w{6}), (#\w{6})\)", style)
    colours = {colour[0]: colour[theme] for colour in found}
    for text in ("ink", "quiet", "accent", "alarm"):
        for ground in ("paper", "raised"):
            assert _contrast(colours[text], colours[ground]) >= 4.5
    for line in ("one", "two"):
        assert _contrast(colours[line], colours["paper"]) >= 3
    mixed = [
        round(
            0.55 * int(colours["one"][n : n + 2], 16) + 0.45 * int(colours["paper"][n : n + 2], 16)
        )
        for n in (1, 3, 5)
    ]  # the fullest entry of a matrix, see .heat
    assert _contrast(colours["ink"], "#{:02x}{:02x}{:02x}".format(*mixed)) >= 4.5


def test_every_section_is_on_the_page_and_in_the_text() -> None:
    sheet = Sheet("Seeds", ["run", "seeds"], [[Cell("a"), Cell("3")]])
    own = Section("Shortest runs", [sheet], ["A note."], "The shortest runs")
    empty = Report("1 system", [Section("Results", []), own], [], [], [], [], [])
    page = Page(render(empty))
    assert {"shortest-runs", "results"} <= {heading.get("id") for heading in page.all("h2")}
    assert {"href": "#shortest-runs"} in page.all("a")
    assert "The shortest runs" in page.text
    assert "A note." in page.text
    assert "## Shortest runs" in to_markdown("1 system", [own])
    assert "Shortest runs" in to_latex([own])
