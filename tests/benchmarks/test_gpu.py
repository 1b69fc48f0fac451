"""The checklist for a GPU goes through on a processor with tiny models, and keeps what it found."""

import json
import sys

import pytest

from benchmarks import gpu


def run(monkeypatch, folder, *arguments):
    monkeypatch.delenv("FEATX_DATA", raising=False)
    monkeypatch.setattr(sys, "argv", ["gpu", "--out", str(folder), "--device", "cpu", *arguments])
    gpu.main()
    lines = (folder / "figures.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines], (folder / "figures.md").read_text()


@pytest.mark.thorough
def test_a_rehearsal_goes_through_every_part(tmp_path, monkeypatch):
    figures, tables = run(monkeypatch, tmp_path, "--quick")
    assert not [figure for figure in figures if "failed" in figure]
    assert {figure["part"] for figure in figures} == set(gpu.SHARES)
    assert all(figure["passed"] for figure in figures if "check" in figure)
    extracted = [figure for figure in figures if "over the floor" in figure]
    assert [figure["model"] for figure in extracted] == [
        part.split(":")[1] for part in gpu.SHARES if ":" in part
    ]
    assert all(figure["s of audio a second"] > 0 for figure in extracted)
    assert all(f"| {figure['model']} |" in tables for figure in extracted)


def test_a_part_that_breaks_is_named_and_the_others_go_on(tmp_path, monkeypatch, capsys):
    from benchmarks import gpu_parts

    def broken(_setting):
        yield {"what": "before it broke", "figure": 1.0, "unit": "s"}
        raise RuntimeError("out of luck")

    whole = {"machine": broken, "devices": gpu_parts.devices}
    monkeypatch.setattr(gpu_parts, "PARTS", whole)
    figures, tables = run(monkeypatch, tmp_path, "--quick", "--only", "machine", "devices")
    assert [figure["part"] for figure in figures if "seconds" not in figure] == [
        "machine", "machine", "devices",
    ]  # fmt: skip
    assert "before it broke" in tables
    assert "- machine: not done, RuntimeError: out of luck" in tables


def test_what_there_is_no_time_for_is_named(tmp_path, monkeypatch):
    figures, tables = run(monkeypatch, tmp_path, "--only", "fit", "--minutes", "0")
    assert figures == [{"part": "fit", "failed": "no time was left"}]
    assert "fit: not done" in tables
