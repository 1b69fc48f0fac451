"""Links to sounds."""

from pathlib import Path
from urllib.parse import unquote

from featx.reporting.audio import find_audio


def test_links_lead_from_the_page_to_the_files(workplace: Path) -> None:
    sound = workplace / "corpus" / "a #1?%.wav"
    sound.parent.mkdir()
    sound.write_bytes(b"")
    manifest = sound.parent / "manifest.csv"
    rows = ["u1,a #1?%.wav,,", "u2,gone.wav,,", "u3,a #1?%.wav,0.5,1.25"]
    manifest.write_text("\n".join(["utterance,path,start,end", *rows]) + "\n")
    page = workplace / "reports" / "deep" / "report.html"
    links = find_audio([manifest], ["u1", "u2", "u3", "u4"], page)
    assert sorted(links) == ["u1", "u3"]  # u2's file is not there, u4 is not listed
    url = links["u1"].url
    assert "#" not in url
    assert "?" not in url
    assert (page.parent / unquote(url)).resolve() == sound
    assert links["u3"].url == f"{url}#t=0.5,1.25"


def test_a_manifest_that_cannot_be_read_is_passed_over(workplace: Path) -> None:
    broken = workplace / "broken.csv"
    broken.write_text("nothing;of;use\n1;2;3\n")
    assert find_audio([broken], ["u1"], workplace / "report.html") == {}
