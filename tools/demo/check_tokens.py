#!/usr/bin/python3
"""Check that spillway encodes as the trainer did: documents of the corpus, and text from far outside it.

    check_tokens.py MODEL.gguf [--spillway build/release/spillway] [--count 300]
"""

from __future__ import annotations

import argparse
import random
import subprocess
from pathlib import Path

import bpe
import corpus
import gguf_reader

_FAR_TEXTS = ("I'VE  got 12345 apples!!\n\n  x=1;\tend ", "HTTPServer won't \u65e5\u672c\u8a9e 3.14\u20ac \u00e9t\u00e9 \u0915\u094d\u0937 \U0001f600\u200d\U0001f525",
              "a_b->c;\r\n\r\n    \t   return ~x||y && \u2028\u3000\u3001\uff01 1\u00bd\u0663")


def tokenizer_of(model: Path) -> bpe.Tokenizer:
    """The tokenizer that is stored in a file."""
    metadata = gguf_reader.read(model).metadata
    return bpe.Tokenizer(metadata["tokenizer.ggml.tokens"], metadata["tokenizer.ggml.merges"], metadata["general.architecture"])


def far_text(rng: random.Random) -> str:
    """Random characters of scripts and signs that the corpus does not have."""
    ranges = ((0x20, 0x7E), (0x20, 0x7E), (0xA0, 0x24F), (0x300, 0x52F), (0x900, 0x97F), (0x2000, 0x206F), (0x3000, 0x30FF), (0xFF00, 0xFF60))
    return "".join(chr(rng.randint(*rng.choice(ranges))) for _ in range(200))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("--spillway", type=Path, default=Path(__file__).parents[2] / "build/release/spillway")
    parser.add_argument("--count", type=int, default=300, help="documents, and half as many random texts")
    args = parser.parse_args()
    tokenizer, rng = tokenizer_of(args.model), random.Random(17)
    documents = ["".join(text for text, _ in doc) for doc in corpus.documents(23, args.count, tokenizer.family)]
    for text in ["\n".join(documents), *_FAR_TEXTS, *(far_text(rng) for _ in range(args.count // 2))]:
        run = subprocess.run([args.spillway, "tokenize", "--parse-special", args.model], input=text.encode(), capture_output=True, check=True)
        if tokenizer.encode(text) != [int(i) for i in run.stdout.split()]:
            raise SystemExit(f"{args.model}: encoded differently: {text!r}")
    print(f"{args.model}: {args.count} documents and {len(_FAR_TEXTS) + args.count // 2} other texts are encoded alike")


if __name__ == "__main__":
    main()
