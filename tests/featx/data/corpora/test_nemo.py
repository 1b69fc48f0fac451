"""nEMO: the folder of its repository."""

from featx.data.corpora.nemo import CORPUS


def test_reads_the_repository(fill):
    root = fill("samples/KS0_surprised_26.wav", "samples/EB0_fear_1.wav", "samples/ZZ0_fear_1.wav")
    (root / "data.tsv").write_text("file_id\n")
    found = CORPUS.find(root)
    afraid, surprised = found.utterances
    assert (afraid.utterance, afraid.speaker, afraid.label) == ("EB0_fear_1", "EB0", "fearful")
    assert afraid.extra == {"emotion": "fearful", "sentence": "1", "sex": "female", "age": "27"}
    assert (surprised.speaker, surprised.label) == ("KS0", "surprised")
    assert "1 file with codes that nEMO doesn't have: samples/ZZ0_fear_1.wav" in found.notes[0]
