"""The page in a headless Chromium, with a microphone that plays a file."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

import featx

pytestmark = pytest.mark.browser
FLAGS = (
    "--autoplay-policy=no-user-gesture-required", "--mute-audio",
    "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
)  # fmt: skip
PHONE = {"width": 360, "height": 740}
EXPECTED = "Failed to load resource"  # what a browser says of refusals and of a server that is gone


@pytest.fixture(scope="module")
def chromium(
    launch_chromium: Callable[..., Any],
    tmp_path_factory: pytest.TempPathFactory,
    tone: Callable[..., bytes],
) -> Iterator[Any]:
    spoken = tmp_path_factory.mktemp("microphone") / "spoken.wav"
    spoken.write_bytes(tone(5.0, 0.8, rate=48_000))
    with launch_chromium(*FLAGS, f"--use-file-for-fake-audio-capture={spoken}") as browser:
        yield browser


@pytest.fixture
def browse(chromium: Any) -> Iterator[Callable[..., Any]]:
    """Open a page; at the end nothing may have gone wrong in it, nor been asked of elsewhere."""
    faults: list[str] = []
    contexts = []

    def seen(request: Any) -> None:
        if urlsplit(request.url).hostname != "127.0.0.1" and not request.url.startswith(
            ("blob:http://127.0.0.1", "data:")
        ):
            faults.append(request.url)

    def said(message: Any) -> None:
        if EXPECTED not in message.text:
            faults.append(message.text)

    def opened(address: str, **options: Any) -> Any:
        contexts.append(chromium.new_context(**options))
        page = contexts[-1].new_page()
        page.on("request", seen)
        page.on("console", said)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(address)
        page.wait_for_selector("#facts dd")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert faults == []


def send(page: Any, name: str, content: bytes, kind: str = "audio/wav") -> None:
    page.set_input_files("#file", {"name": name, "mimeType": kind, "buffer": content})


def shown(page: Any, part: str) -> str:
    """Wait until a part of the page is shown, and return its text."""
    page.wait_for_selector(f"#{part}", state="visible", timeout=20_000)
    return page.inner_text(f"#{part}")


def until(page: Any, condition: str) -> None:
    """Wait for a condition, which the page's own policy lets no polling script evaluate."""
    for _ in range(200):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(50)
    raise AssertionError(condition)


def test_a_file_is_sent_and_its_result_shown(browse, fitted, served, tone) -> None:
    with served(fitted) as address:
        page = browse(address)
        assert "tiny tells 3 classes apart" in page.inner_text("#subtitle")
        assert "at most 1 MB and 30 seconds" in page.inner_text("#hint")
        facts = page.inner_text("#facts")
        assert "cross-validated" in facts
        assert "36" in facts
        assert page.locator("#recalls tr").count() == 3
        assert page.locator("#layers tr").count() == 3
        send(page, "short.wav", tone(1.0))
        assert "short.wav, 1.0 s." in shown(page, "about")
        first = page.inner_text("#label")
        assert page.inner_text("#shares tr.first th") == first
        assert f"Result: {first}" in page.text_content("#state")
        assert page.evaluate("document.activeElement.id") == "result-heading"
        assert not page.is_visible("#over-time")


def test_a_long_one_is_shown_over_time(browse, fitted, served, tone) -> None:
    with served(fitted) as address:
        page = browse(address, viewport=PHONE, color_scheme="dark")
        send(page, "long.flac", tone(9.0, form="FLAC"), "audio/flac")
        assert "the mean of 6 windows" in shown(page, "about")
        assert page.locator("#timeline .cell").count() == 18
        assert page.locator("#timeline .likeliest").count() == 6
        page.click("summary")
        assert page.locator("#time-table tbody tr").count() == 6
        picture = page.locator("#timeline svg")
        box = picture.bounding_box()
        picture.click(position={"x": box["width"] * 0.6, "y": 20})
        until(page, "document.getElementById('player').currentTime > 1")
        page.wait_for_selector("#timeline .now", state="attached")
        assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]


def test_a_recording_is_made_and_sent(browse, fitted, served) -> None:
    with served(fitted) as address:
        page = browse(address, permissions=["microphone"])
        page.focus("#record")
        page.keyboard.press("Enter")
        until(page, "document.getElementById('level').value > 0.9")
        assert page.get_attribute("#file", "aria-disabled") == "true"
        assert "Recording" in page.inner_text("#state")
        until(page, "document.getElementById('clock').textContent === '0:01'")
        page.keyboard.press("Space")
        text = shown(page, "about")
        assert "recording.wav, " in text
        assert 1 <= float(text.split("recording.wav, ")[1].split(" s")[0]) < 5
        assert page.inner_text("#record") == "Record"
        assert page.evaluate("document.getElementById('player').duration") >= 1


