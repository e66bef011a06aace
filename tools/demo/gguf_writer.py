"""Write a GGUF version 3 file: metadata, tensor infos, aligned data. No more than the demo models need."""

from __future__ import annotations

import os
import struct
from pathlib import Path
from typing import Union

import numpy as np

import quant

ALIGNMENT = 32
F32, Q5_0, Q8_0, MXFP4 = 0, 6, 8, 39
_ENCODERS = {F32: lambda w: w.astype("<f4").tobytes(), Q5_0: quant.encode_q5_0, Q8_0: quant.encode_q8_0, MXFP4: quant.encode_mxfp4}
_U32, _I32, _F32, _BOOL, _STRING, _ARRAY = 4, 5, 6, 7, 8, 9

Value = Union[bool, int, float, str, list[int], list[str]]


def _string(text: str) -> bytes:
    data = text.encode()
    return struct.pack("<Q", len(data)) + data


def _value(value: Value) -> bytes:
    """Type and value: Python's int is u32, float is f32, a list of int is an array of i32."""
    if isinstance(value, bool):
        return struct.pack("<iB", _BOOL, value)
    if isinstance(value, int):
        return struct.pack("<iI", _U32, value)
    if isinstance(value, float):
        return struct.pack("<if", _F32, value)
    if isinstance(value, str):
        return struct.pack("<i", _STRING) + _string(value)
    if isinstance(value[0], str):
        return struct.pack("<iiQ", _ARRAY, _STRING, len(value)) + b"".join(map(_string, value))
    return struct.pack("<iiQ", _ARRAY, _I32, len(value)) + struct.pack(f"<{len(value)}i", *value)


def _padding(size: int) -> bytes:
    return b"\0" * (-size % ALIGNMENT)


def write(path: Path, metadata: dict[str, Value], tensors: list[tuple[str, np.ndarray, int]]) -> None:
    """Write atomically. Tensors are (name, array, type); numpy's axis order is the reverse of GGUF's."""
    header = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(metadata))
    header += b"".join(_string(key) + _value(value) for key, value in metadata.items())
    data = bytearray()
    for name, array, kind in tensors:
        shape = array.shape[::-1]
        header += _string(name) + struct.pack(f"<I{len(shape)}QiQ", len(shape), *shape, kind, len(data))
        data += _ENCODERS[kind](array)
        data += _padding(len(data))
    temporary = path.with_suffix(".new")
    with open(temporary, "wb") as file:
        file.write(header + _padding(len(header)) + data)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)
