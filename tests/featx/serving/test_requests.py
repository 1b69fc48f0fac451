"""What the server answers to proper and improper requests."""

import errno
import re
import threading

import pytest

from featx.errors import DiskFull, FeatxError

OTHER = {"host": "evil.example:8000"}


def refused(answer, status: int) -> str:
    """Check that an answer is a refusal in a sentence, and return that."""
    assert answer.status_code == status, answer.text
    assert set(answer.json()) == {"error"}
    assert answer.json()["error"].endswith((".", "4."))
    assert "/tmp" not in answer.text
    return answer.json()["error"]


@pytest.mark.parametrize("form", ["WAV", "FLAC", "OGG", "MP3"])
def test_a_file_in_a_form_is_predicted(offer, tone, form, tmp_path):
    answer = offer().post("/predict", files={"file": (f"a.{form.lower()}", tone(1.0, 0.8, form))})
    found = answer.json()
    assert answer.status_code == 200, found
    assert found["label"] == "loud"
    assert found["probabilities"]["loud"] == pytest.approx(0.8, abs=0.1)
    assert (found["utterance"], found["windows"]) == (f"a.{form.lower()}", [])
    assert found["seconds"] == pytest.approx(1.0, abs=0.1)
    assert list(tmp_path.iterdir()) == []  # it is deleted


def test_audio_as_the_body_is_predicted(offer, tone):
    answer = offer().post("/predict", content=tone(level=0.2)).json()
    assert (answer["utterance"], answer["label"]) == ("recording", "quiet")


@pytest.mark.parametrize("form", ["WAV", "OGG"])
def test_windows_have_times_and_the_mean_is_the_whole(offer, tone, form):
    client = offer()
    asked = {"window": 1, "hop": 0.5, "abstain": 0.9}
    answer = client.post("/predict", params=asked, content=tone(2.0, 0.8, form)).json()
    assert [(w["start"], w["end"]) for w in answer["windows"]] == [(0, 1), (0.5, 1.5), (1, 2)]
    for name in ("quiet", "loud"):
        shares = [window["probabilities"][name] for window in answer["windows"]]
        assert answer["probabilities"][name] == pytest.approx(sum(shares) / 3)
    assert answer["label"] is None  # less than 90 %
    assert client.post("/predict", params={"abstain": 0.5}, content=tone()).json()["label"]


@pytest.mark.parametrize("name", ["../../etc/passwd", "C:\\x\\a.wav", "/tmp/a\n.wav", "x" * 500])
def test_names_are_shown_and_lead_nowhere(offer, tone, name, tmp_path):
    place = tmp_path / "place"
    place.mkdir()
    client = offer(place=place)
    answer = client.post("/predict", files={"file": (name, tone())})
    shown = answer.json()["utterance"]
    assert not set(shown) & set("/\\\n")
    assert 0 < len(shown) <= 100
    assert [path.name for path in tmp_path.rglob("*")] == ["place"]


@pytest.mark.parametrize(
    ("asked", "status", "said"),
    [
        ({"content": b"no sound in here"}, 415, "WAV, FLAC, OGG or MP3"),
        ({"files": {"file": ("notes.txt", b"hello")}}, 415, r"notes\.txt: not a readable"),
        ({"content": b""}, 400, "has no audio"),
        ({"files": {"other": ("a.wav", b"x")}}, 400, "has no audio"),
        ({"data": {"file": "text"}}, 415, "not a readable"),
        ({"files": [("file", ("a", b"x")), ("file", ("b", b"y"))]}, 400, "Too many files"),
        ({"content": b"x", "headers": {"content-type": "multipart/form-data"}}, 400, "boundary"),
        ({"params": {"window": "long"}, "content": b"x"}, 422, "window=long"),
        ({"params": {"window": 0.1}, "content": b"x"}, 422, r"window=0\.1"),
        ({"params": {"window": 100}, "content": b"x"}, 422, "window=100"),
        ({"params": {"window": "nan"}, "content": b"x"}, 422, "window=nan"),
        ({"params": {"hop": 1}, "content": b"x"}, 422, "give window too"),
        ({"params": {"window": 4, "hop": 5}, "content": b"x"}, 422, "hop=5"),
        ({"params": {"window": 60, "hop": 1}, "content": b"x"}, 422, "a tenth"),
        ({"params": {"abstain": 2}, "content": b"x"}, 422, "abstain=2"),
    ],
)
def test_improper_requests_are_refused_in_a_sentence(offer, asked, status, said):
    assert re.search(said, refused(offer().post("/predict", **asked), status))


def test_what_is_too_large_is_refused(offer, tone):
    client = offer(max_megabytes=0.01)
    assert "at most 0.01 MB" in refused(client.post("/predict", content=tone(4.0)), 413)
    assert refused(client.post("/predict", files={"file": ("a.wav", tone(4.0))}), 413)
    pieces = (bytes(50_000) for _ in range(10))  # which come without their length
    assert refused(client.post("/predict", content=pieces), 413)
    assert client.post("/predict", content=tone(0.1)).status_code == 200


