"""Packed training batches: a batch is a function of (seed, index), so a resumed run sees the same data."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Mapping

import torch
from torch import Tensor

import corpus
from bpe import Tokenizer

_MISSES_UNTIL_FULL = 12
_LARGEST_JUMP = 3000


@dataclass
class Batch:
    """All tensors (B, T). Targets are the next tokens; weight 0 marks what is not learned."""

    tokens: Tensor
    targets: Tensor
    weights: Tensor
    documents: Tensor
    positions: Tensor


def _row(rng: random.Random, docs: list[tuple[list[int], list[float]]], start_id: int, length: int, jump_share: float) -> list[list[float]]:
    """One packed row: tokens, targets, weights, document numbers, positions."""
    row: list[list[float]] = [[], [], [], [], []]
    position = 0
    for number, (ids, weights) in enumerate(docs):
        starts = [i for i, token in enumerate(ids) if token == start_id and i > 0]
        jump_at = rng.choice(starts) if starts and rng.random() < jump_share else -1
        for i in range(len(ids) - 1):
            position += rng.randint(1, _LARGEST_JUMP) if i == jump_at else 1
            for column, value in zip(row, (ids[i], ids[i + 1], weights[i + 1], number, position)):
                column.append(value)
    blank = length - len(row[0])
    for column, value in zip(row, (0, 0, 0.0, len(docs), position)):
        column.extend([value] * blank)
    return row


def make(tokenizer: Tokenizer, seed: str, index: str, row_count: int, length: int, jump_share: float,
         exercises: Mapping[str, float], exact_counts_more: bool) -> Batch:
    """Whole documents packed into rows, first fit; a batch is full when several documents in a row do not fit.

    Positions jump at the start of some messages: full-attention layers then meet distances far beyond
    the row's length, which they need for long conversations.
    """
    rng = random.Random(f"{seed}/{index}")
    rows: list[list[tuple[list[int], list[float]]]] = [[] for _ in range(row_count)]
    room = [length] * row_count
    misses = 0
    while misses < _MISSES_UNTIL_FULL:
        ids: list[int] = []
        weights: list[float] = []
        for text, weight in corpus.document(rng, exercises, exact_counts_more):
            piece = tokenizer.encode(text)
            ids += piece
            weights += [weight] * len(piece)
        fit = next((i for i in range(row_count) if room[i] >= len(ids) - 1), None)
        if fit is None:
            misses += 1
        else:
            rows[fit].append((ids, weights))
            room[fit] -= len(ids) - 1
    start_id = tokenizer.ids["<|start|>"]
    columns = list(zip(*(_row(rng, docs, start_id, length, jump_share) for docs in rows)))
    tokens, targets, weights_, documents, positions = (torch.tensor(c) for c in columns)
    return Batch(tokens.long(), targets.long(), weights_.float(), documents.long(), positions.long())
