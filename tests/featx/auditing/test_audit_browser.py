"""The page of an audit in a headless Chromium, opened from the file system."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import soundfile

import featx

pytestmark = pytest.mark.browser
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def chromium(launch_chromium: Callable[..., Any]) -> Iterator[Any]:
    with launch_chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory, speak: Any) -> Path:
    """An audit of 40 utterances, of which 35 have an offset."""
    workplace = tmp_path_factory.mktemp("audited")
    rows = ["utterance,path,speaker,label"]
    for n in range(40):
        samples = speak(1.2 + 0.01 * n, seed=n) + 0.05 * (n >= 5)
        soundfile.write(workplace / f"u {n}.wav", samples, 16_000)
        rows.append(f"u{n},u {n}.wav,s{n % 4},{('sad', 'happy')[n // 4 % 2]}")
    (workplace / "manifest.csv").write_text("\n".join(rows) + "\n")
    return featx.audit(workplace / "manifest.csv", workplace / "audit.html").page


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [PHONE, {"width": 1200, "height": 900}])
def test_the_page_opens_and_its_findings_do(
    chromium: Any, page_file: Path, viewport: dict[str, int], scheme: str
) -> None:
    said: list[str] = []
    page = chromium.new_context(viewport=viewport, color_scheme=scheme).new_page()
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(page_file.as_uri())
    assert page.title() == "Audit of manifest.csv"
    assert page.evaluate("performance.getEntriesByType('resource').length") == 0
    assert page.evaluate("document.documentElement.scrollWidth") == viewport["width"]
    assert page.locator(".tiles div").first.inner_text().split() == ["40", "utterances"]
    finding = page.locator(".finding.warning", has_text="A constant offset")
    assert not finding.locator("table").is_visible()
    finding.locator("summary").click()
    assert finding.locator("tbody tr").count() == 35
    link = finding.locator("tbody a").first
    assert link.get_attribute("href") == "u%205.wav"
    finding.locator("th button").first.click()
    assert finding.locator("tbody .name").first.inner_text() == "u5"
    assert page.locator("figure svg").count() == 4
    assert page.locator("#speakers ~ .stack table").count() == 2
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 23, 27)"
    assert dark == (scheme == "dark")
    page.click("#theme")
    assert page.get_attribute("#theme", "aria-pressed") == str(not dark).lower()
    assert said == []
