"""The checklist for a GPU goes through on a processor with tiny models, and keeps what it found."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from benchmarks.gpu import running
from benchmarks.gpu.__main__ import main
from benchmarks.gpu.busy import covered
from benchmarks.gpu.parts import SHARES
from benchmarks.gpu.report import Report


@pytest.fixture
def go(tmp_path, monkeypatch):
    """Run the checklist in a folder of its own; return its figures and its tables."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FEATX_DATA", raising=False)

    def go(*arguments):
        monkeypatch.setattr(sys, "argv", ["gpu", "--device", "cpu", *arguments])
        main()
        lines = Path("gpu/figures.jsonl").read_text().splitlines()
        return [json.loads(line) for line in lines], Path("gpu/figures.md").read_text()

    return go


@pytest.mark.thorough
def test_a_rehearsal_goes_through_every_part(go, capsys):
    figures, tables = go("--quick")
    assert not [figure for figure in figures if "failed" in figure]
    assert {figure["part"] for figure in figures} == set(SHARES)
    checks = [figure for figure in figures if "check" in figure]
    # so few dimensions are too easily rounded into another direction
    assert all(check["passed"] for check in checks if "close enough" not in check["check"])
    extracted = [figure for figure in figures if "over the floor" in figure]
    assert [figure["model"] for figure in extracted] == [
        part.split(":")[1] for part in SHARES if ":" in part
    ]
    assert all(figure["s of audio a second"] > 0 for figure in extracted)
    assert all(f"| {figure['model']} |" in tables for figure in extracted)
    assert tables in capsys.readouterr().out


@pytest.mark.thorough
def test_a_process_of_its_own_gives_the_same(tmp_path):
    command = [sys.executable, "-m", "benchmarks.gpu", "--out", str(tmp_path), "--device", "cpu"]
    done = subprocess.run(
        [*command, "--only", "devices"], cwd=running.ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "devices here" in (tmp_path / "figures.md").read_text()
    assert "devices: " in done.stdout


def test_a_part_that_breaks_is_named_and_the_others_go_on(go, monkeypatch, capsys):
    def broken(_setting):
        yield {"what": "before it broke", "figure": 1.0, "unit": "s"}
        raise RuntimeError("out of luck")

    def whole(_setting):
        yield {"what": "after it", "figure": 2.0, "unit": "s"}

    parts = {"exactness": broken, "devices": whole}
    monkeypatch.setattr(running, "find_part", parts.__getitem__)
    figures, tables = go("--quick", "--only", *parts)
    assert [figure["part"] for figure in figures if "seconds" not in figure] == [
        "exactness", "exactness", "devices",
    ]  # fmt: skip
    assert "before it broke" in tables
    assert "after it" in tables
    assert "- exactness: not done, RuntimeError: out of luck" in tables
    printed = capsys.readouterr().out
    assert printed.index("before it broke") < printed.index("devices: ")


@pytest.mark.parametrize(
    ("code", "named"), [(-9, "- fit: not done, its process ended with -9: killed"), (0, "")]
)
def test_a_process_that_ends_costs_the_part_that_it_was_at(tmp_path, code, named):
    report = Report(tmp_path)
    report.begin()
    options = running.Options("cpu", False, 4, tmp_path)
    asked = []

    def worker(report, _options, parts, _until):
        asked.append(list(parts))
        done = parts if len(asked) > 1 else parts[:1]
        for part in done:
            report.end(part, 1.0)
        report.log.write_text("killed\n")
        return 0 if len(asked) > 1 else code

    parts = ["machine", "fit", "devices"]
    running.run_all(report, options, parts, time.monotonic() + 99, worker)
    assert asked == [parts, ["devices"] if code else ["fit", "devices"]]
    assert named in report.write()


def test_what_there_is_no_time_for_is_named(go):
    figures, tables = go("--only", "fit", "--minutes", "0")
    assert figures[-1] == {"part": "fit", "failed": "no time was left"}
    assert "fit: not done" in tables


def test_packages_that_are_missing_are_named(monkeypatch):
    monkeypatch.setattr(running, "is_installed", lambda line: not line.startswith("soxr"))
    assert running.missing_packages() == "soxr>=1.0"


def test_time_that_two_streams_share_is_counted_once():
    assert covered([(5, 6), (0, 2), (1, 3)]) == 4
