"""A sound in two parts of a fold is found, under whatever name, label and speaker."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from featx.data.manifest import Utterance, load_manifest
from featx.data.sounds.same import Same
from featx.demo.corpus import Take, speak
from featx.errors import FeatxError
from featx.protocols.apply import apply_protocol
from featx.protocols.fold import Fold
from featx.protocols.protocol import default_protocol
from featx.protocols.repeated import check_task, find_repeats
from featx.protocols.task import set_task
from featx.utils.text import is_warning


def fold(number, **parts):
    named = {
        name: tuple(Utterance(u, Path(u), "s", "sad") for u in parts.get(name, ""))
        for name in ("train", "validation", "test")
    }
    return Fold(number, **named)


SAME = [Same(first, second, "near copies") for first, second in ("ab", "bc", "ax")]


@pytest.mark.parametrize(
    ("folds", "repeats"),
    [
        ([fold(0, train="abcdef")], []),
        ([fold(0, train="a", test="c")], []),  # b is not used, and x isn't either
        ([fold(0, train="ab", test="c")], [("b", "c", 0, ("train", "test"))]),
        (
            [fold(0, train="abc", test="d"), fold(1, train="bd", validation="a", test="c")],
            [("b", "c", 1, ("train", "test")), ("a", "b", 1, ("validation", "train"))],
        ),
        (
            [fold(0, train="a", test="b"), fold(1, train="b", test="a")],
            [("a", "b", 0, ("train", "test"))],
        ),
    ],
)
def test_what_is_in_two_parts(folds, repeats):
    found = find_repeats(folds, SAME)
    assert [(r.same.first, r.same.second, r.fold, r.parts) for r in found] == repeats


PARTS = ("train", "validation", "test")


def noise(seed):
    return 0.1 * np.random.default_rng(seed).standard_normal(8_000)


@pytest.fixture
def check(workplace):
    """Write audio and a manifest, and check its division; a row: name, speaker, label, part, wave.

    A row can end in the file and the times of a segment.
    """

    def run(rows, keep=False):
        lines = ["utterance,path,speaker,label,split,start,end"]
        for name, speaker, label, part, wave, *segment in rows:
            options = {"format": "MP3", "subtype": "MPEG_LAYER_III"} if "video" in name else {}
            path, *times = segment or (f"{name}{'.mp3' if options else '.wav'}", "", "")
            soundfile.write(path, wave, 16_000, **options)
            lines.append(",".join(map(str, [name, path, speaker, label, part, *times])))
        Path("manifest.csv").write_text("\n".join(lines) + "\n")
        manifest = load_manifest("manifest.csv")
        protocol = default_protocol(manifest, 3, speaker_dependent=True)
        return check_task(set_task(apply_protocol(manifest, protocol)), manifest, keep)

    return run


def test_the_sound_of_videos_beside_the_recordings_is_refused(check):
    """RAVDESS has each utterance once more with its video: other coding, level and beginning."""
    rows = []
    for actor, part in enumerate(PARTS, 1):
        for emotion, label in ((3, "happy"), (4, "sad")):
            wave = speak(actor, Take(emotion, 1, 1, 1))
            name = f"0{emotion}-01-01-01-0{actor}"
            rows.append((f"03-{name}", f"{actor}", label, part, wave))
            filmed = 0.7 * wave[1_000:]
            rows.append((f"01-{name}-video", f"v{actor}", label, PARTS[actor % 3], filmed))
    with pytest.raises(FeatxError) as caught:
        check(rows)
    message = str(caught.value)
    assert "in two parts of a fold, 6 pairs: 03-03-01-01-01-02 and 01-03-01-01-01-02-vi" in message
    assert "(near copies; speakers 2 and v2), validation and test of fold 0" in message


def test_conflicting_labels_and_speakers_are_named(check):
    rows = [
        (f"{part}-{seed}", f"{part}", ("sad", "happy")[seed % 2], part, noise(seed))
        for part in PARTS
        for seed in range(3 * PARTS.index(part), 3 * PARTS.index(part) + 3)
    ]
    rows.append(("other", "train", "happy", "train", noise(0)))
    remarks = check(rows).remarks
    assert any("different labels: train-0 and other (" in remark for remark in remarks)
    assert not any("SAME SOUND" in remark or "different speakers" in remark for remark in remarks)
    rows.append(("again", "test", "sad", "test", noise(0)))
    with pytest.raises(FeatxError, match=r"other and again \(.* labels happy and sad; speakers"):
        check(rows)
    remarks = check(rows, keep=True).remarks
    assert remarks[-1].startswith("THE SAME SOUND IN TWO PARTS OF A FOLD: kept as asked, 1 pair: ")
    assert is_warning(remarks[-1])
    assert any("1 of them under different speakers: " in remark for remark in remarks)


@pytest.mark.parametrize(("length", "refused"), [(0.2, False), (0.4, True)])
def test_segments_of_a_file_that_overlap_are_refused(check, length, refused):
    wave = np.concatenate([noise(seed) for seed in range(3)])
    rows = [
        (str(n), "s", label, part, wave, "all.wav", begin, begin + (length if n == 0 else 0.1))
        for n, (label, part, begin) in enumerate(
            (label, part, 0.2 * PARTS.index(part) + shift)
            for part in PARTS
            for label, shift in (("sad", 0.0), ("happy", 0.6))
        )
    ]
    if refused:
        with pytest.raises(FeatxError, match=r"0 and 2 \(overlapping parts of a file\), tr"):
            check(rows)
    else:
        assert check(rows)


def test_audio_that_can_not_be_read_is_not_compared(check):
    rows = [
        (f"{part}{n}", part, ("sad", "happy")[n], part, noise(7 * n + len(part)))
        for part in PARTS
        for n in range(2)
    ]
    task = check(rows)
    assert task.remarks == ()
    manifest = load_manifest("manifest.csv")
    Path("train0.wav").write_bytes(b"no audio")
    (remark,) = check_task(task, manifest, False).remarks
    assert "Unreadable audio of 1 of 6 utterances" in remark
    assert "train0.wav" in remark
