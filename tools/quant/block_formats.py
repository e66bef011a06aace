"""The block formats in plain Python, from their description alone: a second implementation for the test vectors.

Nothing here is shared with the C sources.  Decoding is exact: an element is a rational number, rounded to float32 once.
Encoding follows the reference encoder step by step, each step rounded to float32.
"""

from __future__ import annotations

import math
import struct
from fractions import Fraction

IQ4 = [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113]
E2M1 = [Fraction(n, 2) for n in (0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12)]

# ---- numbers -------------------------------------------------------------------------------------------------------


def bits_of_f32(value: float) -> int:
    return struct.unpack("<I", struct.pack("<f", value))[0]


def f32_of_bits(bits: int) -> float:
    return struct.unpack("<f", struct.pack("<I", bits))[0]


def f32(value: float) -> float:
    """The nearest float32.  One operation on float32 numbers in double precision and this give what float32 gives."""
    return struct.unpack("<f", struct.pack("<f", value))[0]


def f32_of_fraction(value: Fraction) -> float:
    """The nearest float32, halves to even; infinite from half a unit beyond the largest on."""
    if value == 0:
        return 0.0
    exponent = max(math.frexp(float(abs(value)))[1] - 24, -149)  # of the unit in the last place; -149: subnormal
    rounded = round(value / Fraction(2) ** exponent) * Fraction(2) ** exponent
    if abs(rounded) >= Fraction(2) ** 128:
        return math.copysign(math.inf, value)
    return float(rounded)


def half(data: bytes, at: int) -> Fraction:
    """A finite IEEE binary16."""
    return Fraction(struct.unpack_from("<e", data, at)[0])


def nibble(byte: int, high: int) -> int:
    return byte >> 4 if high else byte & 15


