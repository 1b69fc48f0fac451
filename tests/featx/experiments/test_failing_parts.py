"""What fails one part of an experiment leaves the others, and is told at the end."""

import errno
import shutil
from functools import partial
from pathlib import Path

import pytest
import torch
from safetensors import SafetensorError

import featx
from featx.errors import FeatxError
from featx.experiments.running.course import as_problem

FULL = OSError(errno.ENOSPC, "No space left on device", "features.bin")


@pytest.fixture
def fail_layers(finished, stop_at):
    """While it is entered, the fit of one system, which is to be done again, raises an error."""
    for name in ("layers", "memory", "three"):
        shutil.rmtree(f"runs/small-{name}")
    return partial(stop_at, "small-layers")


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (FULL, "features.bin: the disk is full: "),
        (torch.OutOfMemoryError("CUDA out of memory"), "out of memory; smaller batches"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory"), "out of memory; smaller"),
        (MemoryError(), "out of memory; smaller"),
        (SafetensorError("I/O error: worn out"), "a model could not be written; is the disk"),
    ],
)
def test_a_machine_at_its_limits_fails_one_part(finished, fail_layers, error, why):
    message = "2 parts failed; the others are in"
    with fail_layers(error), pytest.raises(FeatxError, match=message) as raised:
        featx.run(finished)
    assert f"small-layers: {why}" in str(raised.value)
    assert "small-three: needs layers" in str(raised.value)
    assert Path("runs/small-memory/metrics.json").exists()


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="there is no full device here")
@pytest.mark.parametrize("values", [1, 1000])
def test_torch_says_in_its_own_way_that_a_disk_is_full(values):
    with pytest.raises(RuntimeError) as raised:
        torch.save({"weight": torch.zeros(values)}, "/dev/full")
    assert "a model could not be written" in str(as_problem(raised.value))


@pytest.mark.parametrize("error", [RuntimeError("size of tensors"), IndexError("no item")])
def test_a_fault_of_this_program_is_not_hidden(finished, fail_layers, error):
    with fail_layers(error), pytest.raises(type(error), match=str(error)):
        featx.run(finished)


def test_a_report_that_fails_leaves_the_list_of_failures(finished, fail_layers, monkeypatch):
    def fail(*_, **__):
        raise FULL

    before = Path("reports/small.md").read_bytes()
    with fail_layers(FeatxError("no luck")), monkeypatch.context() as patch:
        patch.setattr("featx.experiments.running.course.write_report", fail)
        with pytest.raises(FeatxError, match="3 parts failed; the others are done") as raised:
            featx.run(finished)
    assert "small-layers: no luck" in str(raised.value)
    assert "report: features.bin: the disk is full" in str(raised.value)
    assert Path("reports/small.md").read_bytes() == before
    assert featx.run(finished) == Path("reports/small.html")
