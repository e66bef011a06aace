"""Attention with sinks for training: exact softmax, computed in blocks of queries.

A hand-written backward keeps only the probabilities and works in place. On a CPU that is about twice as
fast as composing it from autograd operations, because attention at this size is bound by memory, not by
arithmetic. Blocks also skip what causality or the window rules out.
"""

from __future__ import annotations

import torch
from torch import Tensor

BLOCK = 128


def _first_key(start: int, window: int) -> int:
    """First key a block of queries can see, rounded down to a block border; window 0 means all."""
    return max(0, start - window + 1) // BLOCK * BLOCK if window else 0


class SinkAttention(torch.autograd.Function):
    """softmax over the visible keys and one sink logit per head, times the values.

    Shapes: q (B, G, R, T, d) with R query heads for each of G key heads; k, v (B, G, T, d); sinks (G, R);
    mask (B, T, T), 0 or -inf, already causal and windowed.
    """

    @staticmethod
    def forward(ctx, q: Tensor, k: Tensor, v: Tensor, sinks: Tensor, mask: Tensor, window: int) -> Tensor:
        b, g, r, t, d = q.shape
        out, kept = torch.empty_like(q), []
        for start in range(0, t, BLOCK):
            stop, low = min(start + BLOCK, t), _first_key(start, window)
            n = stop - start
            queries = q[:, :, :, start:stop].reshape(b, g, r * n, d)
            p = torch.matmul(queries, k[:, :, low:stop].transpose(-1, -2)).view(b, g, r, n, stop - low)
            p.mul_(d ** -0.5).add_(mask[:, None, None, start:stop, low:stop])
            sink = sinks[None, :, :, None, None]
            top = torch.maximum(p.amax(-1, keepdim=True), sink)
            p.sub_(top).exp_()
            sink_part = torch.exp(sink - top)
            total = p.sum(-1, keepdim=True).add_(sink_part)
            p.div_(total)
            out[:, :, :, start:stop] = torch.matmul(p.view(b, g, r * n, -1), v[:, :, low:stop]).view(b, g, r, n, d)
            kept += [p, sink_part.div_(total)]
        ctx.save_for_backward(q, k, v, out, *kept)
        ctx.window = window
        return out

    @staticmethod
    def backward(ctx, grad: Tensor):
        q, k, v, out, *kept = ctx.saved_tensors
        b, g, r, t, d = q.shape
        grad_q, grad_k, grad_v = torch.empty_like(q), torch.zeros_like(k), torch.zeros_like(v)
        weight = (grad * out).sum(-1, keepdim=True)  # sum over keys of p * dL/dp; the sink has no value
        grad_sinks = torch.zeros(g, r, dtype=q.dtype, device=q.device)
        for i, start in enumerate(range(0, t, BLOCK)):
            stop, low = min(start + BLOCK, t), _first_key(start, ctx.window)
            n, p, sink_p = stop - start, kept[2 * i], kept[2 * i + 1]
            rows = grad[:, :, :, start:stop].reshape(b, g, r * n, d)
            flat = p.view(b, g, r * n, stop - low)
            grad_v[:, :, low:stop] += torch.matmul(flat.transpose(-1, -2), rows)
            ds = torch.matmul(rows, v[:, :, low:stop].transpose(-1, -2)).view_as(p)
            ds.sub_(weight[:, :, :, start:stop]).mul_(p).mul_(d ** -0.5)
            ds = ds.view_as(flat)
            grad_q[:, :, :, start:stop] = torch.matmul(ds, k[:, :, low:stop]).view(b, g, r, n, d)
            queries = q[:, :, :, start:stop].reshape(b, g, r * n, d)
            grad_k[:, :, low:stop] += torch.matmul(ds.transpose(-1, -2), queries)
            grad_sinks -= (sink_p * weight[:, :, :, start:stop]).sum((0, 3, 4))
        return grad_q, grad_k, grad_v, grad_sinks, None, None


def masks(documents: Tensor, window: int) -> tuple[Tensor, Tensor]:
    """(full, windowed) additive masks from the document number of every position (B, T)."""
    t = documents.shape[1]
    index = torch.arange(t, device=documents.device)
    distance = index[:, None] - index[None, :]
    same = documents[:, :, None] == documents[:, None, :]
    full = same & (distance >= 0)
    windowed = full & (distance < window)
    blank = torch.zeros(full.shape, device=documents.device)
    return blank.masked_fill(~full, float("-inf")), blank.masked_fill(~windowed, float("-inf"))
