"""The gpt-oss architecture at toy size, in PyTorch, for training only.

RMSNorm, grouped-query attention with sinks, alternating sliding window, YaRN without rounding, biases
everywhere, four of sixteen experts weighted by a softmax over their own logits, clamped SwiGLU.
`quantised=True` runs the experts through MXFP4 exactly as the exported file stores them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from attention import SinkAttention, masks

SWIGLU_ALPHA, SWIGLU_LIMIT = 1.702, 7.0
_E2M1 = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0)
_E2M1_BORDERS = (0.25, 0.75, 1.25, 1.75, 2.5, 3.5, 5.0)


@dataclass(frozen=True)
class Shape:
    """What defines the network; the rest of settings.json is about training."""

    context_length: int
    original_context: int
    yarn_factor: float
    rope_base: float
    rms_eps: float
    vocabulary: int
    width: int
    layers: int
    heads: int
    kv_heads: int
    head_size: int
    window: int
    experts: int
    experts_used: int
    expert_width: int

    @classmethod
    def of(cls, settings: dict[str, Any]) -> "Shape":
        return cls(**{name: settings[name] for name in cls.__dataclass_fields__})


def yarn(shape: Shape) -> tuple[Tensor, float]:
    """Inverse frequencies of every pair, and the magnitude of cos and sin, without floor and ceil."""
    n = shape.head_size

    def corr(beta: float) -> float:
        return n * math.log(shape.original_context / (2 * math.pi * beta)) / (2 * math.log(shape.rope_base))

    low, high = max(0.0, corr(32)), min(n - 1.0, corr(1))
    pairs = torch.arange(n // 2, dtype=torch.float64)
    theta = shape.rope_base ** (-2 * pairs / n)
    keep = 1 - ((pairs - low) / max(0.001, high - low)).clamp(0, 1)
    return (theta / shape.yarn_factor * (1 - keep) + theta * keep).float(), 0.1 * math.log(shape.yarn_factor) + 1


def mxfp4(weight: Tensor) -> Tensor:
    """The values that MXFP4 stores for `weight`, blocks of 32 along the last dimension; identity gradient."""
    with torch.no_grad():
        blocks = weight.detach().reshape(-1, 32)
        exponent = torch.frexp(blocks.abs().amax(-1, keepdim=True)).exponent - 3
        scale = torch.ldexp(torch.ones(1, device=weight.device), exponent)
        index = torch.bucketize(blocks.abs() / scale, torch.tensor(_E2M1_BORDERS, device=weight.device))
        values = torch.tensor(_E2M1, device=weight.device)[index] * scale * blocks.sign()
        change = values.view_as(weight) - weight
    return weight + change


class Reorder(torch.autograd.Function):
    """Rows by a permutation; its backward is the inverse one, cheaper than autograd's scatter-add."""

    @staticmethod
    def forward(ctx, rows: Tensor, order: Tensor, inverse: Tensor) -> Tensor:
        ctx.save_for_backward(inverse)
        return rows.index_select(0, order)

    @staticmethod
    def backward(ctx, grad: Tensor):
        return grad.index_select(0, ctx.saved_tensors[0]), None, None


class RMSNorm(nn.Module):
    def __init__(self, width: int, eps: float) -> None:
        super().__init__()
        self.weight, self.eps = nn.Parameter(torch.ones(width)), eps

    def forward(self, x: Tensor) -> Tensor:
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.eps) * self.weight


class Attention(nn.Module):
    def __init__(self, s: Shape) -> None:
        super().__init__()
        self.s = s
        self.q = nn.Linear(s.width, s.heads * s.head_size)
        self.k = nn.Linear(s.width, s.kv_heads * s.head_size)
        self.v = nn.Linear(s.width, s.kv_heads * s.head_size)
        self.out = nn.Linear(s.heads * s.head_size, s.width)
        self.sinks = nn.Parameter(torch.zeros(s.heads))

    def forward(self, x: Tensor, rope: tuple[Tensor, Tensor], mask: Tensor, window: int) -> Tensor:
        s = self.s
        b, t, _ = x.shape
        group = s.heads // s.kv_heads
        q = rotate(self.q(x).view(b, t, s.heads, s.head_size), rope)
        k = rotate(self.k(x).view(b, t, s.kv_heads, s.head_size), rope).transpose(1, 2).contiguous()
        v = self.v(x).view(b, t, s.kv_heads, s.head_size).transpose(1, 2).contiguous()
        q = q.view(b, t, s.kv_heads, group, s.head_size).permute(0, 2, 3, 1, 4).contiguous()
        y = SinkAttention.apply(q, k, v, self.sinks.view(s.kv_heads, group), mask, window)
        return self.out(y.permute(0, 3, 1, 2, 4).reshape(b, t, -1))


def rotate(x: Tensor, rope: tuple[Tensor, Tensor]) -> Tensor:
    """Rotary embedding, halves paired (NEOX): x (B, T, heads, d), cos and sin (B, T, 1, d/2)."""
    cos, sin = rope
    a, b = x.chunk(2, -1)
    return torch.cat((a * cos - b * sin, a * sin + b * cos), -1)


