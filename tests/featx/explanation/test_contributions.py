"""Contributions add up, stay with their frames, and go to the layer that counts."""

import tomllib

import pytest
import torch
from pydantic import TypeAdapter

from classifiers.batch import Input, Part
from classifiers.heads import HeadSettings, build_head
from classifiers.objectives import Classification
from classifiers.shape import InputShape
from featx.explanation.contributions import find_contributions, find_logits
from featx.utils.config import shipped_config

LAYERS, FRAMES, DIM, CLASSES = 3, 11, 6, 4
SHAPE = InputShape(LAYERS, DIM, 0.02)
LINEAR = ["linear", "svm", "linear pooling=mean"]
OTHERS = ["dense", "pepino2021", "lstm", "dense pooling=attentive", "dense skip"]


def head_of(text: str, shapes=(SHAPE,)):
    """A head with random weights, of an utterance's frames one by one."""
    name, *changes = text.split()
    table = tomllib.loads(shipped_config(f"heads/{name}.toml").read_text("utf-8"))["head"]
    table |= {"skip": True} if changes == ["skip"] else dict(c.split("=") for c in changes)
    settings = TypeAdapter(HeadSettings).validate_python(table)
    torch.manual_seed(3)
    head = build_head(settings, list(shapes), Classification(CLASSES)).eval().requires_grad_(False)
    for average in head.layer_averages:
        average.raw.copy_(torch.rand(len(average.raw)) + 0.1)
    return head


def given(frames: int = FRAMES, layers: int = LAYERS) -> Input:
    torch.manual_seed(4)
    features = 3 * torch.randn(layers, frames, DIM) + 1
    mean, deviation = torch.randn(1, layers, DIM), torch.rand(1, layers, DIM) + 2
    return Input([features], mean, deviation)


def part_of(*inputs: Input) -> Part:
    return Part(inputs, torch.zeros(1, dtype=torch.int64))


def logit(head, part, label: int) -> float:
    logits = find_logits(head, part)
    return float(logits[label] - logits.mean())


@pytest.mark.parametrize("name", LINEAR)
def test_those_of_a_linear_head_add_up_exactly(name):
    head, part = head_of(name), part_of(given())
    for label in range(CLASSES):
        found = find_contributions(head, part, label)
        assert found.values[0].shape == (LAYERS, FRAMES)
        assert found.logit == pytest.approx(logit(head, part, label), abs=1e-4)
        assert found.baseline + found.values[0].sum() == pytest.approx(found.logit, abs=1e-9)


def test_the_average_utterance_of_a_linear_head_has_mean_0_and_deviation_1():
    head, own = head_of("linear"), given()
    two = torch.stack([own.mean[0] - own.deviation[0], own.mean[0] + own.deviation[0]], 1)
    average = part_of(Input([two], own.mean, own.deviation))
    found = find_contributions(head, average, 2)
    assert found.baseline == pytest.approx(logit(head, average, 2), abs=1e-4)
    assert abs(found.values[0].sum(1)).max() < 1e-5


@pytest.mark.parametrize("name", OTHERS)
def test_those_of_other_heads_add_up_but_for_the_integrals_error(name):
    head, part = head_of(name), part_of(given())
    for label in range(CLASSES):
        found = find_contributions(head, part, label)
        assert found.logit == pytest.approx(logit(head, part, label), abs=1e-4)
        difference = found.logit - found.baseline
        assert found.values[0].sum() == pytest.approx(difference, abs=0.01 + 0.01 * abs(difference))


def test_both_stores_of_a_fusion_contribute():
    slow, fast = SHAPE, InputShape(1, DIM, 0.01)
    head = head_of("fusion", (slow, fast))
    part = part_of(given(), given(2 * FRAMES, layers=1))
    found = find_contributions(head, part, 1)
    assert [values.shape for values in found.values] == [(LAYERS, FRAMES), (1, 2 * FRAMES)]
    total = sum(values.sum() for values in found.values)
    assert found.logit == pytest.approx(logit(head, part, 1), abs=1e-4)
    assert total == pytest.approx(found.logit - found.baseline, abs=0.01)
    assert all(abs(values).max() > 1e-3 for values in found.values)


@pytest.mark.parametrize("name", ["linear", "dense"])
def test_contributions_move_with_their_frames(name):
    head, own = head_of(name), given()
    moved = Input([own.features[0].roll(3, 1)], own.mean, own.deviation)
    before = find_contributions(head, part_of(own), 0).values[0]
    after = find_contributions(head, part_of(moved), 0).values[0]
    assert after == pytest.approx(torch.from_numpy(before).roll(3, 1).numpy(), abs=1e-6)


@pytest.mark.parametrize("name", ["linear", "dense"])
def test_a_layer_without_weight_adds_nothing(name):
    head = head_of(name)
    if name == "linear":
        weights = head.output.weight.view(CLASSES, 2, LAYERS, DIM)
        weights[:, :, [0, 2]] = 0
    else:
        head.layer_averages[0].raw.copy_(torch.tensor([0.0, 1.0, 0.0]))
    added = find_contributions(head, part_of(given()), 0).values[0]
    assert abs(added[[0, 2]]).max() == 0
    assert abs(added[1]).max() > 1e-3


def test_a_mean_adds_its_gradient_times_its_values():
    head, own = head_of("linear pooling=mean"), given()
    values = ((own.features[0] - own.mean[0][:, None]) / own.deviation[0][:, None]).requires_grad_()
    logits = head(part_of(Input([values])))[0]
    (logits[1] - logits.mean()).backward()
    expected = (values * values.grad).sum(2).detach().numpy()
    found = find_contributions(head, part_of(own), 1).values[0]
    assert found == pytest.approx(expected, abs=1e-5)


def test_frames_that_never_vary_are_no_obstacle():
    own = given()
    still = Input([own.features[0][:, :1].expand(-1, FRAMES, -1)], own.mean, own.deviation)
    for name in ("linear", "dense"):
        found = find_contributions(head_of(name), part_of(still), 0)
        total = found.values[0].sum()
        assert total == pytest.approx(found.logit - found.baseline, abs=0.01)
