"""Memory is what the machine has, or less if a control group allows less."""

import os
import sys
from types import SimpleNamespace

import psutil
import pytest
import torch

import featx.utils.machine
from featx.utils.machine import available_memory, peak_memory, usable_cores

VERSIONS = {
    2: ("0::/job/step", "job", "memory.max", "memory.current"),
    1: ("4:memory:/job/step", "memory/job", "memory.limit_in_bytes", "memory.usage_in_bytes"),
}


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine whose control groups lie in a folder."""
    monkeypatch.setattr(featx.utils.machine, "GROUPS", tmp_path)
    monkeypatch.setattr(featx.utils.machine, "OWN_GROUPS", tmp_path / "own")
    return tmp_path


def test_without_groups_it_is_the_machines(machine):
    assert available_memory() == pytest.approx(featx.utils.machine.free_memory(), rel=0.2)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_group_around_the_process_binds_it_but_for_its_page_cache(machine, version):
    own, folder, limit, used = VERSIONS[version]
    (machine / "own").write_text(f"{own}\n")
    (machine / folder / "step").mkdir(parents=True)
    for group, allowed in ((machine / folder, 5000), (machine / folder / "step", 10**15)):
        (group / limit).write_text(f"{allowed}\n")
        (group / used).write_text("3000\n")
        (group / "memory.stat").write_text("anon 2200\nactive_file 700\ninactive_file 100\n")
    assert available_memory() == 2800
    (machine / folder / limit).write_text("max\n")
    assert available_memory() > 2800


def test_without_unix_the_peak_is_what_windows_counts(monkeypatch):
    """No such machine is at hand: the module that it lacks is taken away."""
    here, _ = peak_memory(torch.device("cpu"))
    assert here > 10**7
    monkeypatch.setitem(sys.modules, "resource", None)
    counted = SimpleNamespace(memory_info=lambda: SimpleNamespace(peak_wset=12_345))
    monkeypatch.setattr(psutil, "Process", lambda: counted)
    assert peak_memory(torch.device("cpu")) == (12_345, None)


QUOTAS = {
    2: ("0::/job/step", "job", {"cpu.max": "150000 100000"}, {"cpu.max": "max 100000"}),
    1: (
        "4:cpu,cpuacct:/job/step",
        "cpu,cpuacct/job",
        {"cpu.cfs_quota_us": "150000", "cpu.cfs_period_us": "100000"},
        {"cpu.cfs_quota_us": "-1", "cpu.cfs_period_us": "100000"},
    ),
}


@pytest.mark.parametrize("version", QUOTAS)
def test_cores_are_those_that_affinity_and_groups_allow(machine, monkeypatch, version):
    own, folder, limited, unlimited = QUOTAS[version]
    (machine / "own").write_text(f"{own}\n")
    (machine / folder / "step").mkdir(parents=True)
    monkeypatch.setattr(psutil, "Process", lambda: SimpleNamespace(cpu_affinity=lambda: [0, 1, 5]))
    for files, cores in ((limited, 1.5), (unlimited, 3)):
        for name, text in files.items():
            (machine / folder / name).write_text(f"{text}\n")
        assert usable_cores() == cores


def test_where_there_is_no_affinity_all_cores_are_usable(machine, monkeypatch):
    """As on macOS, whose psutil lacks it."""
    monkeypatch.setattr(psutil, "Process", SimpleNamespace)
    assert usable_cores() == os.cpu_count()
