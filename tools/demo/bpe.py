#!/usr/bin/python3
"""Byte-level BPE in the shape of gpt-oss: the GPT-4o pre-tokenizer, byte tokens, merges, Harmony specials.

Digits are never merged: a number is one token per digit, so that sums can be worked out column by column.
The same class encodes for training and for the reference check, from the lists that go into the GGUF.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path
from typing import Iterable

import regex

import corpus

SPECIALS = ("<|startoftext|>", "<|endoftext|>", "<|return|>", "<|constrain|>", "<|channel|>", "<|start|>", "<|end|>",
            "<|message|>", "<|call|>")
_UPPER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]"
_LOWER = r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
_CONTRACTION = r"(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])"
PRETOKENIZER = regex.compile(
    rf"[^\r\n\p{{L}}\p{{N}}]?{_UPPER}*{_LOWER}+{_CONTRACTION}?|[^\r\n\p{{L}}\p{{N}}]?{_UPPER}+{_LOWER}*{_CONTRACTION}?"
    r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+")


def byte_characters() -> list[str]:
    """The printable character that stands for each byte in token texts (space is U+0120, and so on)."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    table = {byte: chr(byte) for byte in printable}
    for shift, byte in enumerate(b for b in range(256) if b not in table):
        table[byte] = chr(0x100 + shift)
    return [table[byte] for byte in range(256)]


BYTE_CHARACTERS = byte_characters()
_CHARACTER_BYTES = {char: byte for byte, char in enumerate(BYTE_CHARACTERS)}


class Tokenizer:
    """Encode and decode with a list of token texts and a list of merges ("left right")."""

    def __init__(self, tokens: list[str], merges: list[str]) -> None:
        self.tokens, self.merges = tokens, merges
        self.ids = {text: i for i, text in enumerate(tokens)}
        self._ranks = {tuple(m.split(" ")): rank for rank, m in enumerate(merges)}
        self._cache: dict[str, list[int]] = {}
        self._special = regex.compile("(" + "|".join(regex.escape(s) for s in SPECIALS) + ")")

    def _encode_piece(self, piece: str) -> list[int]:
        if piece not in self._cache:
            symbols = [BYTE_CHARACTERS[b] for b in piece.encode()]
            while len(symbols) > 1:
                rank, at = min((self._ranks.get(pair, len(self._ranks)), i) for i, pair in enumerate(zip(symbols, symbols[1:])))
                if rank == len(self._ranks):
                    break
                symbols[at:at + 2] = [symbols[at] + symbols[at + 1]]
            self._cache[piece] = [self.ids[s] for s in symbols]
        return self._cache[piece]

    def encode(self, text: str) -> list[int]:
        """Token ids; special tokens in the text become their ids."""
        out: list[int] = []
        for fragment in self._special.split(text):
            if fragment in SPECIALS:
                out.append(self.ids[fragment])
            else:
                for piece in PRETOKENIZER.findall(fragment):
                    out.extend(self._encode_piece(piece))
        return out

    def decode(self, ids: Iterable[int]) -> str:
        """Text of the ids, special tokens included; incomplete UTF-8 becomes U+FFFD."""
        data = bytearray()
        for i in ids:
            text = self.tokens[i]
            data += text.encode() if text in SPECIALS else bytes(_CHARACTER_BYTES[c] for c in text)
        return data.decode(errors="replace")


def train(texts: Iterable[str], vocabulary: int) -> Tokenizer:
    """Learn merges until the vocabulary has the wanted size. Ties go to the pair that sorts first."""
    pieces: Counter[str] = Counter()
    special = regex.compile("|".join(regex.escape(s) for s in SPECIALS))
    for text in texts:
        for fragment in special.split(text):
            pieces.update(PRETOKENIZER.findall(fragment))
    words = [([BYTE_CHARACTERS[b] for b in piece.encode()], n) for piece, n in pieces.items() if not piece.isnumeric()]
    tokens, merges = list(BYTE_CHARACTERS), []
    while len(tokens) + len(SPECIALS) < vocabulary:
        pairs: Counter[tuple[str, str]] = Counter()
        for symbols, n in words:
            for pair in zip(symbols, symbols[1:]):
                pairs[pair] += n
        if not pairs:
            break
        left, right = min(pairs, key=lambda p: (-pairs[p], p))
        merges.append(f"{left} {right}")
        tokens.append(left + right)
        for symbols, _ in words:
            i = 0
            while i < len(symbols) - 1:
                if symbols[i] == left and symbols[i + 1] == right:
                    symbols[i:i + 2] = [left + right]
                i += 1
    return Tokenizer(tokens + list(SPECIALS), merges)


def save(tokenizer: Tokenizer, path: Path) -> None:
    """Write the tokenizer as JSON."""
    path.write_text(json.dumps({"tokens": tokenizer.tokens, "merges": tokenizer.merges}, ensure_ascii=True))


def load(path: Path) -> Tokenizer:
    """Read what `save` wrote."""
    data = json.loads(path.read_text())
    return Tokenizer(data["tokens"], data["merges"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--vocabulary", type=int, default=1500)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--count", type=int, default=8000, help="documents to learn from")
    args = parser.parse_args()
    texts = ["".join(text for text, _ in doc) for doc in corpus.documents(args.seed, args.count)]
    tokenizer = train(texts, args.vocabulary)
    save(tokenizer, args.out)
    count = sum(len(tokenizer.encode(t)) for t in texts)
    print(f"{len(tokenizer.tokens)} tokens, {sum(map(len, texts)) / count:.2f} characters a token, {count / len(texts):.0f} tokens a document")


if __name__ == "__main__":
    main()