def bit(data: bytes, i: int) -> int:
    return data[i // 8] >> i % 8 & 1


# ---- decoding: a block's bytes to its elements ---------------------------------------------------------------------


def halves_of_16(qs: bytes) -> list[int]:
    """Codes of 32: byte j has element j low and element j + 16 high."""
    return [nibble(qs[i % 16], i // 16) for i in range(32)]


def q4_0(b: bytes) -> list[Fraction]:
    return [half(b, 0) * (q - 8) for q in halves_of_16(b[2:])]


def q4_1(b: bytes) -> list[Fraction]:
    return [half(b, 0) * q + half(b, 2) for q in halves_of_16(b[4:])]


def five_bits(fifth: bytes, qs: bytes) -> list[int]:
    return [q + 16 * bit(fifth, i) for i, q in enumerate(halves_of_16(qs))]


def q5_0(b: bytes) -> list[Fraction]:
    return [half(b, 0) * (q - 16) for q in five_bits(b[2:6], b[6:])]


def q5_1(b: bytes) -> list[Fraction]:
    return [half(b, 0) * q + half(b, 2) for q in five_bits(b[4:8], b[8:])]


def q8_0(b: bytes) -> list[Fraction]:
    return [half(b, 0) * q for q in struct.unpack("<32b", b[2:])]


def iq4_nl(b: bytes) -> list[Fraction]:
    return [half(b, 0) * IQ4[q] for q in halves_of_16(b[2:])]


def mxfp4(b: bytes) -> list[Fraction]:
    return [Fraction(2) ** (b[0] - 127) * E2M1[q] for q in halves_of_16(b[1:])]


def k_scale_and_min(s: bytes, group: int) -> tuple[int, int]:
    """Six-bit scale and min of Q4_K and Q5_K, from twelve bytes."""
    if group < 4:
        return s[group] & 63, s[group + 4] & 63
    low = s[group + 4]
    return low & 15 | s[group - 4] >> 6 << 4, low >> 4 | s[group] >> 6 << 4


def k_affine(b: bytes, codes: list[int]) -> list[Fraction]:
    values = []
    for i, q in enumerate(codes):
        scale, low = k_scale_and_min(b[4:16], i // 32)
        values.append(half(b, 0) * scale * q - half(b, 2) * low)
    return values


def q4_k(b: bytes) -> list[Fraction]:
    return k_affine(b, [nibble(b[16 + 32 * (i // 64) + i % 32], i // 32 % 2) for i in range(256)])


def q5_k(b: bytes) -> list[Fraction]:
    low = [nibble(b[48 + 32 * (i // 64) + i % 32], i // 32 % 2) for i in range(256)]
    return k_affine(b, [q | (b[16 + i % 32] >> i // 32 & 1) << 4 for i, q in enumerate(low)])


def pair(qs: bytes, i: int) -> int:
    """Element i of 256 codes of two bits."""
    return qs[32 * (i // 128) + i % 32] >> 2 * (i % 128 // 32) & 3


def q2_k(b: bytes) -> list[Fraction]:
    d, dmin = half(b, 80), half(b, 82)
    return [d * nibble(b[i // 16], 0) * pair(b[16:80], i) - dmin * nibble(b[i // 16], 1) for i in range(256)]


def q3_k_scale(s: bytes, j: int) -> int:
    return (nibble(s[j % 8], j // 8) | (s[8 + j % 4] >> 2 * (j // 4) & 3) << 4) - 32


def q3_k(b: bytes) -> list[Fraction]:
    codes = [pair(b[32:96], i) - (0 if b[i % 32] >> i // 32 & 1 else 4) for i in range(256)]
    return [half(b, 108) * q3_k_scale(b[96:108], i // 16) * q for i, q in enumerate(codes)]


def q6_k(b: bytes) -> list[Fraction]:
    values = []
    for i in range(256):
        part, group, at = i // 128, i % 128 // 32, i % 32
        low = nibble(b[64 * part + 32 * (group % 2) + at], group // 2)
        code = low | (b[128 + 32 * part + at] >> 2 * group & 3) << 4
        values.append(half(b, 208) * struct.unpack_from("<b", b, 192 + i // 16)[0] * (code - 32))
    return values


def iq4_xs(b: bytes) -> list[Fraction]:
    top = struct.unpack_from("<H", b, 2)[0]
    values = []
    for group in range(8):
        scale = nibble(b[4 + group // 2], group % 2) | (top >> 2 * group & 3) << 4
        values += [half(b, 0) * (scale - 32) * IQ4[q] for q in halves_of_16(b[8 + 16 * group : 24 + 16 * group])]
    return values


# Decoder, bytes and elements of a block, and where its numbers of f16 are.
DECODERS = {
    "Q4_0": (q4_0, 18, 32, (0,)),
    "Q4_1": (q4_1, 20, 32, (0, 2)),
    "Q5_0": (q5_0, 22, 32, (0,)),
    "Q5_1": (q5_1, 24, 32, (0, 2)),
    "Q8_0": (q8_0, 34, 32, (0,)),
    "Q2_K": (q2_k, 84, 256, (80, 82)),
    "Q3_K": (q3_k, 110, 256, (108,)),
    "Q4_K": (q4_k, 144, 256, (0, 2)),
    "Q5_K": (q5_k, 176, 256, (0, 2)),
    "Q6_K": (q6_k, 210, 256, (208,)),
    "IQ4_NL": (iq4_nl, 18, 32, (0,)),
    "IQ4_XS": (iq4_xs, 136, 256, (0,)),
    "MXFP4": (mxfp4, 17, 32, ()),
}

# ---- encoding: the elements of a block to its bytes, as the reference does -----------------------------------------


def encode_f16(x: list[float]) -> bytes:
    return struct.pack("<e", x[0])


def encode_bf16(x: list[float]) -> bytes:
    bits = bits_of_f32(x[0])
    return struct.pack("<H", bits + 0x7FFF + (bits >> 16 & 1) >> 16)


def largest(x: list[float]) -> float:
    """The element of largest magnitude, with its sign; the first one on ties."""
    return max(x, key=abs)


def inverse(d: float) -> float:
    return f32(1 / d) if d else 0.0


def away_from_zero(value: float) -> int:
    return int(math.copysign(math.floor(abs(value) + 0.5), value))


def encode_q8_0(x: list[float]) -> bytes:
    d = f32(abs(largest(x)) / 127)
    return struct.pack("<e32b", d, *(away_from_zero(f32(v * inverse(d))) for v in x))


def pack_halves_of_16(codes: list[int]) -> bytes:
    return bytes(codes[j] | codes[j + 16] << 4 for j in range(16))


def symmetric_codes(x: list[float], zero: int) -> tuple[float, list[int]]:
    """Scale and codes for which the largest element has code 0."""
    d = f32(largest(x) / -zero)
    steps = [f32(f32(v * inverse(d)) + zero) for v in x]
    return d, [min(2 * zero - 1, int(f32(v + 0.5))) for v in steps]


def encode_q4_0(x: list[float]) -> bytes:
    d, codes = symmetric_codes(x, 8)
    return struct.pack("<e", d) + pack_halves_of_16(codes)


def encode_q5_0(x: list[float]) -> bytes:
    d, codes = symmetric_codes(x, 16)
    fifth = sum((q >> 4) << i for i, q in enumerate(codes))
    return struct.pack("<eI", d, fifth) + pack_halves_of_16([q & 15 for q in codes])


def encode_mxfp4(x: list[float]) -> bytes:
    top = abs(largest(x))
    e = min(max(math.frexp(top)[1] - 1 - 2 + 127, 0), 254) if top else 0
    scaled = [Fraction(v) / Fraction(2) ** (e - 127) for v in x]
    return bytes([e]) + pack_halves_of_16([min(range(16), key=lambda q: abs(E2M1[q] - v)) for v in scaled])


# Encoder and elements of a block.
ENCODERS = {
    "F16": (encode_f16, 1),
    "BF16": (encode_bf16, 1),
    "Q8_0": (encode_q8_0, 32),
    "Q4_0": (encode_q4_0, 32),
    "Q5_0": (encode_q5_0, 32),
    "MXFP4": (encode_mxfp4, 32),
}
