"""`featx.audit`: a corpus with faults, its findings and its page."""

import csv
import json
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import soundfile

import featx

VOID = {"meta", "link", "input", "br"}


@pytest.fixture
def corpus(workplace, speak):
    """Write eight utterances, of which some are bad; return the manifest."""
    quiet, loud = speak(1.5, seed=8), speak(1.5, seed=9)
    loud = np.clip(loud / np.quantile(np.abs(loud), 0.99), -1, 1)
    sounds = {f"good{n}": speak(1.2 + 0.1 * n, seed=n) for n in range(5)}
    sounds |= {"silent": 0 * quiet, "loud": loud, "dead": np.stack([quiet, 0 * quiet], 1)}
    (workplace / "a b").mkdir()
    rows = [["utterance", "path", "speaker", "label", "start", "end"]]
    for n, (name, samples) in enumerate(sounds.items()):
        soundfile.write(workplace / "a b" / f"{name}.wav", samples, 16_000)
        rows.append([name, f"a b/{name}.wav", f"s{n % 3}", ("sad", "<b>")[n % 2], "", ""])
    rows.append(["part", "a b/good4.wav", "", "sad", "0.2", "1.2"])
    (workplace / "broken.wav").write_text("<html>")
    rows.append(["broken", "broken.wav", "s0", "sad", "", ""])
    with Path("manifest.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    return workplace / "manifest.csv"


@pytest.fixture
def audit(corpus):
    return featx.audit(corpus, sounds="sounds.csv")


class Page(HTMLParser):
    """Checks that what opens also closes, and collects texts and links."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []
        self.text = ""
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.links += [value for name, value in attrs if name in ("href", "src")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def test_what_is_wrong_is_found(audit):
    found = {finding.check: finding.utterances for finding in audit.findings}
    assert found["unreadable"] == ("broken",)
    assert found["silence"] == ("silent",)
    assert found["clipping"] == ("loud",)
    assert found["channels"] == ("dead",)
    assert [finding.check for finding in audit.errors] == ["unreadable"]
    assert not {"offset", "noise", "bandwidth", "length", "corpus", "unlisted files"} & set(found)


def test_errors_come_first(audit):
    order = ["error", "warning", "note"]
    places = [order.index(finding.severity) for finding in audit.findings]
    assert places == sorted(places)


def test_the_text(audit):
    text = audit.to_text()
    assert text.startswith("10 utterances, 3 speakers, 2 labels, 0.00 h of audio\n")
    assert "error    unreadable" in text
    assert "-> broken" in text
    assert text.splitlines()[-1].startswith("1 error, ")
    assert max(map(len, text.splitlines())) <= 100


def test_json(audit):
    value = json.loads(json.dumps(audit.to_json(), allow_nan=False))
    assert value["ok"] is False
    assert value["summary"]["utterances"] == 10
    assert value["summary"]["rates"] == {"16000": 9}
    assert value["findings"][0]["utterances"] == ["broken"]


def test_the_table(audit):
    with Path("sounds.csv").open(newline="") as file:
        rows = {row["utterance"]: row for row in csv.DictReader(file)}
    assert len(rows) == 10
    assert (rows["silent"]["level"], rows["silent"]["snr"]) == ("-100.0", "0.0")
    assert rows["dead"]["channels"].endswith(" -100.0")
    assert rows["broken"]["failure"].startswith(str(Path("broken.wav").resolve()))
    assert (rows["broken"]["seconds"], rows["part"]["seconds"]) == ("", "1.000")
    assert int(rows["loud"]["clipped"]) >= 3


def test_the_page(audit):
    page = Page(audit.page.read_text("utf-8"))
    assert "Audit of manifest.csv" in page.text
    assert "No sound in 1 of 9 utterances" in page.text
    assert "<b>" in page.text  # a label, not a tag
    assert "a%20b/silent.wav" in page.links
    assert not [link for link in page.links if "//" in link]
    assert "unknown" in page.text


def test_the_notebook(audit):
    assert "<td>unreadable</td>" in audit._repr_html_()


def test_a_manifest_that_was_loaded_is_taken(corpus):
    assert featx.audit(featx.load_manifest(corpus), "pages/a.html").page.is_file()


def test_nothing_readable(workplace):
    Path("a.wav").write_bytes(b"")
    Path("manifest.csv").write_text("utterance,path,speaker,label\na,a.wav,s,sad\n")
    audit = featx.audit()
    assert [finding.check for finding in audit.findings] == ["unreadable"]
    assert "No audio could be read." in audit.page.read_text("utf-8")
    assert audit.to_text().startswith("1 utterance, 1 speaker, 1 label, 0.00 h of audio\n\nerror")
    json.dumps(audit.to_json(), allow_nan=False)


@pytest.mark.parametrize(
    ("file", "arguments"),
    [
        ("audit.html", {}),
        ("mine.csv", {"sounds": "mine.csv"}),
        ("manifest.csv", {"sounds": "manifest.csv"}),
    ],
)
def test_other_files_are_not_replaced(corpus, file, arguments):
    path = Path(file)
    if not path.exists():
        path.write_text("mine")
    before = path.read_bytes()
    with pytest.raises(featx.FeatxError, match="so it is not replaced"):
        featx.audit(**arguments)
    assert path.read_bytes() == before


def test_its_own_files_are_replaced(audit, corpus):
    assert featx.audit(corpus, sounds="sounds.csv").findings == audit.findings


@pytest.mark.parametrize("out", ["audit.txt", "audit", "audit.htm"])
def test_the_page_ends_in_html(corpus, out):
    with pytest.raises(featx.FeatxError, match=r"must end in \.html"):
        featx.audit(out=out)
