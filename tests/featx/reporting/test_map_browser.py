"""A map of features in a headless Chromium, opened from the file system."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from featx.layer_analysis.maps.feature_map import FeatureMap
from featx.layer_analysis.maps.silhouettes import Silhouette
from featx.reporting.map_page import render_map
from featx.reporting.sections.maps import show_map

pytestmark = pytest.mark.browser
FLAGS = ("--autoplay-policy=no-user-gesture-required", "--mute-audio")
PHONE = {"width": 390, "height": 844}
WIDE = {"width": 1200, "height": 900}
SPEAKERS = [f"s{n}" for n in range(8)]


@pytest.fixture(scope="module")
def chromium(launch_chromium: Callable[..., Any]) -> Iterator[Any]:
    with launch_chromium(*FLAGS) as browser:
        yield browser


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A map of a grid of 8 × 8 utterances, one of them without its sound."""
    place = tmp_path_factory.mktemp("mapped")
    names = [f"u {n}" for n in range(64)]
    speakers = tuple(SPEAKERS[n % 8] for n in range(64))
    labels = tuple(("sad", "</script>", "")[n // 24] for n in range(64))
    lines = ["utterance,path,speaker,label"]
    for name, speaker in zip(names, speakers, strict=True):
        lines.append(f"{name},{name}.flac,{speaker},x")
        if name != "u 1":
            soundfile.write(place / f"{name}.flac", 0.1 * np.sin(np.arange(8000) / 5), 16_000)
    (place / "manifest.csv").write_text("\n".join(lines) + "\n")
    folder = place / "maps" / "grid"
    folder.mkdir(parents=True)
    grid = tuple((float(n % 8), -float(n // 8)) for n in range(64))
    scores = tuple(Silhouette(0.1 * n, 0.1 * n - 0.1, 0.1 * n + 0.1) for n in range(3))
    FeatureMap(
        manifest="manifest.csv", features="features/grid", encoder="grid", method="tsne",
        neighbours=5, metric="cosine", pooling="mean", seed=0, listed=100, utterances=tuple(names),
        columns={"label": labels, "speaker": speakers},
        places={"0": grid, "1": tuple((y, x) for x, y in grid), "average": grid},
        silhouettes={"label": scores, "speaker": scores},
    ).write(folder)  # fmt: skip
    page = folder / "map.html"
    page.write_text(render_map(show_map(folder, page)), encoding="utf-8")
    return page


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [PHONE, WIDE])
def test_points_are_found_heard_and_coloured(
    chromium: Any, page_file: Path, viewport: dict[str, int], scheme: str
) -> None:
    said: list[str] = []
    page = chromium.new_context(viewport=viewport, color_scheme=scheme).new_page()
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda r: None if r.url.startswith("file:") else said.append(r.url))
    page.goto(page_file.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") == viewport["width"]
    chosen, plane = page.locator(".chosen"), page.locator(".plane svg")

    plane.focus()
    page.keyboard.press("ArrowRight")  # the middlemost, of which there are four
    page.keyboard.press("ArrowRight")
    first = int(chosen.locator(".name").inner_text().removeprefix("u "))
    page.keyboard.press("ArrowDown")
    assert chosen.locator(".name").inner_text() == f"u {first + 8}"
    assert f"speaker: s{first % 8}" in chosen.inner_text()
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelector('.chosen audio').currentTime > 0")
    assert page.evaluate("document.querySelector('.chosen audio').duration") == 0.5
    page.keyboard.press("Escape")
    assert not chosen.locator("audio").is_visible()

    page.get_by_label("Find an utterance").fill("u 1")
    page.get_by_label("Find an utterance").press("Enter")
    assert "Its sound is not at hand." in chosen.inner_text()

    box = plane.bounding_box()
    page.mouse.move(box["x"] + 14, box["y"] + 14)  # the first is at the top left
    assert page.locator(".tip").inner_text() == "u 0: sad"
    page.mouse.click(box["x"] + 14, box["y"] + 14)
    page.wait_for_function("document.querySelector('.chosen audio').src.endsWith('u%200.flac')")

    values = page.locator(".values button")
    assert values.all_inner_texts() == ["sad (24)", "</script> (24)", "unknown (16)"]
    values.nth(1).click()
    assert values.nth(1).get_attribute("aria-pressed") == "true"
    assert plane.locator(".points.dim").count() == 2
    page.mouse.move(box["x"] + 14, box["y"] + 15)
    assert not page.locator(".tip").is_visible()  # as it is not shown

    page.get_by_label("Colour").select_option("speaker")
    assert values.count() == 8
    assert plane.locator(".points").count() == 8
    looks = "all => all.map(one => getComputedStyle(one).fill)"
    assert len(set(plane.locator(".points").evaluate_all(looks))) == 8
    before = plane.locator(".points").first.get_attribute("d")
    page.locator("select.layer").select_option("1")
    assert plane.locator(".points").first.get_attribute("d") != before
    assert page.locator("figure circle.look-1").count() == 2  # layers, without the average
    assert said == []
