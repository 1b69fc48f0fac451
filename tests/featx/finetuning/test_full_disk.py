"""A checkpoint that the disk has no room for; tests/full_disk has all commands."""

import itertools
import shutil
from pathlib import Path

import pytest
import torch

from featx.errors import DiskFull

SETTINGS = ("training.every=1", "training.epochs=10", "training.max_steps=2")
KEPT = ("predictions.csv", "metrics.json")


@pytest.mark.thorough
def test_a_checkpoint_that_the_disk_has_no_room_for_is_done_again(one_split, finetune, monkeypatch):
    finetune(*SETTINGS, name="a")
    reference = [Path("runs/a", name).read_bytes() for name in KEPT]
    shutil.rmtree("runs/a")
    saves, save = itertools.count(), torch.save

    def fill_up(value: object, path: str) -> None:
        if next(saves) == 5:  # in the second checkpoint
            Path(path).write_bytes(b"half")
            raise RuntimeError("[enforce fail at inline_container.cc:672] . unexpected pos 704")
        save(value, path)

    with monkeypatch.context() as patch:
        patch.setattr(torch, "save", fill_up)
        patch.setattr("cache.disk.space.free_bytes", lambda _: 512)
        patch.setattr("featx.finetuning.make_run.check_space", lambda *_: None)
        with pytest.raises(
            DiskFull, match=r"checkpoint-2: the disk is full: needs .*B, 512 B free"
        ):
            finetune(*SETTINGS, name="a")
    (member,) = (path for path in Path("runs/a/members").iterdir() if path.is_dir())
    assert [path.name for path in member.iterdir()] == ["checkpoint-1"]
    finetune(*SETTINGS, name="a")
    assert [Path("runs/a", name).read_bytes() for name in KEPT] == reference