def test_what_is_too_long_is_refused(offer, tone):
    client = offer(max_megabytes=10)
    long = tone(91.0, rate=8000)
    said = "91 s long, and the longest taken here is 90 s"
    assert said in refused(client.post("/predict?window=4", content=long), 413)
    half = tone(61.0, rate=8000)
    assert "window=4" in refused(client.post("/predict", content=half), 422)
    assert client.post("/predict?window=4", content=half).status_code == 200


def test_what_unfolds_in_memory_is_refused(offer, tone):
    assert "192000 Hz" in refused(offer().post("/predict", content=tone(0.1, rate=384_000)), 415)


def test_a_busy_client_waits(offer, tone):
    client = offer(requests_per_minute=2)
    for _ in range(2):
        assert client.post("/predict", content=tone()).status_code == 200
    answer = client.post("/predict", content=tone())
    assert "2 recordings a minute" in refused(answer, 429)
    assert 0 < int(answer.headers["retry-after"]) <= 60
    assert client.get("/model").status_code == 200


def test_a_busy_server_says_when_to_come_again(offer, tone):
    begun, may_end = threading.Event(), threading.Event()

    def slow(paths, window, hop):
        begun.set()
        assert may_end.wait(5)
        raise FeatxError("tired")

    client = offer(slow, waiting=1)
    answers = []
    first = threading.Thread(target=lambda: answers.append(client.post("/predict", content=tone())))
    first.start()
    assert begun.wait(5)
    assert client.get("/health").json() == {"status": "ok", "waiting": 1}
    answer = client.post("/predict", content=tone())
    assert "busy" in refused(answer, 503)
    assert int(answer.headers["retry-after"]) > 0
    may_end.set()
    first.join()
    assert answers[0].status_code == 422
    assert client.get("/health").json()["waiting"] == 0


def test_a_full_disk_of_the_server_is_said_without_its_inside(offer, tone, monkeypatch):
    def features_need_room(paths, window, hop):
        raise DiskFull("/secret: the disk is full")

    async def recording_needs_room(*_):
        raise OSError(errno.ENOSPC, "No space left on device", "/secret")

    answers = [offer(features_need_room).post("/predict", content=tone())]
    monkeypatch.setattr("featx.serving.uploads._save_body", recording_needs_room)
    answers.append(offer().post("/predict", content=tone()))
    for answer in answers:
        assert refused(answer, 507) == "The server's disk is full; try again later."
        assert int(answer.headers["retry-after"]) > 0


def test_a_fault_of_the_server_is_said_without_its_inside(offer, tone):
    def broken(paths, window, hop):
        raise ValueError("secret")

    answer = offer(broken).post("/predict", content=tone())
    assert "secret" not in refused(answer, 500)


def test_foreign_names_are_refused_on_this_machine(offer, tone):
    client = offer()
    for path in ("/", "/model", "/health", "/openapi.json", "/page/page.js"):
        assert "names" in refused(client.get(path, headers=OTHER), 400)
    assert refused(client.post("/predict", content=tone(), headers=OTHER), 400)
    for name in ("localhost", "127.0.0.1:8000", "[::1]:8000", "LOCALHOST:1"):
        assert client.get("/health", headers={"host": name}).status_code == 200
    for name in ("", "[", "localhost.evil.example", "127.0.0.1.evil.example"):
        assert client.get("/health", headers={"host": name}).status_code == 400
    assert offer(loopback=False).get("/health", headers=OTHER).status_code == 200


def test_pages_of_other_sites_are_refused(offer, tone):
    client = offer()
    for site, status in (("cross-site", 403), ("same-site", 403), ("same-origin", 200)):
        headers = {"sec-fetch-site": site, "origin": "http://evil.example"}
        answer = client.post("/predict", content=tone(), headers=headers)
        assert answer.status_code == status
        assert "access-control-allow-origin" not in answer.headers
    assert client.get("/", headers={"sec-fetch-site": "cross-site"}).status_code == 200  # a link


def test_the_page_is_its_own(offer):
    client = offer()
    page = client.get("/")
    assert page.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    for name in ("style.css", "page.js", "charts.js", "recorder.js", "recorder-worklet.js"):
        assert "http://" not in client.get(f"/page/{name}").text.replace("http://www.w3.org", "")
    for path in ("/docs", "/redoc", "/page/../app.py", "/page/%2e%2e/app.py", "/nothing"):
        assert refused(client.get(path), 404)
    assert "GET" in refused(client.get("/predict"), 405)


def test_the_schema_describes_every_answer(offer):
    schema = offer().get("/openapi.json").json()
    predict = schema["paths"]["/predict"]["post"]
    assert set(predict["responses"]) == {
        "200",
        "400",
        "408",
        "413",
        "415",
        "422",
        "429",
        "503",
        "507",
    }
    for status, response in predict["responses"].items():
        model = "Answer" if status == "200" else "Problem"
        named = response["content"]["application/json"]["schema"]["$ref"]
        assert named == f"#/components/schemas/{model}"
    assert "multipart/form-data" in predict["requestBody"]["content"]
    assert {p["name"] for p in predict["parameters"]} == {"window", "hop", "abstain"}
    assert schema["components"]["schemas"]["Answer"]["properties"]["label"]["examples"]
