"""What a run's folder says is read whole, or the damaged file is named."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featx.errors import FeatxError
from featx.runs.read import (
    is_unfinished,
    locate,
    read_config,
    read_config_text,
    read_environment,
    read_run_scores,
)
from featx.scoring.classes.results import SeedPredictions, score_predictions

READERS: dict[str, Callable[[Path], Any]] = {
    "config.toml": read_config,
    "environment.json": read_environment,
    "metrics.json": read_run_scores,
}


def scores() -> dict[str, Any]:
    labels = np.array([0, 1])
    seed = SeedPredictions(labels, labels, ["s0", "s1"])
    results = score_predictions("a run", ["x", "y"], [seed], False, ["n"])
    return results.to_json()


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A finished run."""
    folder = tmp_path / "runs" / "one"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text('manifest = "manifest.csv"\n')
    (folder / "environment.json").write_text('{"command": "featx fit"}')
    (folder / "predictions.csv").write_text("utterance,label,prediction\nu1,x,x\n")
    (folder / "metrics.json").write_text(json.dumps(scores()))
    return folder


def test_a_run_is_read_as_it_was_written(run: Path) -> None:
    assert not is_unfinished(run)
    assert read_config(run) == {"manifest": "manifest.csv"}
    assert read_config_text(run) == 'manifest = "manifest.csv"\n'
    assert read_environment(run) == {"command": "featx fit"}
    found = read_run_scores(run)
    assert found is not None
    assert found.to_json() == scores()


def test_what_is_absent_is_empty(tmp_path: Path) -> None:
    assert not is_unfinished(tmp_path)
    (tmp_path / "config.toml").touch()
    assert is_unfinished(tmp_path)
    (tmp_path / "config.toml").unlink()
    assert read_config(tmp_path) == read_environment(tmp_path) == {}
    assert read_config_text(tmp_path) == ""
    assert read_run_scores(tmp_path) is None


def test_scores_beside_other_files_than_a_runs_are_not_a_runs(run: Path) -> None:
    (run / "predictions.csv").rename(run / "other.csv")
    assert read_run_scores(run) is None


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("content", [b"\xff\xfe", b"{", b"[1", b"\0", b"= 1", b"[" * 100_000, None])
def test_a_damaged_file_is_named(run: Path, name: str, content: bytes | None) -> None:
    path = run / name
    path.unlink()
    path.mkdir() if content is None else path.write_bytes(content)
    with pytest.raises(FeatxError, match=f"one/{name}: damaged.*Make the run again"):
        READERS[name](run)


@pytest.mark.parametrize("name", ["environment.json", "metrics.json"])
@pytest.mark.parametrize("text", ["", "[]", "3", "null", '"text"'])
def test_json_that_is_no_object_is_refused(run: Path, name: str, text: str) -> None:
    (run / name).write_text(text)
    with pytest.raises(FeatxError, match=f"one/{name}: damaged"):
        READERS[name](run)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("uar", {"mean": 1}),
        ("uar", {"mean": "1", "std": None, "low": 0, "high": 1}),
        ("wa", 3),
        ("title", 3),
        ("classes", "xy"),
        ("classes", ["x"]),
        ("seeds", 0),
        ("speakers", "2"),
        ("speakers_shared", "no"),
        ("remarks", "text"),
        ("remarks", [1]),
        ("confusion", [[1, 0]]),
        ("confusion", [[1, 0], [0]]),
        ("confusion", [["a", "b"], ["c", "d"]]),
        ("confusion", {}),
    ],
)
def test_scores_of_the_wrong_kind_are_refused(run: Path, key: str, value: object) -> None:
    (run / "metrics.json").write_text(json.dumps({**scores(), key: value}))
    with pytest.raises(FeatxError, match=r"one/metrics\.json: damaged"):
        read_run_scores(run)


@given(end=st.integers(0, len(json.dumps(scores())) - 1))
def test_truncated_scores_are_refused(tmp_path_factory: pytest.TempPathFactory, end: int) -> None:
    folder = tmp_path_factory.getbasetemp() / "truncated"
    folder.mkdir(exist_ok=True)
    (folder / "predictions.csv").touch()
    (folder / "metrics.json").write_text(json.dumps(scores())[:end])
    with pytest.raises(FeatxError, match=r"metrics\.json: damaged"):
        read_run_scores(folder)


def test_paths_lead_from_where_the_run_was_made_then_from_here(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, project = tmp_path / "elsewhere", run.parent.parent
    here.mkdir()
    monkeypatch.chdir(here)
    assert locate(run, "manifest.csv") is None
    (here / "manifest.csv").touch()
    assert locate(run, "manifest.csv") == Path("manifest.csv")
    (project / "manifest.csv").touch()
    assert locate(run, "manifest.csv") == project / "manifest.csv"
    assert locate(run, str(here / "manifest.csv")) == here / "manifest.csv"
