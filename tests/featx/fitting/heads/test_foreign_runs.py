"""A run that somebody else made is read without running anything of it, or refused."""

import json
import os
import pickle
import shutil
import struct
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

import featx
from featx.errors import FeatxError

RUN = Path("runs/run")
MODEL, WEIGHTS, CONFIG = RUN / "model.json", RUN / "heads.safetensors", RUN / "config.toml"


class Planted:
    """Leaves a file when it is unpickled."""

    def __reduce__(self):
        return os.mkdir, ("planted",)


@pytest.fixture
def run(extracted):
    """A finished fit, whose files a test then changes."""
    settings = ("training.epochs=1", "head.width=8")
    return featx.fit("dense", folds=3, name="run", settings=settings, normalize="global")


def described(change):
    """Return what rewrites model.json with a change."""

    def plant():
        table = json.loads(MODEL.read_text())
        change(table)
        MODEL.write_text(json.dumps(table))

    return plant


def weighed(ending, value):
    """Return what gives the weights of this name another value."""

    def plant():
        weights = load_file(WEIGHTS)
        name = next(name for name in weights if name.endswith(ending))
        weights[name] = value(weights[name])
        save_file(weights, WEIGHTS)

    return plant


def spoilt(number):
    def change(values):
        values.view(-1)[0] = number
        return values

    return change


def headed(header, length=None, data=b""):
    """Return what replaces the weights by a file that claims a header of such a length."""
    text = json.dumps(header).encode()
    return lambda: WEIGHTS.write_bytes(struct.pack("<Q", length or len(text)) + text + data)


def linked(path, target):
    def plant():
        path.unlink(missing_ok=True)
        path.symlink_to(target)

    return plant


def set_in(*keys, to):
    def change(table):
        for key in keys[:-1]:
            table = table[key]
        table[keys[-1]] = to

    return described(change)


CLASSES = ("happy", "sad", "angry")
TWO_GB = {"a": {"dtype": "F32", "shape": [2**29], "data_offsets": [0, 2**31]}}
REFUSED = {
    "a pickle beside the weights": (lambda: (RUN / "pytorch_model.bin").write_bytes(
        pickle.dumps(Planted())), "pytorch_model.bin: may be a pickle"),
    "a pickle of heads": (lambda: (RUN / "model.pkl").write_bytes(
        pickle.dumps(Planted())), "model.pkl: may be a pickle"),
    "a pickle under another name": (lambda: WEIGHTS.write_bytes(
        pickle.dumps(Planted())), "heads.safetensors: .* a pickle"),
    "an archive of pickles": (lambda: torch.save(
        {"a": torch.ones(1)}, WEIGHTS), "heads.safetensors: .* a pickle"),
    "weights that are a link": (linked(WEIGHTS, "/etc/hostname"), "heads.safetensors: .* link"),
    "a description that is a link": (linked(MODEL, "../../manifest.csv"), "model.json: .* link"),
    "a config that is a link": (linked(CONFIG, "/etc/hostname"), "config.toml: .* link"),
    "an absolute path": (set_in("inputs", 0, "features", "encoder", to="/tmp/evil"),
        "model.json: .*encoder is '/tmp/evil', a path"),
    "a path that climbs": (set_in("inputs", 0, "features", "encoder", to="../evil"),
        r"model\.json: .*encoder is '\.\./evil', a path"),
    "a path of Windows": (set_in("inputs", 0, "features", "encoder", to="C:\\evil"),
        "model.json: .*a path"),
    "two gigabytes of weights": (headed(TWO_GB, data=b"1234"),
        "heads.safetensors: .*can't be read"),
    "a header of two gigabytes": (headed({}, length=2**31),
        "heads.safetensors: .*can't be read"),
    "a truncated file": (lambda: WEIGHTS.write_bytes(WEIGHTS.read_bytes()[:-4]),
        "heads.safetensors: .*can't be read"),
    "a header that ends early": (lambda: WEIGHTS.write_bytes(WEIGHTS.read_bytes()[:50]),
        "heads.safetensors: .*can't be read"),
    "no weights": (WEIGHTS.unlink, "heads.safetensors: .*can't be read"),
    "weights of another shape": (weighed("output.bias", lambda v: torch.zeros(99)),
        "heads.safetensors: .*output.bias has the shape 99, not 3"),
    "weights of another type": (weighed("output.bias", lambda v: v.long()),
        "heads.safetensors: .*output.bias is of I64, not F32"),
    "statistics of another shape": (weighed("statistics.0.mean", lambda v: v[:, :1].clone()),
        "heads.safetensors: .*statistics.0.mean has the shape 3 × 1"),
    "a wide head": (set_in("head", "width", to=10**6), "heads.safetensors: .* has the shape"),
    "a width of billions": (set_in("head", "width", to=4 * 10**9), "model.json: .*head.width"),
    "a depth of billions": (set_in("head", "depth", to=4 * 10**9), "model.json: .*head.depth"),
    "features of billions": (set_in("inputs", 0, "dim", to=4 * 10**9), "model.json: .*dim"),
    "an endless step": (set_in("inputs", 0, "step", to=1e400), "model.json: .*step"),
    "no inputs": (set_in("inputs", to=[]), "model.json: .*inputs"),
    "no heads": (set_in("members", to=[]), "model.json: .*members"),
    "a head twice": (set_in("members", 0, "prefix", to="seed0.fold1."),
        "model.json: .*two of its heads share weights"),
    "layers that weigh nothing": (weighed("raw", torch.zeros_like),
        "heads.safetensors: .*layers of seed0.* have weights that are no numbers"),
    "a head that is not there": (set_in("members", 0, "prefix", to="seed9.fold9."),
        "heads.safetensors: .*lacks seed9"),
    "weights that are no number": (weighed("output.bias", spoilt(float("nan"))),
        "heads.safetensors: .*output.bias has a value"),
    "infinite weights": (weighed("output.weight", spoilt(float("inf"))),
        "heads.safetensors: .*output.weight has a value"),
    "infinite statistics": (weighed("statistics.0.mean", spoilt(float("-inf"))),
        "heads.safetensors: .*statistics.0.mean has a value"),
    "a deviation of zero": (weighed("statistics.0.deviation", spoilt(0.0)),
        "heads.safetensors: .*deviation that is not above zero"),
    "a negative deviation": (weighed("statistics.0.deviation", spoilt(-1.0)),
        "heads.safetensors: .*deviation that is not above zero"),
    "no statistics": (set_in("inputs", 0, "layers", to=["0"]), "heads.safetensors: .* shape"),
    "a class without a name": (set_in("classes", 0, to=""), "model.json: .*a class is called ''"),
    "a class that writes on the terminal": (set_in("classes", 0, to="\x1b[2J"),
        "model.json: .*a class is called"),
    "a class twice": (set_in("classes", 0, to="sad"), "model.json: .*two classes are called 'sad'"),
    "a long class": (set_in("classes", 0, to="a" * 10**6), "model.json: .*classes.0 is 'aaa"),
    "a million classes": (set_in("classes", to=[str(n) for n in range(10**6)]),
        "model.json: .*classes"),
    "a kind that names code": (set_in("head", "kind", to="os.system"), "model.json: .*os.system"),
    "another normalisation": (set_in("normalize", to="__import__('os')"),
        "model.json: .*normalize"),
    "unknown keys": (set_in("auto_map", to={"AutoModel": "evil.py"}), "model.json: .*auto_map"),
    "a giant description": (lambda: os.truncate(MODEL, 2**30), "model.json: .*1.07 GB"),
    "a giant config": (lambda: os.truncate(CONFIG, 2**30), "config.toml: .*1.07 GB"),
    "giant scores": (lambda: os.truncate(RUN / "metrics.json", 2**30), "metrics.json: .*1.07 GB"),
    "a description nested deeply": (lambda: MODEL.write_text("[" * 100_000), "model.json: "),
    "scores nested deeply": (lambda: (RUN / "metrics.json").write_text('{"a":' * 100_000),
        "metrics.json: "),
    "a config nested deeply": (lambda: CONFIG.write_text("a = " + "[" * 100_000),
        "config.toml: not valid TOML"),
    "a pipe": (lambda: (MODEL.unlink(), os.mkfifo(MODEL)), "model.json: .*no plain file"),
}  # fmt: skip


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """Where the run waits, made only for the first test."""
    return tmp_path_factory.mktemp("finished") / "run"