class Experts(nn.Module):
    """Router and experts. Tokens are sorted by expert, so that each expert is one small matrix product."""

    def __init__(self, s: Shape) -> None:
        super().__init__()
        self.s = s
        self.router = nn.Linear(s.width, s.experts)
        self.gate_up = nn.Parameter(torch.randn(s.experts, 2 * s.expert_width, s.width) * s.width ** -0.5)
        self.gate_up_bias = nn.Parameter(torch.zeros(s.experts, 2 * s.expert_width))
        self.down = nn.Parameter(torch.randn(s.experts, s.width, s.expert_width) * (0.3 * s.expert_width ** -0.5))
        self.down_bias = nn.Parameter(torch.zeros(s.experts, s.width))

    def forward(self, x: Tensor, quantised: bool) -> tuple[Tensor, Tensor]:
        """(output, load-balancing loss) for rows x (N, D)."""
        s, n = self.s, x.shape[0]
        logits = self.router(x)
        best, chosen = logits.topk(s.experts_used, dim=-1)
        share = best.softmax(-1)
        order = chosen.flatten().argsort()
        inverse = torch.empty_like(order)
        inverse[order] = torch.arange(order.numel(), device=order.device)
        counts = chosen.flatten().bincount(minlength=s.experts)
        rows = Reorder.apply(x[:, None].expand(-1, s.experts_used, -1).reshape(-1, s.width), order, inverse)
        gate_up, down = (mxfp4(self.gate_up), mxfp4(self.down)) if quantised else (self.gate_up, self.down)
        parts = [F.linear(swiglu(F.linear(part, w1, b1)), w2, b2) for part, w1, b1, w2, b2 in
                 zip(rows.split(counts.tolist()), gate_up.unbind(0), self.gate_up_bias.unbind(0), down.unbind(0), self.down_bias.unbind(0))]
        back = Reorder.apply(torch.cat(parts), inverse, order).view(n, s.experts_used, s.width)
        balance = s.experts * (logits.softmax(-1).mean(0) * (counts / (n * s.experts_used))).sum()
        return (back * share[..., None]).sum(1), balance


def swiglu(gate_up: Tensor) -> Tensor:
    """The clamped SwiGLU of gpt-oss: gate bounded from above, up on both sides, and up + 1."""
    gate, up = gate_up.chunk(2, -1)
    gate = gate.clamp(max=SWIGLU_LIMIT)
    return gate * torch.sigmoid(SWIGLU_ALPHA * gate) * (up.clamp(-SWIGLU_LIMIT, SWIGLU_LIMIT) + 1)


class Block(nn.Module):
    def __init__(self, s: Shape) -> None:
        super().__init__()
        self.attn_norm, self.attn = RMSNorm(s.width, s.rms_eps), Attention(s)
        self.post_norm, self.experts = RMSNorm(s.width, s.rms_eps), Experts(s)

    def forward(self, x: Tensor, rope: tuple[Tensor, Tensor], mask: Tensor, window: int, quantised: bool) -> tuple[Tensor, Tensor]:
        x = x + self.attn(self.attn_norm(x), rope, mask, window)
        y, balance = self.experts(self.post_norm(x).flatten(0, 1), quantised)
        return x + y.view_as(x), balance


class DemoModel(nn.Module):
    """Token ids to hidden states; `head` makes logits, so that only the wanted positions pay for them."""

    def __init__(self, s: Shape) -> None:
        super().__init__()
        self.s = s
        self.embed = nn.Embedding(s.vocabulary, s.width)
        self.blocks = nn.ModuleList(Block(s) for _ in range(s.layers))
        self.norm = RMSNorm(s.width, s.rms_eps)
        self.head = nn.Linear(s.width, s.vocabulary, bias=False)
        nn.init.normal_(self.embed.weight, std=0.5)
        nn.init.normal_(self.head.weight, std=s.width ** -0.5 * 0.5)
        frequencies, self.magnitude = yarn(s)
        self.register_buffer("frequencies", frequencies, persistent=False)

    def rope(self, positions: Tensor) -> tuple[Tensor, Tensor]:
        angle = (positions[..., None].float() * self.frequencies)[:, :, None]
        return angle.cos() * self.magnitude, angle.sin() * self.magnitude

    def forward(self, tokens: Tensor, documents: Tensor, positions: Tensor, quantised: bool) -> tuple[Tensor, Tensor]:
        """(normed hidden states, mean balance loss). `positions` may jump; windowed layers count without jumps."""
        full_mask, window_mask = masks(documents, self.s.window)
        plain = torch.arange(tokens.shape[1], device=tokens.device)[None].expand_as(tokens)
        full_rope, window_rope = self.rope(positions), self.rope(plain)
        x, balances = self.embed(tokens), []
        for i, block in enumerate(self.blocks):
            if i % 2 == 0:
                x, balance = block(x, window_rope, window_mask, self.s.window, quantised)
            else:
                x, balance = block(x, full_rope, full_mask, 0, quantised)
            balances.append(balance)
        return self.norm(x), torch.stack(balances).mean()
