#!/usr/bin/python3
"""Byte-level BPE: a family's pre-tokenizer and special tokens, byte tokens, merges.

Digits are never merged: a number is one token per digit, so that sums can be worked out column by column.
The same class encodes for training and for the reference check, from the lists that go into the GGUF;
check_tokens.py shows that spillway encodes the same.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path
from typing import Callable, Iterable

import regex

import corpus
import formats

_UPPER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]"
_LOWER = r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
_CONTRACTION = r"(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])"
_GPT_4O = regex.compile(
    rf"[^\r\n\p{{L}}\p{{N}}]?{_UPPER}*{_LOWER}+{_CONTRACTION}?|[^\r\n\p{{L}}\p{{N}}]?{_UPPER}+{_LOWER}*{_CONTRACTION}?"
    r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+")

# The letters that DeepSeek's second expression names one by one.
_DEEPSEEK_LETTERS = (
    "0041-005A 0061-007A 00B5 00C0-00D6 00D8-00F6 00F8-01BA 01BC-01BF 01C4-0293 0295-02AF 0370-0373 0376 0377 037B-037D "
    "037F 0386 0388-038A 038C 038E-03A1 03A3-03F5 03F7-0481 048A-052F 0531-0556 10A0-10C5 13A0-13F5 13F8-13FD 1C90-1CBA "
    "1CBD-1CBF 1D00-1D2B 1D6B-1D77 1D79-1D9A 1E00-1F15 1F18-1F1D 1F20-1F45 1F48-1F4D 1F50-1F57 1F59 1F5B 1F5D 1F5F-1F7D "
    "1F80-1FB4 1FB6-1FBC 1FBE 1FC2-1FC4 1FC6-1FCC 1FD0-1FD3 1FD6-1FDB 1FE0-1FEC 1FF2-1FF4 1FF6-1FFC 2102 2107 210A-2113 "
    "2115 2119-211D 2124 2126 2128 212A-212D 212F-2134 2139 213C-213F 2145-2149 214E 2183 2184 2C00-2C7B 2C7E-2CE4 "
    "2CEB-2CEE 2CF2 2CF3 A640-A66D A680-A69B A722-A76F A771-A787 A78B-A78E AB70-ABBF FB00-FB06 FB13-FB17 FF21-FF3A "
    "FF41-FF5A 10400-1044F 104B0-104D3 104D8-104FB 10C80-10CB2 10CC0-10CF2 118A0-118DF 1E900-1E943")
_LETTERS = "[" + "".join("-".join(chr(int(end, 16)) for end in item.split("-")) for item in _DEEPSEEK_LETTERS.split()) + "]"
_DEEPSEEK = tuple(regex.compile(r) for r in (
    r"[\r\n]", rf"\s?{_LETTERS}+", "\\s?[!-/:-~\uff01-\uff0f\uff1a-\uff5e\u2018-\u201f\u3000-\u3002]+", r"\s+$",
    "[\u4e00-\u9fa5\u0800-\u4e00\uac00-\ud7ff]+", r"\p{N}+"))
# What the six together do to a line of printable ASCII.
_DEEPSEEK_PLAIN = regex.compile(r" ?[A-Za-z]+| ?[!-/:-@\[-`{-~]+|[0-9]+| +(?= [!-/:-~])| +")
_PLAIN_LINE = regex.compile(r"[ -~]*")


def _split_gpt_4o(text: str) -> list[str]:
    return _GPT_4O.findall(text)


def _with_gaps(expression: regex.Pattern[str], piece: str) -> Iterable[str]:
    at = 0
    for match in expression.finditer(piece):
        if match.end() > match.start():
            if match.start() > at:
                yield piece[at:match.start()]
            yield match.group()
            at = match.end()
    if at < len(piece):
        yield piece[at:]


def _split_deepseek(text: str) -> list[str]:
    """Each expression cuts every piece that the ones before it made."""
    out: list[str] = []
    for line in _with_gaps(_DEEPSEEK[0], text):
        if _PLAIN_LINE.fullmatch(line):
            out += _DEEPSEEK_PLAIN.findall(line)
            continue
        pieces = [line]
        for expression in _DEEPSEEK[1:]:
            pieces = [part for piece in pieces for part in _with_gaps(expression, piece)]
        out += pieces
    return out


PRETOKENIZERS: dict[str, Callable[[str], list[str]]] = {"gpt-4o": _split_gpt_4o, "deepseek-llm": _split_deepseek}


def byte_characters() -> list[str]:
    """The printable character that stands for each byte in token texts (space is U+0120, and so on)."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    table = {byte: chr(byte) for byte in printable}
    for shift, byte in enumerate(b for b in range(256) if b not in table):
        table[byte] = chr(0x100 + shift)
    return [table[byte] for byte in range(256)]


BYTE_CHARACTERS = byte_characters()
_CHARACTER_BYTES = {char: byte for byte, char in enumerate(BYTE_CHARACTERS)}
_CACHED_TEXTS = 20000