@pytest.fixture
def foreign(finished, workplace, request):
    if not finished.exists():
        shutil.copytree(request.getfixturevalue("run").folder, finished)
    shutil.rmtree(RUN, ignore_errors=True)
    shutil.copytree(finished, RUN)


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_planted_is_refused_in_a_sentence(name, foreign):
    plant, said = REFUSED[name]
    plant()
    with pytest.raises(FeatxError, match=f"^runs/run/{said}") as caught:
        featx.load(RUN)
    message = str(caught.value)
    assert "\n" not in message
    assert len(message) < 400
    assert message.endswith(".")
    assert not Path("planted").exists()


def test_a_head_may_have_no_prefix(foreign):
    weights = load_file(WEIGHTS)
    bare = {n.removeprefix("seed0.fold0."): v for n, v in weights.items()}
    save_file(bare, WEIGHTS)
    set_in("members", 0, "prefix", to="")()
    assert len(featx.load(RUN).heads.members) == 3


def test_a_run_as_it_was_made_is_read(foreign):
    assert featx.load(RUN).classes == CLASSES


def test_a_run_in_a_cache_of_the_hub_is_read(foreign):
    """There, files are links to a folder of blobs beside those of the snapshots."""
    snapshot, blobs = Path("hub/models--me--run/snapshots/abc"), Path("hub/models--me--run/blobs")
    snapshot.mkdir(parents=True)
    blobs.mkdir()
    for number, path in enumerate(path for path in RUN.iterdir() if path.is_file()):
        path.rename(blobs / str(number))
        (snapshot / path.name).symlink_to(Path("../../blobs", str(number)))
    assert featx.load(snapshot).classes == CLASSES


def test_weights_that_nobody_asks_for_are_not_read(foreign):
    weights = load_file(WEIGHTS)
    save_file({**weights, "extra": torch.full((2,), np.nan)}, WEIGHTS)
    assert featx.load(RUN).classes
