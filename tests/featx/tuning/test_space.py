"""A space is checked before anything trains, and its values fit the head."""

from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import featx
from classifiers.objectives import Classification
from classifiers.regression import Regression
from featx.errors import FeatxError
from featx.fitting.choices import head_names
from featx.fitting.config import FitConfig, head_config
from featx.tuning.sampler import Suggestion
from featx.tuning.space import Searched, Space, own_values, read_space, with_values
from featx.tuning.space_checks import check_space
from featx.utils.config import ConfigError


def config(head: str = "dense") -> FitConfig:
    protocol = {"title": "here", "division": {"kind": "speaker-folds", "count": 3}}
    stores = ["features/a", "features/b"] if head == "fusion" else ["features/a"]
    data = {"manifest": "manifest.csv", "features": stores, "normalize": "global"}
    return head_config(head, {**data, "protocol": protocol, "seeds": 1, "skip_missing": False})


def read(text: str, head: str = "dense") -> Space:
    Path("space.toml").write_text(text)
    return read_space("space.toml", config(head))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[training]\nlearning_rat = {low = 1e-4, high = 1e-2}", "did you mean 'learning_rate'"),
        ("[head]\ndropout = {low = 0.0, high = 1.5}", r"head\.dropout: .* less than or equal"),
        ("[head]\nwidth = {choices = [8, 0]}", r"head\.width: .* greater than 0"),
        ("[head]\nwidth = {low = 8.0, high = 16.0}", "takes whole numbers"),
        ("[head]\nwidth = {low = 16, high = 8}", "16 is not below 8"),
        ("[head]\nwidth = {low = 8}", "needs low and high, or choices"),
        ("[head]\nwidth = {low = 8, choices = [8]}", "either choices, or low and high"),
        ("[head]\ndropout = {low = 0.0, high = 0.5, log = true}", "low must be above zero"),
        ("[head]\npooling = {choices = ['mean', 'media']}", r"head\.pooling"),
        ("[head]\nkind = {choices = ['dense', 'lstm']}", "take `head`"),
        ("[head]\naverage_frames = {choices = [4, 8]}", "take `settings`"),
        ("[body]\nwidth = {choices = [8]}", "unknown key"),
        ("", "no setting is searched"),
    ],
)
def test_what_no_head_takes_is_named_with_its_file(workplace, text, message):
    with pytest.raises(ConfigError, match=message) as problem:
        read(text)
    assert "space.toml" in str(problem.value)


def test_a_linear_head_takes_no_training(workplace):
    with pytest.raises(ConfigError, match=r"a linear head takes no \[training\]"):
        read("[training]\nepochs = {low = 1, high = 5}", "linear")


def test_a_wrong_space_ends_before_anything_is_written(noise, search):
    noise()
    with pytest.raises(featx.FeatxError, match="did you mean 'dense'"):
        search(space="dens")
    assert not Path("runs").exists()


CLASSES = ("happy", "sad")


@pytest.mark.parametrize(
    ("text", "head", "objective", "message"),
    [
        ("[training]\nloss = {choices = ['focal', 'ccc']}", "dense",
         Classification(2, CLASSES), r"training\.loss = ccc can't be chosen"),
        ("[training]\nsampling = {choices = ['shuffled', 'balanced']}\n"
         "class_weights = {choices = ['none', 'balanced']}", "dense",
         Classification(2, CLASSES),
         r"(?s)sampling = balanced and training\.class_weights = balanced can't .* choose either"),
        ("[training]\nsampling = {choices = ['shuffled', 'balanced']}", "dense",
         Regression(1), r"training\.sampling = balanced can't be chosen"),
    ],
)  # fmt: skip
def test_what_can_not_be_learned_is_refused_before_the_first_trial(
    workplace, text, head, objective, message
):
    with pytest.raises(FeatxError, match=message):
        check_space(read(text, head), config(head), objective, CLASSES)


def test_a_setting_that_is_nothing_by_default_can_be_searched(workplace):
    space = read("[training]\nloss = {choices = ['cross-entropy', 'focal']}")
    assert own_values(space, config()) is None
    assert with_values(config(), {"training.loss": "focal"}).training.loss == "focal"


@pytest.mark.parametrize("head", head_names())
def test_shipped_spaces_can_be_learned_by(head):
    check_space(read_space(None, config(head)), config(head), Classification(2, CLASSES), CLASSES)
    numbers = of_numbers(head)
    space = read_space(None, numbers)
    assert "training.label_smoothing" not in space.settings
    check_space(space, numbers, Regression(1), ())


def test_what_does_nothing_for_numbers_is_refused(workplace):
    Path("space.toml").write_text("[training]\nlabel_smoothing = {low = 0.0, high = 0.2}")
    with pytest.raises(ConfigError, match=r"label_smoothing does nothing where numbers are"):
        read_space("space.toml", of_numbers("dense"))


def of_numbers(head: str) -> FitConfig:
    fit = config(head)
    target = fit.protocol.target.model_copy(update={"columns": ("level",), "task": "regression"})
    protocol = fit.protocol.model_copy(update={"target": target})
    return fit.model_copy(update={"protocol": protocol})


def test_numbers_are_those_of_the_setting(workplace):
    space = read("[head]\ndropout = {low = 0, high = 0.5}\nwidth = {low = 2, high = 9}")
    assert not space.head["width"].has_fractions
    linear = read("[head]\nstrengths = {low = 1, high = 100}", "linear")
    assert linear.head["strengths"].has_fractions
    tried = with_values(config("linear"), {"head.strengths": 0.5})
    assert tried.head.strengths == (0.5,)


def test_lists_and_booleans_are_chosen_as_they_are(workplace):
    space = read(
        "[head]\nstrengths = {choices = [[0.1, 1.0], [1.0]]}\nrefit = {choices = [true, false]}",
        "linear",
    )
    for seed in range(8):
        values = Suggestion(space, (), [seed], None).values
        assert values["head.strengths"] in ([0.1, 1.0], [1.0])
        assert values["head.refit"] in (True, False)
        assert with_values(config("linear"), values).head.refit is values["head.refit"]


@pytest.mark.parametrize("head", head_names())
def test_every_shipped_head_has_a_space(head):
    space = read_space(None, config(head))
    for seed in range(5):
        values = Suggestion(space, (), [seed], None).values
        assert all(space.settings[key].holds(value) for key, value in values.items())
        assert with_values(config(head), values) != config(head)


def test_every_shipped_space_is_of_a_head():
    spaces = {file.name.removesuffix(".toml") for file in (files("configs") / "spaces").iterdir()}
    assert spaces <= set(head_names())


def test_a_heads_own_settings_are_tried_first():
    space = read_space("dense", config())
    own = own_values(space, config())
    assert Suggestion(space, (), [0], own).values == own
    assert with_values(config(), own) == config()
    assert own_values(read_space("linear", config("linear")), config("linear")) is None


@given(
    low=st.floats(1e-6, 10), factor=st.floats(1.001, 1e4), log=st.booleans(), seed=st.integers(0, 9)
)
def test_values_are_within_their_range(low, factor, log, seed):
    searched = Searched(low=low, high=low * factor, log=log)
    space = Space(training={"learning_rate": searched})
    value = Suggestion(space, (), [seed], None).values["training.learning_rate"]
    assert searched.holds(value)
