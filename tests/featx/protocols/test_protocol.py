"""A protocol takes the utterances it is about, and says why a manifest doesn't fit."""

import random
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
import tomli_w

from featx.data.corpora import CORPORA, cafe, emovo, esd, jl_corpus, savee, subesco
from featx.data.manifest import Manifest, Utterance
from featx.errors import FeatxError
from featx.protocols.apply import apply_protocol
from featx.protocols.folds import known_validate, make_folds, shares_speakers
from featx.protocols.protocol import Protocol, default_protocol, protocol_names, read_protocol
from featx.protocols.task import set_task
from featx.protocols.text import describe_protocol, list_protocols
from featx.utils.config import check_config

EMOTIONS = ("neutral", "calm", "happy", "sad", "angry", "fearful", "disgust", "surprised")
SUNG = EMOTIONS[:6]
DECIDED = ("neutral", "happy", "excited", "sad", "angry", "frustrated")
GERMAN = ("neutral", "happy", "sad", "angry", "fearful", "disgust", "bored")


def listed(rows) -> Manifest:
    """Make a manifest of (speaker, label, session, extra) rows."""
    utterances = (
        Utterance(f"u{n:05}", Path("x.wav"), speaker, label, session=session, extra=extra)
        for n, (speaker, label, session, extra) in enumerate(rows)
    )
    return Manifest(Path("m.csv"), tuple(utterances))


def ravdess() -> Manifest:
    """RAVDESS in full: an intensity less of neutral, and no song by actor 18."""
    return listed(
        (
            f"{actor:02}",
            label,
            "",
            {
                "channel": channel,
                "sex": "male" if actor % 2 else "female",
                "statement": f"statement {take % 2}",
            },
        )
        for channel, labels in (("speech", EMOTIONS), ("song", SUNG))
        for actor in range(1, 25)
        if (channel, actor) != ("song", 18)
        for label in labels
        for take in range(4 if label == "neutral" else 8)
    )


def iemocap() -> Manifest:
    """IEMOCAP in small, with two labels that nobody uses."""
    return listed(
        (
            f"Ses0{session}{sex}",
            label,
            f"{session}",
            {"scenario": scenario, "agreement": agreement},
        )
        for session in range(1, 6)
        for sex in "FM"
        for scenario in ("improvised", "scripted")
        for label, agreement in (*((label, "1.00") for label in DECIDED), ("undecided", "0.00"))
    )


def emodb() -> Manifest:
    speakers = ("03", "08", "09", "10", "11", "12", "13", "14", "15", "16")
    return listed((speaker, label, "", {}) for speaker in speakers for label in GERMAN)


def improv() -> Manifest:
    labels = ("neutral", "happy", "sad", "angry", "other", "undecided")
    return listed(
        (f"{sex}{session}", label, f"{session}", {})
        for session in range(1, 7)
        for sex in "FM"
        for label in labels
    )


def spoken(speakers, labels) -> Manifest:
    """Five utterances of each label by each speaker."""
    return listed(
        (speaker, label, "", {}) for speaker in speakers for label in labels for _ in "12345"
    )


def parted(speakers, labels, parts) -> Manifest:
    """The same in the parts of a corpus, which share their speakers."""
    whole = spoken(speakers, labels).utterances
    rows = (
        replace(
            u, utterance=f"{u.utterance}{part}", split=split, extra={"partition": part, **sizes}
        )
        for part, split in parts.items()
        for u in whole
        for sizes in [dict.fromkeys(("activation", "valence", "dominance"), f"{len(u.label)}.5")]
    )
    return Manifest(Path("m.csv"), tuple(rows))


SEVEN = ("neutral", "happy", "sad", "angry", "fearful", "disgust", "surprised")
PARTS = {"train": "train", "validation": "validation", "test": "test"}
PODCAST = {"Train": "train", "Development": "validation", "Test1": "test", "Test2": "test"}
CORPUS = {
    "ravdess": ravdess(),
    "iemocap": iemocap(),
    "msp-improv": improv(),
    "emodb": emodb(),
    "cafe": spoken(cafe.AGES, SEVEN),
    "emovo": spoken(emovo.AGES, SEVEN),
    "savee": spoken(savee.SPEAKERS, SEVEN),
    "subesco": spoken(subesco.SPEAKERS, SEVEN),
    "jl-corpus": spoken(jl_corpus.SPEAKERS, jl_corpus.KINDS),
    "esd": parted(esd.SPEAKERS, esd.EMOTIONS.values(), PARTS),
    "meld": parted(("Monica", "Ross"), SEVEN, PARTS),
    "msp-podcast": parted(("7", ""), (*SEVEN, "contempt", "other", "undecided"), PODCAST),
}


