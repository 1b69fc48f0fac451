"""ShEMO: F is a woman at the beginning of a name and fear in its middle."""

from featx.data.corpora.shemo import CORPUS


def test_reads_names_with_f_for_two_things(fill):
    found = CORPUS.find(fill("female/F03F02.wav", "male/M15A04.wav", "male/M02F101.wav"))
    assert [(u.utterance, u.speaker, u.label, u.extra["sex"]) for u in found.utterances] == [
        ("F03F02", "F03", "fearful", "female"),
        ("M02F101", "M02", "fearful", "male"),
        ("M15A04", "M15", "angry", "male"),
    ]
    assert CORPUS.gaps(found.utterances) == [
        "3 of 3,000 utterances are here",
        "only 2 utterances are fearful; studies often leave them out",
    ]


def test_more_than_published_is_said(fill):
    [utterance] = CORPUS.find(fill("M15A04.wav")).utterances
    [surplus] = CORPUS.gaps([utterance] * 3_001)
    assert surplus == "more utterances than published: 3,001 instead of 3,000"
