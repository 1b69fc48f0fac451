"""A shard's file at its creation, when all of it but the features and their marks is written.

The file holds `features` (layers, frames, dim) with the utterances' frames one after another, for
each utterance `utterance`, `samples`, `frame_offset`, `frames` and the marks `source`, `checksum`
and `done`, and `tables_checksum`, which is of all other bytes than features, marks and itself. If
features have 8 bits, `scale` and `offset` (utterances, layers, dim) belong to them. All are
contiguous and allocated at creation, so later writes go to known positions in the file and
never through HDF5: a process killed at any moment leaves a valid file.
"""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from cache.disk.hdf5_file import new_hdf5
from cache.disk.space import as_disk_full, filling
from cache.identity import FeatureIdentity
from cache.layout import Layout, PlannedUtterance
from cache.shards.marks import FACTORS, MARKS, marks_shapes
from cache.shards.positions import Region, checksum_without, write_at

FORMAT = 2  # raised when a file's meaning changes
PAGE = 4096  # bytes; features start on a page of their own
SUM = "tables_checksum"


def create_shard(
    path: Path,
    plan: Sequence[PlannedUtterance],
    layout: Layout,
    identity: FeatureIdentity,
    software: Mapping[str, str],
) -> None:
    """Write a shard with room for every planned utterance and none of them done.

    The file appears under its name only when it is complete.

    Args:
        path: the file to make.
        plan: the utterances, in the order of their frames.
        layout: layers, dim and dtype of the features.
        identity: what the features are.
        software: the versions that compute them.

    Raises:
        DiskFull: if the disk has no room for the file.
    """
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    with new_hdf5(unfinished, path, alignment_threshold=PAGE, alignment_interval=PAGE) as file:
        describe(file, layout, identity, software)
        frames = sum(planned.frames for planned in plan)
        shape = (len(layout.layers), frames, layout.dim)
        allocate(file, "features", shape, np.dtype(layout.dtype))
        if layout.dtype == "int8":
            for name in FACTORS:
                factors = len(plan), len(layout.layers), layout.dim
                allocate(file, name, factors, np.dtype(np.float32))
        counts = np.array([planned.frames for planned in plan], dtype=np.int64)
        samples = np.array([planned.samples for planned in plan], dtype=np.int64)
        write_tables(file, [planned.utterance for planned in plan], samples, counts, counts)
        for name, of_marks in marks_shapes(len(plan), len(layout.layers)).items():
            allocate(file, name, of_marks, MARKS[name])
            file[name][:] = np.zeros(of_marks, MARKS[name])  # h5py writes a single 0 row by row
        allocate(file, SUM, (1,), np.dtype(np.uint32))
        regions = changing(file)
    with filling(path, unfinished.stat().st_size, unfinished):
        _reserve(unfinished)
        seal(unfinished, regions)
        unfinished.replace(path)


def describe(
    file: h5py.File, layout: Layout, identity: FeatureIdentity, software: Mapping[str, str]
) -> None:
    """Write what all features of a shard have in common."""
    file.attrs["format"] = FORMAT
    file.attrs["layers"] = list(layout.layers)
    file.attrs["identity"] = json.dumps(identity.to_json(), sort_keys=True)
    file.attrs["software"] = json.dumps(software, sort_keys=True)


def changing(file: h5py.File) -> dict[str, Region]:
    """Return where in a shard's file the datasets are that are written later, by name.

    Of a shard that is compressed, these are its marks: its features do not change any more.
    """
    features = () if file["features"].chunks else ("features", *FACTORS)
    return {name: region(file, name) for name in (*features, *MARKS, SUM) if name in file}


def write_tables(
    file: h5py.File,
    utterances: Sequence[str],
    samples: np.ndarray,
    frames: np.ndarray,
    room: np.ndarray,
) -> None:
    """Write what is known of each utterance beforehand.

    Args:
        file: the shard's.
        utterances: their ids.
        samples: (utterances,) int64, the length of the audio of each.
        frames: (utterances,) int64, the length of its features.
        room: (utterances,) int64, the frames that there is room for, no fewer.
    """
    names = np.array([utterance.encode() for utterance in utterances])
    text = h5py.string_dtype("utf-8", names.dtype.itemsize)
    file.create_dataset("utterance", data=names.astype(text), dtype=text)
    file["samples"], file["frames"] = samples, frames
    file["frame_offset"] = np.cumsum(room) - room


def allocate(file: h5py.File, name: str, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
    """Create a contiguous dataset whose place in the file is fixed now and not filled."""
    properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    properties.set_layout(h5py.h5d.CONTIGUOUS)
    properties.set_obj_track_times(False)  # a shard that is made again is the same to the last bit
    properties.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
    properties.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
    space = h5py.h5s.create_simple(shape)
    h5py.h5d.create(file.id, name.encode(), h5py.h5t.py_create(dtype), space, properties)


def region(file: h5py.File, name: str) -> Region:
    """Return where in the file a contiguous dataset is."""
    dataset = file[name]
    begin = dataset.id.get_offset()
    return begin, begin + dataset.size * dataset.dtype.itemsize


def seal(path: Path, regions: Mapping[str, Region], others: Sequence[Region] = ()) -> None:
    """Write the checksum of all bytes that never change again.

    Args:
        path: a shard's file.
        regions: where the datasets are that do change, by name, and the checksum's own.
        others: where there are bytes that have checksums of their own.
    """
    checksum = checksum_without(path, [*regions.values(), *others])
    with path.open("r+b", buffering=0) as file:
        write_at(file, regions[SUM][0], np.uint32(checksum))


def _reserve(path: Path) -> None:
    """Take the file's whole size from the disk, which leaves holes otherwise.

    Where the system or file system can't (macOS, Windows, some network disks), the file has its
    size all the same, and what is left is that `prepare_store` has looked for free space.

    Raises:
        OSError: if the disk is too small.
    """
    if not hasattr(os, "posix_fallocate"):
        return
    with path.open("r+b") as file:
        try:
            os.posix_fallocate(file.fileno(), 0, path.stat().st_size)
        except OSError as error:
            if as_disk_full(error):
                raise
            # a file system that can't reserve
