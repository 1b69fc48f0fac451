"""What can't be reported is named, and nothing but a report is replaced."""

from collections.abc import Callable
from pathlib import Path

import pytest

from featx.errors import FeatxError
from featx.reporting.report import check_replaceable, report

WriteRun = Callable[..., Path]
PAGE = Path("report.html")


@pytest.mark.parametrize(
    ("gone", "message"),
    [
        (["metrics.json"], "one: a run that is not finished"),
        (["metrics.json", "predictions.csv"], "one: a run that is not finished"),
        (["predictions.csv"], "one: a run without predictions.csv"),
        (["config.toml", "predictions.csv"], "history.csv can't be used"),
    ],
)
def test_what_is_no_finished_run_is_refused_by_name(
    write_run: WriteRun, gone: list[str], message: str
) -> None:
    run = write_run("one")
    for name in gone:
        (run / name).unlink()
    with pytest.raises(FeatxError, match=message):
        report([run], PAGE)


@pytest.mark.parametrize("content", [b"\xff\xfe\xff", b"}{", None])
@pytest.mark.parametrize(
    "name",
    [
        "config.toml",
        "environment.json",
        "history.csv",
        "layer_weights.csv",
        "layer_scales.csv",
        "predictions.csv",
    ],
)
def test_a_damaged_file_is_named(write_run: WriteRun, name: str, content: bytes | None) -> None:
    path = write_run("one") / name
    path.unlink(missing_ok=True)
    path.mkdir() if content is None else path.write_bytes(content)
    with pytest.raises(FeatxError, match=f"one.*{name}"):
        report([path.parent], PAGE)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("metrics.json", "{", "damaged"),
        ("layer_weights.csv", "seed,fold,features,layer,weight\n0,0\n", "line 2: 2 fields"),
        ("history.csv", "", "is empty"),
        (
            "history.csv",
            "seed,fold,epoch,train_loss,validation_loss,validation_score\n0\n",
            "line 2",
        ),
    ],
)
def test_a_truncated_file_is_named(write_run: WriteRun, name: str, text: str, message: str) -> None:
    run = write_run("one")
    (run / name).write_text(text)
    with pytest.raises(FeatxError, match=rf"(?s){name}.*{message}"):
        report([run], PAGE)


def test_an_unfinished_run_in_a_folder_of_runs_is_refused(write_run: WriteRun) -> None:
    write_run("done")
    (write_run("begun") / "metrics.json").unlink()
    with pytest.raises(FeatxError, match="begun: a run that is not finished"):
        report([Path("runs")], PAGE)


def test_a_folder_without_runs_is_refused(workplace: Path) -> None:
    (workplace / "empty").mkdir()
    with pytest.raises(FeatxError, match="empty: no run and no CSV file in it"):
        report([Path("empty")], PAGE)
    with pytest.raises(FeatxError, match=r"gone: no such file or folder"):
        report([Path("gone")], PAGE)


def test_another_ending_is_refused(write_run: WriteRun) -> None:
    with pytest.raises(FeatxError, match=r"must end in \.html"):
        report([write_run("one")], Path("report.pdf"))


@pytest.mark.parametrize("ending", ["html", "md", "tex"])
def test_only_reports_are_replaced(write_run: WriteRun, ending: str) -> None:
    run = write_run("one")
    report([run], PAGE)
    report([run], PAGE)  # its own files
    theirs = Path(f"report.{ending}")
    others = {path: path.read_bytes() for path in Path().glob("report.*") if path != theirs}
    for content in ("", "my paper\n% made by featx report\n"):
        theirs.write_text(content)
        for refused in (check_replaceable, lambda out: report([run], out)):
            with pytest.raises(FeatxError, match=rf"^report\.{ending}: .*`out`"):
                refused(Path("report.html"))
        assert theirs.read_text() == content
        assert {path: path.read_bytes() for path in others} == others
    theirs.unlink()
    theirs.mkdir()
    with pytest.raises(FeatxError, match=rf"^report\.{ending}: "):
        check_replaceable(Path("report.html"))
