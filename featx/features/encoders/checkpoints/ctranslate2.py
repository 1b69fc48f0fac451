"""Whisper's encoder from a CTranslate2 model, the format of faster-whisper's checkpoints.

CTranslate2 itself is not needed: `model.bin` is a list of named arrays. How they are written, and
how they are quantised, is in CTranslate2's `python/ctranslate2/specs/model_spec.py`.
"""

import math
import mmap
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from transformers import WhisperConfig

from featx.errors import FeatxError
from featx.features.encoders.checkpoints.folders import CTRANSLATE2

VERSION, SPECIFICATION = 6, "WhisperSpec"
DTYPES = ("float32", "int8", "int16", "int32", "float16", "bfloat16")  # in the order of their codes
SIZES = {"float32": 4, "int8": 1, "int16": 2, "int32": 4, "float16": 2, "bfloat16": 2}  # bytes
INT16_SCALE = 1000.0  # of old files, which do not name it
HEAD_DIM = 64  # of every Whisper, for old files, which do not count heads


@dataclass(frozen=True)
class Variable:
    """Where an array is in a file.

    Attributes:
        dims: its shape.
        dtype: the type of its values.
        offset: its first byte.
    """

    dims: tuple[int, ...]
    dtype: str
    offset: int


def read_whisper_config(folder: Path) -> WhisperConfig:
    """Derive the config of a CTranslate2 Whisper's encoder from the shapes of its weights.

    Raises:
        FeatxError: if the file is damaged, or not such a model.
    """
    return Ctranslate2File(folder / CTRANSLATE2).config()


def read_whisper_encoder(folder: Path) -> tuple[WhisperConfig, dict[str, Tensor]]:
    """Read a CTranslate2 Whisper's encoder.

    Returns:
        Its config, and its weights in float32 under transformers' names; quantised weights as
        CTranslate2 itself would dequantise them.

    Raises:
        FeatxError: if the file is damaged, or not such a model.
    """
    file = Ctranslate2File(folder / CTRANSLATE2)
    return file.config(), file.weights()


