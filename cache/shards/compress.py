"""A shard whose features are all written is rewritten with its features compressed."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import h5py
import numpy as np
from zlib_ng import zlib_ng

from cache.disk.hdf5_file import new_hdf5
from cache.disk.space import check_disk, filling
from cache.errors import DamagedStore
from cache.shards.compressed import CHUNK, PLACES, CompressedRows, compress
from cache.shards.create import SUM, allocate, changing, describe, seal, write_tables
from cache.shards.mapped import MappedFile
from cache.shards.marks import FACTORS, MARKS
from cache.shards.quantised import Quantised
from cache.shards.shard import Shard

TOGETHER = 16  # utterances whose chunks wait in memory
METADATA = 160  # bytes, with room to spare, that HDF5 keeps of each chunk


def compress_shard(shard: Shard) -> None:
    """Rewrite a shard with its done utterances' features compressed.

    The file takes the old one's name when it is complete and on the disk. Utterances that are not
    done have no room in it.

    Args:
        shard: not compressed; not to be used afterwards.

    Raises:
        DamagedStore: if features are not those that were written.
        DiskFull: if the disk is too small.
    """
    path = shard.path
    done = [index for index in range(len(shard.utterances)) if shard.is_done(index)]
    damaged = [shard.utterances[index] for index in done if not shard.is_whole(index)]
    if damaged:
        raise DamagedStore.of_features(path, path.parent, damaged)
    check_disk(path.parent, shard.nbytes, "the compressed features")
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    with filling(path, unfinished=unfinished):
        _write(shard, done, unfinished)
        with unfinished.open("rb") as file:
            os.fsync(file.fileno())
        unfinished.replace(path)


def _write(shard: Shard, done: list[int], path: Path) -> None:
    """Write the compressed file."""
    layout, chunks = shard.layout, -(-shard.frames // CHUNK)
    shape = len(layout.layers), int(chunks.sum())
    metadata = METADATA * shape[0] * shape[1] + 2**16  # in a piece, so that chunks are in one too
    with new_hdf5(path, shard.path, meta_block_size=metadata) as file:
        describe(file, layout, shard.identity, shard.software)
        write_tables(file, shard.utterances, shard.samples, shard.frames, chunks * CHUNK)
        for name in MARKS:
            file[name] = getattr(shard, name)
        if layout.dtype == "int8":
            for name, values in zip(FACTORS, _factors(shard, done), strict=True):
                file[name] = values
        for name, dtype in PLACES.items():
            allocate(file, name, shape, dtype)
            file[name][:] = 0
        allocate(file, SUM, (1,), np.dtype(np.uint32))
        _write_chunks(file, shard, done, np.cumsum(chunks) - chunks)
        rows = CompressedRows.of(MappedFile(path, False), file)
        regions = changing(file)
    seal(path, regions, rows.regions)


def _factors(shard: Shard, done: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """Return scale and offset of all utterances, (utterances, layers, dim) float32."""
    shape = len(shard.utterances), len(shard.layout.layers), shard.layout.dim
    scale, offset = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    for index in done:
        stored = shard.stored(index)
        assert isinstance(stored, Quantised), "features are in 8 bits"
        scale[index], offset[index] = stored.scale, stored.offset
    return scale, offset


def _write_chunks(file: h5py.File, shard: Shard, done: list[int], first: np.ndarray) -> None:
    """Write the chunks of done utterances, and where they are.

    Args:
        file: the file to write to.
        shard: the features.
        done: the places of the utterances.
        first: (utterances,) the place of the first chunk of each.
    """
    layout = shard.layout
    layers, chunks = file["chunk_offset"].shape
    dtype = np.dtype(layout.dtype)
    features = file.create_dataset(
        "features",
        (layers, chunks * CHUNK, layout.dim),
        dtype,
        chunks=(1, CHUNK, layout.dim),
        shuffle=dtype.itemsize > 1,
        compression="gzip",
        compression_opts=1,
        track_times=False,
    )
    places = {name: np.zeros((layers, chunks), of_places) for name, of_places in PLACES.items()}
    for index, packed in _packed(shard, done):
        for number, chunk in enumerate(packed):
            layer, place = divmod(number, len(packed) // layers)
            at = layer, int(first[index]) + place
            where = (layer, at[1] * CHUNK, 0)
            features.id.write_direct_chunk(where, chunk)
            places["chunk_offset"][at] = features.id.get_chunk_info_by_coord(where).byte_offset
            places["chunk_bytes"][at] = len(chunk)
            places["chunk_checksum"][at] = zlib_ng.crc32(chunk)
    for name, values in places.items():
        file[name][:] = values


def _packed(shard: Shard, done: list[int]) -> Iterator[tuple[int, list[bytes]]]:
    """Yield each done utterance's place and its chunks, layer by layer."""

    def pack(index: int) -> list[bytes]:
        stored = shard.stored(index)
        values = stored.values if isinstance(stored, Quantised) else stored
        layers, frames, dim = values.shape
        whole = np.zeros((layers, -(-frames // CHUNK) * CHUNK, dim), values.dtype)
        whole[:, :frames] = values
        return list(map(compress, whole.reshape(-1, CHUNK, dim)))

    with ThreadPoolExecutor(os.cpu_count()) as threads:
        for begin in range(0, len(done), TOGETHER):
            group = done[begin : begin + TOGETHER]
            yield from zip(group, threads.map(pack, group), strict=True)
