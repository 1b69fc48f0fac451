"""The page in a headless Chromium, opened from the file system."""

from collections.abc import Callable, Iterator
from contextlib import chdir, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import numpy as np
import pytest
import soundfile

import featx
from featx.demo.corpus import write_corpus

pytestmark = pytest.mark.browser
FLAGS = ("--autoplay-policy=no-user-gesture-required", "--mute-audio")
PHONE = {"width": 390, "height": 844}
EXPERIMENT = """
[corpora.corpus]
corpus = "ravdess"
root = "corpus"
[features.encoder]
model = "{encoder}"
[heads]
egemaps = {{ head = "dense", features = ["egemaps"], settings = ["training.epochs=3"] }}
dense = {{ head = "dense", features = ["encoder"], settings = ["training.epochs=3"] }}
lstm = {{ head = "lstm", features = ["encoder"], settings = ["training.epochs=1"] }}
[votes.three]
systems = ["egemaps", "dense", "lstm"]
rule = "soft"
"""
PLAYED = """one => new Promise((end, failed) => {
    one.onended = () => end(one.currentTime);
    one.play().catch(failed);
    setTimeout(() => failed("played to " + one.currentTime), 20000);
})"""


@pytest.fixture(scope="module")
def chromium(launch_chromium: Callable[..., Any]) -> Iterator[Any]:
    with launch_chromium(*FLAGS) as browser:
        yield browser


@pytest.fixture
def page_file(
    workplace: Path, write_run: Callable[..., Path], remark: Callable[[Path, str], None]
) -> Path:
    """A report of three runs, with the sound of all utterances but one."""
    runs = [write_run("one"), write_run("two", seeds=3), write_run("apart", first=36)]
    remark(runs[1], "CHECKPOINT CHOSEN ON THE TEST DATA: too high for new utterances.")
    wave = 0.1 * np.sin(np.arange(4000) / 5)
    rows = ["utterance,path,speaker,label"]
    for number in range(72):
        if number:
            soundfile.write(workplace / f"u {number}.flac", wave, 16_000)
        rows.append(f"u{number},u {number}.flac,s,sad")
    (workplace / "manifest.csv").write_text("\n".join(rows) + "\n")
    return featx.report(runs, workplace / "report.html")[0].resolve()


@contextmanager
def browse(chromium: Any, file: Path) -> Iterator[Callable[..., Any]]:
    """Open a page; at the end nothing may have been complained of, nor asked of elsewhere."""
    faults: list[str] = []
    contexts = []

    def seen(request: Any) -> None:
        if not request.url.startswith(("file:", "data:")):
            faults.append(request.url)

    def failed(request: Any) -> None:
        if request.failure != "net::ERR_ABORTED":  # a player that has buffered enough, or closes
            faults.append(f"{request.url}: {request.failure}")

    def opened(**options: Any) -> Any:
        contexts.append(chromium.new_context(**options))
        page = contexts[-1].new_page()
        page.on("console", lambda message: faults.append(message.text))
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("requestfailed", failed)
        page.on("request", seen)
        page.goto(file.as_uri())
        return page

    yield opened
    for context in contexts:
        context.close()
    assert faults == []


@pytest.fixture
def open_page(chromium: Any, page_file: Path) -> Iterator[Callable[..., Any]]:
    """Open the report of hand-made runs."""
    with browse(chromium, page_file) as opened:
        yield opened


@pytest.fixture(scope="module")
def experiment_file(tmp_path_factory: pytest.TempPathFactory, checkpoint_folder: Path) -> Path:
    """The report of an experiment as a user runs it: corpus, features, heads, a vote of three."""
    folder = tmp_path_factory.mktemp("experiment")
    write_corpus(folder / "corpus", speakers=6)
    (folder / "small.toml").write_text(EXPERIMENT.format(encoder=checkpoint_folder))
    with chdir(folder):
        return featx.run(Path("small.toml")).resolve()


@pytest.fixture
def open_experiment(chromium: Any, experiment_file: Path) -> Iterator[Callable[..., Any]]:
    """Open the report of the experiment."""
    with browse(chromium, experiment_file) as opened:
        yield opened


def names(page: Any) -> list[str]:
    return page.locator("#results ~ .stack tbody tr .name").all_inner_texts()