def test_a_microphone_that_is_not_allowed_is_said(browse, fitted, served) -> None:
    with served(fitted) as address:
        page = browse(address)
        page.evaluate(
            "() => { navigator.mediaDevices.getUserMedia = async () => { "
            "throw new DOMException('no', 'NotAllowedError'); }; }"
        )
        page.click("#record")
        assert "did not allow the microphone" in shown(page, "problem")
        assert page.get_attribute("#record", "aria-disabled") == "false"


def test_what_can_not_be_taken_is_said_in_a_sentence(browse, fitted, served, tone) -> None:
    with served(fitted) as address:
        page = browse(address)
        send(page, "notes.txt", b"no sound in here", "text/plain")
        assert "notes.txt: not a readable audio file" in shown(page, "problem-text")
        send(page, "long.wav", tone(31.0, rate=8000))
        until(page, "document.getElementById('problem-text').textContent.includes('31 s long')")
        send(page, "large.wav", bytes(1_200_000))
        until(page, "document.getElementById('problem-text').textContent.includes('1.2 MB')")
        assert not page.is_visible("#result")
        assert page.get_attribute("#problem", "role") == "alert"
        send(page, "short.wav", tone(1.0))
        shown(page, "result")
        assert not page.is_visible("#problem")


def test_what_only_the_browser_can_read_is_converted(browse, fitted, served) -> None:
    record = """async () => {
        const context = new AudioContext(), end = context.createMediaStreamDestination();
        const tone = context.createOscillator();
        tone.connect(end);
        tone.start();
        const recorder = new MediaRecorder(end.stream), pieces = [];
        recorder.ondataavailable = (event) => pieces.push(event.data);
        recorder.start();
        await new Promise((done) => setTimeout(done, 700));
        await new Promise((done) => { recorder.onstop = done; recorder.stop(); });
        const transfer = new DataTransfer();
        transfer.items.add(new File(pieces, "voice.webm"));
        const input = document.getElementById("file");
        input.files = transfer.files;
        input.dispatchEvent(new Event("change"));
    }"""
    with served(fitted) as address:
        page = browse(address)
        page.evaluate(record)
        assert "voice.webm, 0." in shown(page, "about")


def test_a_server_that_comes_back_is_found(browse, fitted, served, tone) -> None:
    with served(fitted) as address:
        page = browse(address)
    send(page, "short.wav", tone(1.0))
    assert "The server does not answer" in shown(page, "problem-text")
    with served(fitted, port=urlsplit(address).port):
        page.click("#again", timeout=20_000)
        assert "short.wav" in shown(page, "about")
        assert not page.is_visible("#problem")


def test_the_first_stop_of_the_keyboard_records(browse, fitted, served) -> None:
    with served(fitted) as address:
        page = browse(address)
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.id") == "record"
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.id") == "file"
        ring = page.evaluate("getComputedStyle(document.getElementById('choose')).outlineStyle")
        assert ring == "solid"


def test_each_label_has_a_bar_with_the_threshold_in_it(
    browse, encoder_here, relabel, served, tone
) -> None:
    relabel(lambda row: {**row, "fitting": "low|soft" if row["label"] == "sad" else "soft"})
    run = featx.fit("linear", folds=3, target="fitting", task="multilabel").folder
    with served(run) as address:
        page = browse(address)
        assert "tells which of these labels fit, none or several: low, soft" in page.inner_text(
            "#subtitle"
        )
        assert "Macro F1" in page.inner_text("#facts")
        assert page.is_visible("#meaning-labels")
        assert not page.is_visible("#meaning-classes")
        send(page, "long.wav", tone(9.0))
        assert "the mean of 6 windows" in shown(page, "about")
        assert page.locator("#shares tr").count() == 2
        assert page.locator("#shares .track i").count() == 2
        strong = page.locator("#shares tr.first th").all_inner_texts()
        assert page.inner_text("#label") == (", ".join(strong) or "none of the labels")
        assert page.is_visible("#over-time")
        assert "labels that are predicted" in page.inner_text("#line")


def test_numbers_are_shown_between_the_true_ones_of_the_test(
    browse, encoder_here, relabel, served, tone
) -> None:
    relabel(lambda row: {**row, "size": f"{len(row['utterance'])}.{row['speaker'][1:]}"})
    run = featx.fit("linear", folds=3, target="size").folder
    with served(run) as address:
        page = browse(address)
        assert "predicts size, as numbers" in page.inner_text("#subtitle")
        assert "Concordance (CCC) of size" in page.inner_text("#facts")
        assert page.is_visible("#meaning-numbers")
        assert not page.is_visible("#meaning-classes")
        send(page, "long.wav", tone(9.0))
        assert "the mean of 6 windows" in shown(page, "about")
        number = page.inner_text("#shares td.figure")
        assert page.inner_text("#label") == f"size {number}"
        assert f"Result: size {number}" in page.text_content("#state")
        assert not page.is_visible("#over-time")
