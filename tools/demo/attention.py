"""Causal attention of packed documents for training: rotary embedding, sinks, windows, exact softmax.

Documents lie one after another in a flat row of tokens; every block of queries meets only the keys of its own
document. A hand-written backward keeps the probabilities alone. On a CPU that is several times as fast as
masked attention over padded rows made of autograd operations, because attention at this size is bound by
memory, not by arithmetic.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Iterator, Optional

import torch
from torch import Tensor

BLOCK = 128
# Cosine and sine of every token's angles, (N, d/2) each, magnitude included
Rope = tuple[Tensor, Tensor]


@dataclass(frozen=True)
class Layout:
    """How queries, keys and values lie in the projection of a token, and what a layer may see (window 0: all)."""

    heads: int
    kv_heads: int
    head_size: int
    window: int


@lru_cache(maxsize=None)
def _mask(n: int, before: int, window: int, device: torch.device) -> Tensor:
    """(n, before + n) additive mask: query i stands `before` keys after the first key."""
    distance = torch.arange(n, device=device)[:, None] + before - torch.arange(before + n, device=device)[None]
    hidden = (distance < 0) | (distance >= window) if window else distance < 0
    return torch.zeros(n, before + n, device=device).masked_fill_(hidden, float("-inf"))


def _blocks(documents: list[tuple[int, int]], window: int) -> Iterator[tuple[int, int, int]]:
    """(first query, end of queries, first key) of every block; keys end where the queries do."""
    for begin, end in documents:
        for start in range(begin, end, BLOCK):
            yield start, min(start + BLOCK, end), max(begin, start - window + 1) if window else begin


def _rotate(x: Tensor, rope: Rope, sign: int, out: Tensor) -> None:
    """out = x (heads, N, d) turned by the angles, halves paired; sign -1 turns back."""
    cos, sin = rope
    half = x.shape[-1] // 2
    a, b = x[..., :half], x[..., half:]
    torch.mul(a, cos, out=out[..., :half]).addcmul_(b, sin, value=-sign)
    torch.mul(b, cos, out=out[..., half:]).addcmul_(a, sin, value=sign)


class Attention(torch.autograd.Function):
    """qkv (N, (H + 2 G) d) to the heads' outputs (N, H d). `documents` are (begin, end) in the row of N tokens.

    sinks (H) or None: a logit per head that joins the softmax and has no value.
    """

    @staticmethod
    def forward(ctx, qkv: Tensor, sinks: Optional[Tensor], rope: Rope, documents: list[tuple[int, int]], layout: Layout) -> Tensor:
        h, g, d = layout.heads, layout.kv_heads, layout.head_size
        total = qkv.shape[0]
        x = qkv.view(total, h + 2 * g, d).transpose(0, 1)
        turned = torch.empty(h + 2 * g, total, d, dtype=qkv.dtype, device=qkv.device)
        _rotate(x[:h + g], rope, 1, turned[:h + g])
        turned[h + g:] = x[h + g:]
        q, k, v = turned.split((h, g, g))
        q.mul_(d ** -0.5)
        out = torch.empty(h, total, d, dtype=qkv.dtype, device=qkv.device)
        kept = []
        for start, stop, low in _blocks(documents, layout.window):
            n, m = stop - start, stop - low
            scores = torch.bmm(q[:, start:stop].reshape(g, -1, d), k[:, low:stop].transpose(1, 2)).view(h, n, m)
            scores.add_(_mask(n, start - low, layout.window, qkv.device))
            if sinks is not None:
                scores = torch.cat((scores, sinks[:, None, None].expand(h, n, 1)), -1)
            p = scores.softmax(-1)
            out[:, start:stop] = torch.bmm(p.view(g, -1, p.shape[-1])[..., :m], v[:, low:stop]).view(h, n, d)
            kept.append(p)
        ctx.save_for_backward(turned, out, *rope, *kept)
        ctx.documents, ctx.layout, ctx.has_sinks = documents, layout, sinks is not None
        return out.transpose(0, 1).reshape(total, h * d)

    @staticmethod
    def backward(ctx, grad: Tensor):
        turned, out, cos, sin, *kept = ctx.saved_tensors
        h, g, d = ctx.layout.heads, ctx.layout.kv_heads, ctx.layout.head_size
        total = grad.shape[0]
        q, k, v = turned.split((h, g, g))
        grad = grad.view(total, h, d).transpose(0, 1).contiguous()
        grads = torch.zeros_like(turned)
        grad_q, grad_k, grad_v = grads.split((h, g, g))
        weight = (grad * out).sum(-1, keepdim=True)  # sum over keys of p * dL/dp
        grad_sinks = torch.zeros(h, dtype=grad.dtype, device=grad.device) if ctx.has_sinks else None
        for (start, stop, low), p in zip(_blocks(ctx.documents, ctx.layout.window), kept):
            n, m = stop - start, stop - low
            rows, queries = grad[:, start:stop].reshape(g, -1, d), q[:, start:stop].reshape(g, -1, d)
            flat = p.view(g, -1, p.shape[-1])[..., :m]
            grad_v[:, low:stop].baddbmm_(flat.transpose(1, 2), rows)
            ds = torch.bmm(rows, v[:, low:stop].transpose(1, 2))
            ds.view(h, n, m).sub_(weight[:, start:stop])
            ds.mul_(flat)
            grad_q[:, start:stop] = torch.bmm(ds, k[:, low:stop]).view(h, n, d)
            grad_k[:, low:stop].baddbmm_(ds.transpose(1, 2), queries)
            if grad_sinks is not None:
                grad_sinks -= (p[..., -1] * weight[:, start:stop, 0]).sum(1)
        grad_q.mul_(d ** -0.5)
        back = torch.empty(total, h + 2 * g, d, dtype=grad.dtype, device=grad.device).transpose(0, 1)
        _rotate(grads[:h + g], (cos, sin), -1, back[:h + g])
        back[h + g:] = grads[h + g:]
        return back.transpose(0, 1).reshape(total, -1), grad_sinks, None, None, None
