"""What the server answers, as JSON."""

from pydantic import Field

from featx.utils.config import Schema

SHARES = {"angry": 0.87, "happy": 0.09, "sad": 0.04}


class Stretch(Schema):
    """A window of a recording."""

    start: float = Field(description="Where it begins, in seconds.", examples=[0.0])
    end: float = Field(description="Where it ends, in seconds.", examples=[4.0])
    label: str | None = Field(
        description="The most probable class; null if it is less probable than `abstain`.",
        examples=["angry"],
    )
    labels: list[str] = Field(
        default_factory=list,
        description="Of a model of several labels: those that are predicted, in place of `label`.",
        examples=[[]],
    )
    probabilities: dict[str, float] = Field(
        description="The probability of each class.", examples=[SHARES]
    )
    numbers: dict[str, float] = Field(
        default_factory=dict,
        description="Of a model of numbers: each number that it predicts, in place of the above.",
        examples=[{}],
    )


class Answer(Schema):
    """What the model says of a recording."""

    utterance: str = Field(description="The name of the file as it was sent.", examples=["a.wav"])
    seconds: float = Field(description="How long the recording is.", examples=[3.4])
    label: str | None = Field(
        description="The most probable class; null if it is less probable than `abstain`.",
        examples=["angry"],
    )
    labels: list[str] = Field(
        default_factory=list,
        description="Of a model of several labels: those that are predicted, in place of `label`.",
        examples=[[]],
    )
    probabilities: dict[str, float] = Field(
        description="The probability of each class. With `window`, the mean over all windows.",
        examples=[SHARES],
    )
    numbers: dict[str, float] = Field(
        default_factory=dict,
        description="Of a model of numbers, such as arousal: each number that it predicts, in "
        "place of label and probabilities. With `window`, the mean over all windows.",
        examples=[{}],
    )
    windows: list[Stretch] = Field(
        description="With `window`: the windows that hold speech, by time; empty without.",
        examples=[[]],
    )


class Problem(Schema):
    """Why there is no answer."""

    error: str = Field(
        description="What was wrong and what to do, in a sentence or two.",
        examples=["notes.txt: not a readable audio file. Send WAV, FLAC, OGG or MP3."],
    )


class Health(Schema):
    """That the server is there."""

    status: str = Field(description='Always "ok".', examples=["ok"])
    waiting: int = Field(description="Requests that are worked on or wait.", examples=[0])


class Score(Schema):
    """A score: of classes and labels in percent, of numbers a concordance."""

    mean: float = Field(description="The score; the mean over seeds.", examples=[74.4])
    low: float = Field(description="The lower end of its 95 % interval.", examples=[69.1])
    high: float = Field(description="The upper end.", examples=[79.5])


class Layers(Schema):
    """What the heads made of the layers of an encoder."""

    features: str = Field(description="The store of features.", examples=["wavlm-base-plus"])
    layers: list[str] = Field(
        description="Names of the layers; 0 is the local encoder.", examples=[["0", "1", "2"]]
    )
    weights: list[float] = Field(
        description="The weight of each, the mean over heads; they add up to one.",
        examples=[[0.2, 0.5, 0.3]],
    )


class Dimension(Schema):
    """A number that a model predicts, such as arousal."""

    low: float = Field(description="The lowest true number of the test.", examples=[1.0])
    high: float = Field(description="The highest.", examples=[7.0])
    ccc: Score = Field(description="The cross-validated concordance, 1 if all is right.")


class Label(Schema):
    """A label of a model that predicts several at once; its scores are null where unknown."""

    threshold: float = Field(description="The probability from which it is predicted.")
    precision: float | None = Field(None, description="Of the test, in percent.")
    recall: float | None = Field(None, description="Of the test, in percent.")
    f1: float | None = Field(None, description="Of the test, in percent.")


class Limited(Schema):
    """What the server takes."""

    max_megabytes: float = Field(description="The largest file, in millions of bytes.")
    max_seconds: float = Field(description="The longest recording.")
    max_whole_seconds: float = Field(description="The longest recording without `window`.")
    requests_per_minute: int = Field(description="How often a client may ask.")


class Facts(Schema):
    """What the server predicts with, and what that was trained on."""

    name: str = Field(description="The run.", examples=["ravdess-wavlm-base-plus-dense"])
    featx: str = Field(description="The version of featx that serves it.", examples=["0.1.0"])
    classes: list[str] = Field(
        description="The classes, in the order of the probabilities; none of a model of numbers.",
        examples=[list(SHARES)],
    )
    dimensions: dict[str, Dimension] = Field(
        default_factory=dict,
        description="The numbers that the model predicts; none of a model of classes.",
        examples=[{}],
    )
    labels: dict[str, Label] = Field(
        default_factory=dict,
        description="The labels of a model that predicts several at once, which are its classes, "
        "too; none of other models.",
        examples=[{}],
    )
    title: str | None = Field(description="What was trained on what.")
    encoders: list[str] = Field(description="The encoders that the model hears with.")
    corpus: str | None = Field(
        description="The corpus, or the name of its manifest.", examples=["ravdess"]
    )
    utterances: int | None = Field(description="How many the run was tested on.", examples=[1440])
    speakers: int | None = Field(description="How many were tested.", examples=[24])
    protocol: str | None = Field(
        description="How training and test were divided.", examples=["ravdess-speakers-6fold"]
    )
    uar: Score | None = Field(
        description="The cross-validated unweighted average recall, of speakers that the models "
        "had not heard if `notes` do not say otherwise."
    )
    macro_f1: Score | None = Field(
        None, description="Of several labels: the cross-validated macro F1, as `uar` is of classes."
    )
    chance: float | None = Field(description="The recall of guessing, in percent.")
    recalls: dict[str, float] = Field(description="The recall of each class, in percent.")
    notes: list[str] = Field(description="What a reader of the scores must know.")
    layers: list[Layers] = Field(
        description="The learned weights of layers; empty for heads that do not average layers."
    )
    limits: Limited
