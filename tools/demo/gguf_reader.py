"""Read the GGUF files that gguf_writer.py writes, decoding every tensor to f32."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import quant

_SCALARS = {4: "<I", 5: "<i", 6: "<f", 7: "<?"}
# type -> (elements of a block, bytes of a block, decoder)
_TYPES = {0: (1, 4, lambda raw: raw.view("<f4")), 6: (32, 22, quant.decode_q5_0), 8: (32, 34, quant.decode_q8_0),
          39: (32, 17, quant.decode_mxfp4)}


@dataclass
class File:
    """Metadata, f32 tensors in numpy axis order, and how many bytes each tensor takes in the file."""

    metadata: dict[str, Any]
    tensors: dict[str, np.ndarray]
    bytes: dict[str, int]


class _Cursor:
    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def take(self, layout: str) -> Any:
        value = struct.unpack_from(layout, self.data, self.at)[0]
        self.at += struct.calcsize(layout)
        return value

    def string(self) -> str:
        size = self.take("<Q")
        self.at += size
        return self.data[self.at - size:self.at].decode()

    def value(self, kind: int) -> Any:
        if kind == 8:
            return self.string()
        if kind == 9:
            element, count = self.take("<i"), self.take("<Q")
            return [self.value(element) for _ in range(count)]
        return self.take(_SCALARS[kind])


def read(path: Path) -> File:
    """The whole file."""
    cursor = _Cursor(path.read_bytes())
    if cursor.data[:4] != b"GGUF":
        raise ValueError(f"{path}: not a GGUF file")
    cursor.at = 4
    version, tensor_count, key_count = cursor.take("<I"), cursor.take("<Q"), cursor.take("<Q")
    if version != 3:
        raise ValueError(f"{path}: GGUF version {version}, expected 3")
    metadata: dict[str, Any] = {}
    for _ in range(key_count):
        key = cursor.string()
        metadata[key] = cursor.value(cursor.take("<i"))
    infos = []
    for _ in range(tensor_count):
        name = cursor.string()
        shape = [cursor.take("<Q") for _ in range(cursor.take("<I"))]
        infos.append((name, shape, cursor.take("<i"), cursor.take("<Q")))
    alignment = metadata.get("general.alignment", 32)
    start = -(-cursor.at // alignment) * alignment
    tensors, sizes = {}, {}
    for name, shape, kind, offset in infos:
        elements, block_bytes, decode = _TYPES[kind]
        sizes[name] = int(np.prod(shape)) // elements * block_bytes
        raw = np.frombuffer(cursor.data, np.uint8, sizes[name], start + offset)
        tensors[name] = decode(raw).reshape(shape[::-1])
    return File(metadata, tensors, sizes)
