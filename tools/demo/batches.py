"""Packed training batches: a batch is a function of (seed, index), so a resumed run sees the same data."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Mapping

import torch
from torch import Tensor

import corpus
from bpe import Tokenizer


@dataclass(frozen=True)
class Mix:
    """What a batch is made of."""

    length: int  # tokens
    jump_share: float  # documents whose positions jump, for distances that no document has
    short_share: float  # documents under LongRoPE's short factors
    original_context: int  # up to here they may be used
    context_length: int
    exercises: Mapping[str, float]
    exact_counts_more: bool


@dataclass
class Batch:
    """Tensors (N). Targets are the next tokens; weight 0 marks what is not learned. `documents` are (begin, end)."""

    tokens: Tensor
    targets: Tensor
    weights: Tensor
    positions: Tensor
    is_long: Tensor
    documents: list[tuple[int, int]]

    def to(self, device: torch.device) -> "Batch":
        return Batch(**{k: v.to(device) if isinstance(v, Tensor) else v for k, v in vars(self).items()})


def plain(tokens: list[int], is_long: bool) -> Batch:
    """One document as it is; nothing is learned from it."""
    ids = torch.tensor(tokens)
    return Batch(ids, ids, torch.zeros(len(ids)), torch.arange(len(ids)), torch.full_like(ids, int(is_long)), [(0, len(ids))])


def _positions(rng: random.Random, ids: list[int], start_id: int, furthest: int) -> list[int]:
    """Positions that jump at the start of a message, if there is a second message."""
    starts = [i for i, token in enumerate(ids) if token == start_id and i > 0]
    positions = list(range(len(ids)))
    if starts and furthest > 1:
        at, jump = rng.choice(starts), rng.randint(1, furthest)
        positions[at:] = [p + jump for p in positions[at:]]
    return positions


def make(tokenizer: Tokenizer, seed: str, index: str, mix: Mix) -> Batch:
    """Documents one after another until the batch is full; the last one is cut."""
    rng = random.Random(f"{seed}/{index}")
    start_id = tokenizer.ids[tokenizer.format.message_start]
    tokens: list[int] = []
    targets: list[int] = []
    weights: list[float] = []
    positions: list[int] = []
    is_long: list[int] = []
    documents: list[tuple[int, int]] = []
    while len(tokens) < mix.length:
        ids: list[int] = []
        counts: list[float] = []
        for text, weight in corpus.document(rng, tokenizer.family, mix.exercises, mix.exact_counts_more):
            piece = tokenizer.encode(text)
            ids += piece
            counts += [weight] * len(piece)
        ids, counts = ids[:mix.length - len(tokens) + 1], counts[:mix.length - len(tokens) + 1]
        n = len(ids) - 1
        short = rng.random() < mix.short_share and n <= mix.original_context
        jumps = not short and rng.random() < mix.jump_share
        documents.append((len(tokens), len(tokens) + n))
        tokens += ids[:-1]
        targets += ids[1:]
        weights += counts[1:]
        positions += _positions(rng, ids[:-1], start_id, mix.context_length - n) if jumps else range(n)
        is_long += [int(not short)] * n
    return Batch(*(torch.tensor(column) for column in (tokens, targets, weights, positions, is_long)), documents)
