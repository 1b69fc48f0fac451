from collections.abc import Callable
from pathlib import Path
from typing import Any


def test_a_report_names_its_files(workplace: Path, run_featx: Callable[..., Any]) -> None:
    rows = "u1,sad,sad\nu2,happy,sad\n"
    Path("system").mkdir()
    Path("system/a.csv").write_text(f"utterance,label,prediction\n{rows}")
    outcome = run_featx("report", "system", "--out", "pages/r.html")
    assert outcome.code == 0
    assert outcome.out == "Written: pages/r.html, pages/r.md, pages/r.tex\n"
    assert sorted(path.name for path in Path("pages").iterdir()) == ["r.html", "r.md", "r.tex"]


def test_what_is_no_run_is_told_without_a_traceback(
    workplace: Path, run_featx: Callable[..., Any]
) -> None:
    Path("empty").mkdir()
    outcome = run_featx("report", "empty")
    assert outcome.code == 1
    assert outcome.err.startswith("error: empty: no run and no CSV file in it")
    assert not Path("report.html").exists()
