"""SUBESCO: names in capitals."""

from featx.data.corpora.subesco import CORPUS


def test_reads_names(fill):
    root = fill("SUBESCO/F_01_OISHI_S_10_ANGRY_1.wav", "SUBESCO/M_05_DURANTO_S_3_SURPRISE_2.wav")
    woman, man = CORPUS.find(root).utterances
    assert (woman.speaker, woman.label, woman.extra["sex"]) == ("F_01", "angry", "female")
    assert (man.utterance, man.label) == ("M_05_DURANTO_S_3_SURPRISE_2", "surprised")
    assert man.extra == {
        "actor": "DURANTO", "sentence": "3", "emotion": "surprised", "take": "2", "sex": "male",
    }  # fmt: skip