def test_it_asks_for_nothing_but_itself(open_page: Callable[..., Any], page_file: Path) -> None:
    page = open_page()
    assert page.evaluate("performance.getEntriesByType('resource').length") == 0
    assert page.title() == "3 systems of speech emotion recognition"


def test_an_experiments_report_sorts_and_sounds(open_experiment: Callable[..., Any]) -> None:
    page = open_experiment()
    assert page.title() == "4 systems of speech emotion recognition"
    assert sorted(names(page)) == [
        f"small-{name}" for name in ("dense", "egemaps", "lstm", "three")
    ]
    check_sorting(page)
    for part in ("training", "layers"):
        assert page.locator(f"#{part} ~ .grid svg").count() > 2
    assert page.locator("#mistakes ~ .stack audio").first.evaluate(PLAYED) > 0.5


def test_a_click_sorts(open_page: Callable[..., Any]) -> None:
    check_sorting(open_page())


def check_sorting(page: Any) -> None:
    header = page.locator("#results ~ .stack th", has_text="UAR, %")
    cells = page.locator("#results ~ .stack tbody td:nth-child(2)")
    for direction, reverse in (("descending", True), ("ascending", False)):
        header.get_by_role("button").click()
        assert header.get_attribute("aria-sort") == direction
        shown = [float(text.split()[0]) for text in cells.all_inner_texts()]
        assert shown == sorted(shown, reverse=reverse)
    assert page.locator("#results ~ .stack th[aria-sort]").count() == 1


def test_the_keyboard_sorts(open_page: Callable[..., Any]) -> None:
    page = open_page()
    header = page.locator("#results ~ .stack th", has_text="system")
    header.get_by_role("button").focus()
    page.keyboard.press("Enter")
    assert header.get_attribute("aria-sort") == "ascending"
    assert names(page) == ["apart", "one", "two"]
    page.keyboard.press("Space")
    assert names(page) == ["two", "one", "apart"]
    assert header.get_by_role("button").evaluate("e => getComputedStyle(e).outlineStyle") == "solid"


def test_the_first_stop_skips_to_the_results(open_page: Callable[..., Any]) -> None:
    page = open_page()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.locator(".skip").bounding_box()["x"] >= 0
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_sounds_that_are_there_play(open_page: Callable[..., Any]) -> None:
    page = open_page()
    audio = page.locator("audio")
    rows = page.locator("#mistakes ~ .stack tbody tr")
    assert audio.count() == rows.count() - 1 > 5  # u0 has no sound
    assert rows.filter(has_text="u0").first.locator("audio").count() == 0
    for source in audio.evaluate_all("all => all.map(one => one.src)"):
        assert soundfile.info(unquote(urlsplit(source).path)).duration == 0.25
    assert audio.first.evaluate(PLAYED) == pytest.approx(0.25, abs=0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_theme_follows_the_system_until_it_is_chosen(
    open_page: Callable[..., Any], scheme: str
) -> None:
    page = open_page(color_scheme=scheme)
    ground = "getComputedStyle(document.body).backgroundColor"
    colours = {"light": "rgb(255, 255, 255)", "dark": "rgb(20, 23, 27)"}
    assert page.evaluate(ground) == colours[scheme]
    button = page.get_by_role("button", name="Dark")
    assert button.get_attribute("aria-pressed") == str(scheme == "dark").lower()
    button.click()
    other = "light" if scheme == "dark" else "dark"
    assert page.evaluate(ground) == colours[other]
    page.reload()
    assert page.evaluate(ground) == colours[other]


def test_a_phone_scrolls_tables_but_not_the_page(open_page: Callable[..., Any]) -> None:
    page = open_page(viewport=PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    page.locator("details > summary").evaluate_all("all => all.forEach(one => one.click())")
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    box = page.locator("#results ~ .stack .box")
    assert box.evaluate("one => one.scrollWidth > one.clientWidth")
    assert box.get_attribute("tabindex") == "0"
    assert box.get_attribute("role") == "region"


def test_matrices_show_shares_or_counts(open_page: Callable[..., Any]) -> None:
    page = open_page()
    row = page.locator("#confusions ~ .grid tbody tr").first.locator("td")
    shares = [int(text.removesuffix(" %")) for text in row.all_inner_texts()]
    assert sum(shares) == pytest.approx(100, abs=2)
    page.get_by_label("utterances", exact=True).check()
    assert sum(map(float, row.all_inner_texts())) == pytest.approx(12)  # of each class
