"""Block formats of the demo files, in numpy: encoding for the export, decoding for the reference.

They round exactly as the GGUF reference encoders do; rounding.py gives the same values in training.
"""

from __future__ import annotations

import numpy as np

BLOCK = 32
E2M1 = np.array([0, 0.5, 1, 1.5, 2, 3, 4, 6], dtype=np.float32)
_E2M1_BORDERS = np.array([0.25, 0.75, 1.25, 1.75, 2.5, 3.5, 5], dtype=np.float32)  # ties go to the smaller value


def encode_q8_0(weights: np.ndarray) -> bytes:
    """34 bytes for 32 weights: f16 scale, then 32 signed bytes."""
    blocks = weights.astype(np.float32).reshape(-1, BLOCK)
    scale = np.abs(blocks).max(1, keepdims=True) / np.float32(127)
    inverse = np.divide(np.float32(1), scale, out=np.zeros_like(scale), where=scale != 0)
    scaled = blocks * inverse
    codes = (np.sign(scaled) * np.floor(np.abs(scaled) + np.float32(0.5))).astype(np.int8)
    return np.hstack([scale.astype("<f2").view(np.uint8), codes.view(np.uint8)]).tobytes()


def decode_q8_0(data: np.ndarray) -> np.ndarray:
    """Weights of Q8_0 bytes, flat."""
    blocks = data.reshape(-1, 2 + BLOCK)
    scale = blocks[:, :2].copy().view("<f2").astype(np.float32)
    return (scale * blocks[:, 2:].view(np.int8).astype(np.float32)).ravel()


def encode_q5_0(weights: np.ndarray) -> bytes:
    """22 bytes for 32 weights: f16 scale, 32 fifth bits, then the low four bits of elements j and j + 16 in byte j."""
    blocks = weights.astype(np.float32).reshape(-1, BLOCK)
    extreme = np.take_along_axis(blocks, np.abs(blocks).argmax(1)[:, None], 1)
    scale = extreme / np.float32(-16)
    inverse = np.divide(np.float32(1), scale, out=np.zeros_like(scale), where=scale != 0)
    codes = np.minimum(31, np.trunc(blocks * inverse + np.float32(16.5))).astype(np.uint8)
    packed = codes[:, :16] & 15 | (codes[:, 16:] & 15) << 4
    fifth = np.packbits(codes >> 4, axis=1, bitorder="little")
    return np.hstack([scale.astype("<f2").view(np.uint8), fifth, packed]).tobytes()


def decode_q5_0(data: np.ndarray) -> np.ndarray:
    """Weights of Q5_0 bytes, flat."""
    blocks = data.reshape(-1, 6 + BLOCK // 2)
    scale = blocks[:, :2].copy().view("<f2").astype(np.float32)
    fifth = np.unpackbits(blocks[:, 2:6], axis=1, bitorder="little")
    codes = np.hstack([blocks[:, 6:] & 15, blocks[:, 6:] >> 4]) | fifth << 4
    return (scale * (codes.astype(np.float32) - 16)).ravel()


def encode_mxfp4(weights: np.ndarray) -> bytes:
    """17 bytes for 32 weights: E8M0 exponent, then elements j and j + 16 in the halves of byte j."""
    blocks = weights.astype(np.float32).reshape(-1, BLOCK)
    largest = np.abs(blocks).max(1, keepdims=True)
    exponent = np.frexp(largest)[1] - 3
    biased = np.where(largest > 0, np.clip(exponent + 127, 0, 254), 0)
    scaled = np.ldexp(blocks, 127 - biased)
    codes = np.searchsorted(_E2M1_BORDERS, np.abs(scaled)).astype(np.uint8)
    codes |= ((codes > 0) & (scaled < 0)).astype(np.uint8) << 3
    packed = codes[:, :16] | codes[:, 16:] << 4
    return np.hstack([biased.astype(np.uint8), packed]).tobytes()


def decode_mxfp4(data: np.ndarray) -> np.ndarray:
    """Weights of MXFP4 bytes, flat."""
    blocks = data.reshape(-1, 1 + BLOCK // 2)
    codes = np.hstack([blocks[:, 1:] & 15, blocks[:, 1:] >> 4])
    values = E2M1[codes & 7] * np.where(codes & 8, np.float32(-1), np.float32(1))
    return np.ldexp(values, blocks[:, :1].astype(np.int32) - 127).astype(np.float32).ravel()