class Tokenizer:
    """Encode and decode with a list of token texts and a list of merges ("left right"), for a family."""

    def __init__(self, tokens: list[str], merges: list[str], family: str) -> None:
        self.tokens, self.merges, self.family = tokens, merges, family
        self.format = formats.of(family)
        self.specials = self.format.specials
        self.ids = {text: i for i, text in enumerate(tokens)}
        self._ranks = {tuple(m.split(" ")): rank for rank, m in enumerate(merges)}
        self._pieces: dict[str, list[int]] = {}
        self._texts: dict[str, list[int]] = {}
        self._split = PRETOKENIZERS[self.format.pre]
        self._special = regex.compile("(" + "|".join(regex.escape(s) for s in self.specials) + ")")

    def _encode_piece(self, piece: str) -> list[int]:
        if piece not in self._pieces:
            symbols = [BYTE_CHARACTERS[b] for b in piece.encode()]
            while len(symbols) > 1:
                rank, at = min((self._ranks.get(pair, len(self._ranks)), i) for i, pair in enumerate(zip(symbols, symbols[1:])))
                if rank == len(self._ranks):
                    break
                symbols[at:at + 2] = [symbols[at] + symbols[at + 1]]
            self._pieces[piece] = [self.ids[s] for s in symbols]
        return self._pieces[piece]

    def _encode_text(self, text: str) -> list[int]:
        ids = self._texts.get(text)
        if ids is None:
            ids = [i for piece in self._split(text) for i in self._encode_piece(piece)]
            if len(self._texts) < _CACHED_TEXTS:
                self._texts[text] = ids
        return ids

    def encode(self, text: str) -> list[int]:
        """Token ids; special tokens in the text become their ids."""
        out: list[int] = []
        for fragment in self._special.split(text):
            if fragment in self.specials:
                out.append(self.ids[fragment])
            elif fragment:
                out += self._encode_text(fragment)
        return out

    def decode(self, ids: Iterable[int]) -> str:
        """Text of the ids, special tokens included; incomplete UTF-8 becomes U+FFFD."""
        data = bytearray()
        for i in ids:
            text = self.tokens[i]
            data += text.encode() if text in self.specials else bytes(_CHARACTER_BYTES[c] for c in text)
        return data.decode(errors="replace")


def train(texts: Iterable[str], vocabulary: int, family: str) -> Tokenizer:
    """Learn merges until the vocabulary has the wanted size. Ties go to the pair that sorts first."""
    f = formats.of(family)
    pieces: Counter[str] = Counter()
    special = regex.compile("|".join(regex.escape(s) for s in f.specials))
    for text in texts:
        for fragment in special.split(text):
            pieces.update(PRETOKENIZERS[f.pre](fragment))
    words = [([BYTE_CHARACTERS[b] for b in piece.encode()], n) for piece, n in pieces.items() if not piece.isnumeric()]
    pairs: Counter[tuple[str, str]] = Counter()
    where: dict[tuple[str, str], set[int]] = {}
    for number, (symbols, n) in enumerate(words):
        for pair in zip(symbols, symbols[1:]):
            pairs[pair] += n
            where.setdefault(pair, set()).add(number)
    tokens, merges = list(BYTE_CHARACTERS), []
    while len(tokens) + len(f.specials) < vocabulary:
        left, right = min(pairs, key=lambda p: (-pairs[p], p))
        if pairs[left, right] <= 0:
            break
        merges.append(f"{left} {right}")
        tokens.append(left + right)
        for number in where.pop((left, right)):
            symbols, n = words[number]
            for pair in zip(symbols, symbols[1:]):
                pairs[pair] -= n
            i = 0
            while i < len(symbols) - 1:
                if symbols[i] == left and symbols[i + 1] == right:
                    symbols[i:i + 2] = [left + right]
                i += 1
            for pair in zip(symbols, symbols[1:]):
                pairs[pair] += n
                where.setdefault(pair, set()).add(number)
        del pairs[left, right]
    return Tokenizer(tokens + list(f.specials), merges, family)


def save(tokenizer: Tokenizer, path: Path) -> None:
    """Write the tokenizer as JSON."""
    path.write_text(json.dumps({"family": tokenizer.family, "tokens": tokenizer.tokens, "merges": tokenizer.merges}, ensure_ascii=True))


def load(path: Path) -> Tokenizer:
    """Read what `save` wrote."""
    data = json.loads(path.read_text())
    return Tokenizer(data["tokens"], data["merges"], data["family"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--family", choices=formats.FAMILIES, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--vocabulary", type=int, default=2048)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--count", type=int, default=12000, help="documents to learn from")
    args = parser.parse_args()
    texts = ["".join(text for text, _ in doc) for doc in corpus.documents(args.seed, args.count, args.family)]
    tokenizer = train(texts, args.vocabulary, args.family)
    save(tokenizer, args.out)
    count = sum(len(tokenizer.encode(t)) for t in texts)
    print(f"{len(tokenizer.tokens)} tokens, {len(tokenizer.merges)} merges, {count / len(texts):.1f} tokens a document, "
          f"{sum(map(len, texts)) / count:.2f} characters a token")


if __name__ == "__main__":
    main()