def notes(corpus: Manifest, protocol: Protocol) -> list[str]:
    return list(set_task(apply_protocol(corpus, protocol)).notes)


def own(**keys) -> Protocol:
    table = {"title": "t", "division": {"kind": "leave-one-out", "by": "speaker"}, **keys}
    return check_config(table, Protocol, "own")


@pytest.mark.parametrize("name", protocol_names())
def test_every_shipped_protocol_divides_its_corpus_as_it_says(name):
    protocol = read_protocol(name)
    corpus = CORPUS[protocol.corpus]
    applied = apply_protocol(corpus, protocol).kept
    folds = make_folds(applied, protocol.division)
    assert protocol.name == name
    assert protocol.corpus in CORPORA
    assert protocol.manifest.startswith(f"featx manifest {protocol.corpus} ")
    assert {u.label for u in applied.utterances} >= set(protocol.labels)
    assert len({u.label for u in applied.utterances}) == len(protocol.labels) or not protocol.labels
    for fold in folds:
        assert shares_speakers(fold) != protocol.tests_new_speakers
        assert not (protocol.speakers_disjoint and known_validate(fold))
    if protocol.corpus == "ravdess":
        assert len(applied.utterances) == protocol.expected.utterances
        assert not [note for note in notes(corpus, protocol) if "complete corpus" in note]
    if protocol.expected.test:
        tested = [u.label for u in folds[0].test]
        assert {label: tested.count(label) for label in protocol.labels} == protocol.expected.test


@pytest.mark.parametrize("name", protocol_names())
def test_a_protocol_survives_being_written_into_a_config(name):
    protocol = read_protocol(name)
    table = tomllib.loads(tomli_w.dumps({"protocol": protocol.to_table()}))
    assert check_config(table["protocol"], Protocol, name) == protocol


@pytest.mark.parametrize("name", ["ravdess-gavali2023", "ravdess-issa2020"])
def test_the_order_of_a_manifest_is_of_no_effect(name):
    protocol = read_protocol(name)
    rows = list(CORPUS["ravdess"].utterances)
    random.Random(1).shuffle(rows)
    shuffled = apply_protocol(Manifest(Path("m.csv"), tuple(rows)), protocol).kept
    straight = apply_protocol(CORPUS["ravdess"], protocol).kept
    assert make_folds(shuffled, protocol.division) == make_folds(straight, protocol.division)


def test_pepinos_test_set_has_208_utterances():
    protocol = read_protocol("ravdess-pepino2021")
    (fold,) = make_folds(apply_protocol(CORPUS["ravdess"], protocol).kept, protocol.division)
    assert {u.speaker for u in fold.test} == {"23", "24"}
    assert {u.speaker for u in fold.validation} == {"21", "22"}
    assert len(fold.test) == 208


@pytest.mark.parametrize("count", [5, 6])
def test_speaker_folds_of_ravdess_balance_the_sexes(count):
    protocol = read_protocol(f"ravdess-speakers-{count}fold")
    for fold in make_folds(apply_protocol(CORPUS["ravdess"], protocol).kept, protocol.division):
        men = {u.speaker for u in fold.test if u.extra["sex"] == "male"}
        women = {u.speaker for u in fold.test if u.extra["sex"] == "female"}
        assert abs(len(men) - len(women)) <= count % 2


@pytest.mark.parametrize(
    ("name", "described", "folds", "sizes"),
    [
        ("ravdess-statements", "speaker-dependent, statement-independent", 2, (648, 72, 720)),
        ("ravdess-speakers-statements", "speaker-independent, statement-independent", 12,
         (480, 120, 120)),
        ("ravdess-speakers-6fold", "speaker-independent", 6, (960, 240, 240)),
        ("ravdess-emobox", "speaker-independent", 6, (960, 240, 240)),
        ("cafe-emobox", "speaker-independent", 3, (224, 56, 140)),
        ("subesco-emobox", "speaker-independent", 5, (448, 112, 140)),
        ("savee-emobox", "speaker-independent", 4, (84, 21, 35)),
    ],
)  # fmt: skip
def test_runs_say_what_the_division_keeps_apart(name, described, folds, sizes):
    protocol = read_protocol(name)
    task = set_task(apply_protocol(CORPUS[protocol.corpus], protocol))
    assert task.describe(protocol, 3) == f"{name}, {described}, 3 seeds"
    assert len(task.folds) == folds
    for fold in task.folds:
        assert tuple(map(len, fold.parts.values())) == sizes
    assert sorted(u.utterance for fold in task.folds for u in fold.test) == sorted(
        u.utterance for u in task.utterances
    )


