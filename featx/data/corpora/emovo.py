"""EMOVO (Costantini et al., 2014, LREC, pp. 3501-3504;
http://lrec-conf.org/proceedings/lrec2014/summaries/591.html).

Files are named `dis-f1-b1.wav`: emotion, speaker, sentence: brief, long, nonsense or a question.
Ages are those that EmoBox has (https://github.com/emo-box/EmoBox).
"""

from functools import partial

from featx.data.listing.corpus import Facts
from featx.data.listing.named import Naming, named_corpus
from featx.data.listing.published import count_gaps

AGES = {"f1": "28", "f2": "23", "f3": "25", "m1": "30", "m2": "27", "m3": "30"}
EMOTIONS = {
    "dis": "disgust",
    "gio": "happy",
    "neu": "neutral",
    "pau": "fearful",
    "rab": "angry",
    "sor": "surprised",
    "tri": "sad",
}
SENTENCES = ("b1", "b2", "b3", "l1", "l2", "l3", "l4", "n1", "n2", "n3", "n4", "n5", "d1", "d2")
FULL = {f"{speaker} {emotion}": len(SENTENCES) for speaker in AGES for emotion in EMOTIONS.values()}
NAMING = Naming(
    "EMOVO",
    "dis-f1-b1",
    r"(?P<emotion>[a-z]{3})-(?P<speaker>[fm]\d)-(?P<sentence>[a-z]\d)",
    {
        "emotion": EMOTIONS,
        "speaker": {name: name for name in AGES},
        "sentence": {name: name for name in SENTENCES},
    },
    derive=lambda columns: {
        "sex": "female" if columns["speaker"][0] == "f" else "male",
        "age": AGES[columns["speaker"]],
    },
)

CORPUS = named_corpus(
    NAMING,
    Facts(
        licence="not stated",
        hours=0.5,
        speakers=6,
        utterances=sum(FULL.values()),
        labels=tuple(EMOTIONS.values()),
        language="Italian",
        link="http://voice.fub.it/activities/corpora/emovo/index.html",
    ),
    partial(count_gaps, full=FULL, columns=("speaker", "emotion")),
)