class Ctranslate2File:
    """The arrays of a `model.bin`. Only those that are asked for are read.

    Args:
        path: the file.

    Raises:
        FeatxError: if it is damaged, or not a Whisper of the version that is known here.

    Attributes:
        variables: where each array is, by name.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            with path.open("rb") as file:
                self._bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except (OSError, ValueError) as error:  # an empty file can't be mapped
            raise FeatxError(f"{path}: can't be read ({error}).") from error
        self._place = 0
        self._check_kind()
        self.variables = dict(self._variable() for _ in range(self._number("I")))
        aliases = [(self._text(), self._text()) for _ in range(self._number("I"))]
        for alias, name in aliases:  # of arrays that are equal, which are kept once
            if name in self.variables:
                self.variables.setdefault(alias, self.variables[name])
        if self._place != len(self._bytes):
            raise self._damaged(f"{len(self._bytes) - self._place:,} bytes follow its end")

    def config(self) -> WhisperConfig:
        """Derive the encoder's config from the shapes of its weights.

        Raises:
            FeatxError: if they do not fit together.
        """
        dim, bands, _ = self._dims("encoder/conv1/weight", 3)
        positions, _ = self._dims("encoder/position_encodings/encodings", 2)
        wide, _ = self._dims("encoder/layer_0/ffn/linear_0/weight", 2)
        heads = dim // HEAD_DIM
        if "encoder/num_heads" in self.variables:
            counted = self._array("encoder/num_heads")
            heads = int(counted.flat[0]) if counted.size == 1 and counted.dtype.kind == "i" else 0
        if heads < 1 or dim % heads:
            raise self._damaged(f"{heads} attention heads do not divide {dim} features")
        layers = 0
        while f"encoder/layer_{layers}/self_attention/linear_0/weight" in self.variables:
            layers += 1
        return WhisperConfig(
            d_model=dim,
            num_mel_bins=bands,
            max_source_positions=positions,
            encoder_layers=layers,
            encoder_attention_heads=heads,
            encoder_ffn_dim=wide,
        )

    def weights(self) -> dict[str, Tensor]:
        """Return the encoder's weights in float32, under the names of transformers' encoder.

        Raises:
            FeatxError: if one is missing, or of another shape than the others call for.
        """
        config = self.config()
        dim, wide = config.d_model, config.encoder_ffn_dim
        read = {
            f"{ours}.{kind}": self._weight(f"encoder/{theirs}", kind)
            for ours, theirs in _names(config.encoder_layers).items()
            for kind in ("weight", "bias")
        }
        read["embed_positions.weight"] = self._weight("encoder/position_encodings", "encodings")
        expected = {
            "conv1.weight": (dim, config.num_mel_bins, 3),
            "conv2.weight": (dim, dim, 3),
            "embed_positions.weight": (config.max_source_positions, dim),
            "qkv_proj.weight": (3 * dim, dim),
            "qkv_proj.bias": (3 * dim,),
            "out_proj.weight": (dim, dim),
            "fc1.weight": (wide, dim),
            "fc1.bias": (wide,),
            "fc2.weight": (dim, wide),
        }
        for name, weight in read.items():
            shape = expected.get(".".join(name.split(".")[-2:]), (dim,))
            if tuple(weight.shape) != shape:
                raise self._damaged(f"{name} has the shape {tuple(weight.shape)}, not {shape}")
        return _split_products(read)

    def _weight(self, layer: str, kind: str) -> Tensor:
        """Return a layer's weight or bias, of a layer norm too, dequantised."""
        if layer.endswith("layer_norm"):
            kind = {"weight": "gamma", "bias": "beta"}[kind]
        name = f"{layer}/{kind}"
        values = self._array(name)
        if values.dtype == np.int8 or values.dtype == np.int16:
            values = values.astype(np.float32) / self._scale(name, values)
        values = np.ascontiguousarray(values, np.float32)
        if not np.isfinite(values).all():
            raise self._damaged(f"{name} has values that are no finite numbers")
        return torch.from_numpy(values)

    def _scale(self, name: str, values: np.ndarray) -> np.ndarray:
        """Return by what an array was multiplied when it was quantised: one scale a row, or one."""
        if values.dtype == np.int16 and f"{name}_scale" not in self.variables:
            return np.array(INT16_SCALE, np.float32)
        scale = self._array(f"{name}_scale").astype(np.float32)
        if scale.shape not in ((), (1,), values.shape[:1]) or not np.all(scale > 0):
            raise self._damaged(f"{name}_scale can't be the scales of {name}")
        return scale.reshape(-1, *[1] * (values.ndim - 1)) if scale.size > 1 else scale.reshape(())

    def _dims(self, name: str, rank: int) -> tuple[int, ...]:
        """Return the shape of an array, each dimension at least 1."""
        dims = self._find(name).dims
        if len(dims) != rank or 0 in dims:
            raise self._damaged(f"{name} has the shape {dims}")
        return dims

    def _array(self, name: str) -> np.ndarray:
        """Return an array; bfloat16 as float32."""
        found = self._find(name)
        stored = np.dtype("<u2" if found.dtype == "bfloat16" else found.dtype).newbyteorder("<")
        count = math.prod(found.dims)
        values = np.frombuffer(self._bytes, stored, count, found.offset).reshape(found.dims)
        if found.dtype == "bfloat16":  # the upper half of a float32
            return (values.astype(np.uint32) << 16).view(np.float32)
        return values.astype(stored.newbyteorder("="))

    def _find(self, name: str) -> Variable:
        if name not in self.variables:
            raise FeatxError(
                f"{self._path}: lacks {name}, which every Whisper encoder of CTranslate2 has."
            )
        return self.variables[name]

    def _check_kind(self) -> None:
        version = self._number("I")
        if version != VERSION:
            raise FeatxError(
                f"{self._path}: not a CTranslate2 model of version {VERSION}, the only one that "
                f"featx reads (its version would be {version:,})."
            )
        specification = self._text()
        if specification != SPECIFICATION:
            raise FeatxError(
                f"{self._path}: a CTranslate2 model of {specification!r}; featx reads "
                f"{SPECIFICATION} only."
            )
        self._number("I")  # the revision of the specification, whose encoder never changed

    def _variable(self) -> tuple[str, Variable]:
        """Read where the next array is, and go behind it."""
        name = self._text()
        dims = tuple(self._number("I") for _ in range(self._number("B")))
        code, length = self._number("B"), self._number("I")
        if code >= len(DTYPES):
            raise self._damaged(f"{name} is of an unknown type, {code}")
        if length != math.prod(dims) * SIZES[DTYPES[code]]:
            raise self._damaged(f"{name} has {length:,} bytes, which is not what its shape needs")
        offset = self._place
        self._skip(length)
        return name, Variable(dims, DTYPES[code], offset)

    def _number(self, kind: str) -> int:
        offset, layout = self._place, struct.Struct(f"<{kind}")
        self._skip(layout.size)
        return int(layout.unpack_from(self._bytes, offset)[0])

    def _text(self) -> str:
        length = self._number("H")
        offset = self._place
        self._skip(length)
        return self._bytes[offset : self._place].rstrip(b"\0").decode("utf-8", "replace")

    def _skip(self, count: int) -> None:
        if self._place + count > len(self._bytes):
            raise self._damaged(f"it ends after {len(self._bytes):,} bytes, amid a value")
        self._place += count

    def _damaged(self, reason: str) -> FeatxError:
        return FeatxError(
            f"{self._path}: damaged, or not a CTranslate2 Whisper: {reason}. Fetch it again."
        )


def _names(layers: int) -> dict[str, str]:
    """Return CTranslate2's name of each of transformers' layers, query, key and value as one."""
    names = {"conv1": "conv1", "conv2": "conv2", "layer_norm": "layer_norm"}
    for number in range(layers):
        ours, theirs = f"layers.{number}", f"layer_{number}"
        names |= {
            f"{ours}.self_attn.qkv_proj": f"{theirs}/self_attention/linear_0",
            f"{ours}.self_attn.out_proj": f"{theirs}/self_attention/linear_1",
            f"{ours}.self_attn_layer_norm": f"{theirs}/self_attention/layer_norm",
            f"{ours}.fc1": f"{theirs}/ffn/linear_0",
            f"{ours}.fc2": f"{theirs}/ffn/linear_1",
            f"{ours}.final_layer_norm": f"{theirs}/ffn/layer_norm",
        }
    return names


def _split_products(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """Split what is query, key and value in one; the key's bias, which is zero, is left out."""
    split = {}
    for name, weight in weights.items():
        if "qkv_proj" not in name:
            split[name] = weight
            continue
        for part, values in zip("qkv", weight.chunk(3), strict=True):
            if (part, name.rpartition(".")[2]) != ("k", "bias"):
                split[name.replace("qkv_proj", f"{part}_proj")] = values.contiguous()
    return split