def test_a_crossed_protocol_is_described_with_what_it_leaves_out():
    text = describe_protocol("ravdess-speakers-statements")
    assert "left out    what shares the statement or the speakers with the test set" in text
    assert "statement     those tested are in no other part" in text
    assert "6/statement" in text
    assert "6/statement" in list_protocols()
    assert "10% of the other utterances, stratified" in describe_protocol("ravdess-statements")


def test_notes_say_what_was_left_out_and_merged():
    protocol = read_protocol("iemocap-loso")
    assert notes(CORPUS["iemocap"], protocol) == [
        "merged 20 excited utterances into happy",
        "left out 40 utterances of other labels: frustrated (20), undecided (20)",
        "100 utterances are here, the complete corpus has 5,531",
    ]
    speech = read_protocol("ravdess-gavali2023")
    assert notes(CORPUS["ravdess"], speech) == ["left out 1,012 utterances of another channel"]


def test_a_run_says_that_known_speakers_validate_and_new_ones_are_tested():
    protocol = read_protocol("iemocap-superb")
    task = set_task(apply_protocol(CORPUS["iemocap"], protocol))
    assert task.describe(protocol, 1) == "iemocap-superb, speaker-independent, 1 seed"
    assert "speakers who are trained on validate; those who are tested are new" in task.notes
    sizes = [tuple(map(len, fold.parts.values())) for fold in task.folds]
    assert sizes == [(64, 16, 20)] * 5
    assert not any(
        "validate" in note for note in notes(CORPUS["iemocap"], read_protocol("iemocap-loso"))
    )


@pytest.mark.parametrize("number", [1, 2])
def test_msp_podcast_is_tested_on_the_named_test_set_in_eight_classes(number):
    protocol = read_protocol(f"msp-podcast-test{number}")
    task = set_task(apply_protocol(CORPUS["msp-podcast"], protocol))
    assert {u.column("partition") for u in task.folds[0].test} == {f"Test{number}"}
    assert len(task.classes) == 8
    assert task.speakers_shared


def test_notes_say_what_an_incomplete_corpus_lacks():
    protocol = read_protocol("ravdess-pepino2021")
    whole = CORPUS["ravdess"]
    without = [u for u in whole.utterances if u.speaker != "05"]
    last = max(n for n, u in enumerate(without) if u.speaker == "24" and u.label == "sad")
    found = notes(Manifest(whole.path, (*without[:last], *without[last + 1 :])), protocol)
    assert found[-3:] == [
        "2,347 utterances are here, the complete corpus has 2,452",
        "the test set is not that of the complete corpus: sad 31 of 32",
        "no utterances of speaker 05, who would train",
    ]


@pytest.mark.parametrize(
    ("corpus", "name", "message"),
    [
        ("emodb", "ravdess-pepino2021", "doesn't fit the protocol ravdess-pepino2021: it has no "
         "column channel.*featx manifest ravdess RAVDESS --channel both"),
        ("ravdess", "iemocap-loso", "it has no column scenario"),
        ("ravdess", "emodb-speakers", "no utterance has the label bored; there are neutral, calm"),
    ],
)  # fmt: skip
def test_the_wrong_corpus_is_refused(corpus, name, message):
    with pytest.raises(FeatxError, match=message):
        apply_protocol(CORPUS[corpus], read_protocol(name))


def test_speech_alone_is_no_corpus_of_speech_and_song():
    speech = tuple(u for u in CORPUS["ravdess"].utterances if u.extra["channel"] == "speech")
    with pytest.raises(FeatxError, match="no utterance has channel song; there is speech"):
        apply_protocol(Manifest(Path("m.csv"), speech), read_protocol("ravdess-pepino2021"))


def test_a_label_already_merged_in_the_manifest_is_fine():
    merged = tuple(
        replace(u, label={"calm": "neutral"}.get(u.label, u.label))
        for u in CORPUS["ravdess"].utterances
    )
    protocol = read_protocol("ravdess-pepino2021")
    corpus = Manifest(Path("m.csv"), merged)
    unmerged = apply_protocol(CORPUS["ravdess"], protocol)
    assert apply_protocol(corpus, protocol).kept == unmerged.kept
    assert notes(corpus, protocol) == []


def test_where_also_takes_speaker_and_session():
    protocol = own(where={"session": ["1", "2"], "speaker": ["Ses01F", "Ses02M", "Ses03F"]})
    applied = apply_protocol(CORPUS["iemocap"], protocol).kept
    assert {u.speaker for u in applied.utterances} == {"Ses01F", "Ses02M"}


def test_without_labels_all_are_kept():
    assert apply_protocol(CORPUS["emodb"], own()).kept.utterances == CORPUS["emodb"].utterances


def test_ones_own_toml_is_read_and_named_after_its_file(workplace):
    Path("mine.toml").write_text('title = "mine"\n[division]\nkind = "speaker-folds"\ncount = 4\n')
    protocol = read_protocol("mine.toml")
    assert (protocol.name, protocol.title) == ("mine", "mine")
    assert len(make_folds(CORPUS["emodb"], protocol.division)) == 4


def test_an_unknown_name_gets_the_nearest_ones():
    with pytest.raises(FeatxError, match=r"`protocol=.*did you mean 'iemocap-loso'"):
        read_protocol("iemocap-losso")
    with pytest.raises(FeatxError, match=r"absent\.toml: can't be read"):
        read_protocol("absent.toml")


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"merge": {"calm": "neutral"}, "labels": ["calm", "neutral"]}, "calm is merged into"),
        ({"merge": {"calm": "neutal"}, "labels": ["sad"]}, "calm becomes neutal, which is not"),
        ({"where": {"channel": []}}, r"where\.channel: .* at least 1 item"),
        ({"expected": {"test": {"sad": 3}}}, "only a division with one fold"),
        ({"lables": ["sad"]}, "did you mean 'labels'"),
    ],
)
def test_a_contradictory_protocol_is_refused(keys, message):
    with pytest.raises(FeatxError, match=message):
        own(**keys)


def test_without_a_protocol_speakers_are_dealt_into_at_most_one_fold_each():
    protocol = default_protocol(CORPUS["emodb"], 5, False)
    assert protocol.division.model_dump() == {"kind": "speaker-folds", "count": 5}
    assert default_protocol(CORPUS["emodb"], 99, False).division.count == 10
    assert apply_protocol(CORPUS["emodb"], protocol).kept.utterances == CORPUS["emodb"].utterances
    assert notes(CORPUS["emodb"], protocol) == []


def test_without_a_protocol_the_split_column_comes_first():
    split = tuple(replace(u, split="train") for u in CORPUS["emodb"].utterances)
    for dependent in (False, True):
        protocol = default_protocol(Manifest(Path("m.csv"), split), 5, dependent)
        assert protocol.division.kind == "manifest-split"
        assert protocol.speakers_disjoint != dependent


def test_without_a_protocol_speaker_dependent_folds_divide_utterances():
    protocol = default_protocol(CORPUS["ravdess"], 5, True)
    assert not protocol.speakers_disjoint
    folds = make_folds(CORPUS["ravdess"], protocol.division)
    assert len(folds) == 5
    assert [f.validation for f in folds] == [folds[n].test for n in (1, 2, 3, 4, 0)]


def test_too_few_folds_are_refused():
    with pytest.raises(FeatxError, match="`folds=2`"):
        default_protocol(CORPUS["emodb"], 2, False)
    two = Manifest(Path("m.csv"), tuple(u for u in CORPUS["emodb"].utterances if u.speaker < "09"))
    with pytest.raises(FeatxError, match="2 speakers; training, validation and test need a"):
        make_folds(two, default_protocol(two, 5, False).division)


def test_the_toml_in_the_docs_divides_a_corpus(tmp_path):
    text = (Path(__file__).parents[3] / "docs" / "protocols.md").read_text("utf-8")
    path = tmp_path / "women.toml"
    path.write_text(text.partition("```toml\n")[2].partition("```")[0])
    protocol = read_protocol(str(path))
    applied = apply_protocol(CORPUS["ravdess"], protocol).kept
    assert len(make_folds(applied, protocol.division)) == 4
    assert {u.extra["sex"] for u in applied.utterances} == {"female"}
    for name in protocol_names():
        assert f"`{name}`" in text
