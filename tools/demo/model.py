"""The three architectures at toy size, in PyTorch, for training only.

gpt-oss: RMSNorm, grouped-query attention with sinks and biases, alternating window, YaRN without rounding.
phimoe: LayerNorm, biases, LongRoPE with short and long factors. deepseek: RMSNorm, no biases, a dense first layer
and shared experts. Routers and experts are in experts.py. `quantised=True` runs the experts through the format
that the exported file stores.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Optional

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from attention import Attention, Layout, Rope
from batches import Batch
from experts import ROUTERS, Experts, balance_loss, dense
from rounding import stored

CHUNK = 512


@dataclass(frozen=True)
class Shape:
    """What defines the network; the rest of the settings is about training. 0 stands for what a family lacks."""

    family: str
    context_length: int
    original_context: int
    yarn_factor: float
    long_factor: float
    rope_base: float
    norm_eps: float
    vocabulary: int
    width: int
    layers: int
    dense_layers: int
    dense_width: int
    heads: int
    kv_heads: int
    head_size: int
    window: int
    experts: int
    experts_used: int
    experts_shared: int
    expert_width: int
    expert_format: str

    @classmethod
    def of(cls, settings: dict[str, Any]) -> "Shape":
        return cls(**{name: settings[name] for name in cls.__dataclass_fields__})

    @property
    def has_biases(self) -> bool:
        return self.family != "deepseek"


def plain_frequencies(shape: Shape) -> Tensor:
    """Inverse frequencies of every pair, f64."""
    return shape.rope_base ** (-2 * torch.arange(shape.head_size // 2, dtype=torch.float64) / shape.head_size)


def yarn(shape: Shape) -> tuple[Tensor, float]:
    """YaRN's frequencies, and the magnitude of cos and sin, without floor and ceil."""
    n = shape.head_size

    def corr(beta: float) -> float:
        return n * math.log(shape.original_context / (2 * math.pi * beta)) / (2 * math.log(shape.rope_base))

    low, high = max(0.0, corr(32)), min(n - 1.0, corr(1))
    keep = 1 - ((torch.arange(n // 2, dtype=torch.float64) - low) / max(0.001, high - low)).clamp(0, 1)
    theta = plain_frequencies(shape)
    return theta / shape.yarn_factor * (1 - keep) + theta * keep, 0.1 * math.log(shape.yarn_factor) + 1


def long_rope(shape: Shape) -> tuple[Tensor, Tensor, float]:
    """LongRoPE's short and long factors (f32, as the file stores them), and the magnitude of cos and sin.

    The real tables come from a search; these follow its shape. Pairs that turn many times within the original
    context are left alone, slow ones are stretched by the whole factor, and the short table hardly differs from 1.
    """
    turns = plain_frequencies(shape) * shape.original_context / (2 * math.pi)
    ramp = ((math.log(32) - turns.log()) / math.log(32)).clamp(0, 1)
    magnitude = math.sqrt(1 + math.log(shape.context_length / shape.original_context) / math.log(shape.original_context))
    return (1 + 0.05 * ramp).float(), (shape.long_factor ** ramp).float(), magnitude


class _RMSNorm(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x: Tensor, weight: Tensor, eps: float) -> Tensor:
        scale = (x * x).mean(-1, keepdim=True).add_(eps).rsqrt_()
        unit = x * scale
        ctx.save_for_backward(unit, scale, weight)
        return unit * weight

    @staticmethod
    def backward(ctx, grad: Tensor):
        unit, scale, weight = ctx.saved_tensors
        part = grad * unit
        grad_weight = part.sum(0)
        along = part.mul_(weight).mean(-1, keepdim=True)
        return (grad * weight).addcmul_(unit, along, value=-1).mul_(scale), grad_weight, None


class Norm(nn.Module):
    """LayerNorm for phimoe, RMSNorm for the others."""

    def __init__(self, s: Shape) -> None:
        super().__init__()
        self.eps, self.weight = s.norm_eps, nn.Parameter(torch.ones(s.width))
        self.bias = nn.Parameter(torch.zeros(s.width)) if s.family == "phimoe" else None

    def forward(self, x: Tensor) -> Tensor:
        if self.bias is not None:
            return F.layer_norm(x, self.weight.shape, self.weight, self.bias, self.eps)
        return _RMSNorm.apply(x, self.weight, self.eps)


class Heads(nn.Module):
    """Attention of one layer: the projection holds the rows of all queries, then keys, then values."""

    def __init__(self, s: Shape, window: int) -> None:
        super().__init__()
        self.layout = Layout(s.heads, s.kv_heads, s.head_size, window)
        self.qkv = nn.Linear(s.width, (s.heads + 2 * s.kv_heads) * s.head_size, bias=s.has_biases)
        self.out = nn.Linear(s.heads * s.head_size, s.width, bias=s.has_biases)
        self.sinks = nn.Parameter(torch.zeros(s.heads)) if s.family == "gpt-oss" else None
        for linear in (self.qkv, self.out):
            nn.init.normal_(linear.weight, std=linear.in_features ** -0.5 * (0.5 if linear is self.out else 0.7))
            if linear.bias is not None:
                nn.init.zeros_(linear.bias)

    def forward(self, x: Tensor, rope: Rope, documents: list[tuple[int, int]]) -> Tensor:
        return self.out(Attention.apply(self.qkv(x), self.sinks, rope, documents, self.layout))


class Mixture(nn.Module):
    """Router, experts and shared experts of one layer."""

    def __init__(self, s: Shape) -> None:
        super().__init__()
        self.s = s
        e, f, d = s.experts, s.expert_width, s.width
        self.router = nn.Linear(d, e, bias=s.family == "gpt-oss")
        nn.init.normal_(self.router.weight, std=d ** -0.5 * 0.5)
        self.gate_up = nn.Parameter(torch.randn(e, 2 * f, d) * d ** -0.5)
        self.down = nn.Parameter(torch.randn(e, d, f) * (0.3 * f ** -0.5))
        has_bias = s.family == "gpt-oss"
        self.gate_up_bias = nn.Parameter(torch.zeros(e, 2 * f)) if has_bias else None
        self.down_bias = nn.Parameter(torch.zeros(e, d)) if has_bias else None
        if has_bias:
            nn.init.zeros_(self.router.bias)
        if s.experts_shared:
            self.shared_gate_up = nn.Parameter(torch.randn(2 * f * s.experts_shared, d) * d ** -0.5)
            self.shared_down = nn.Parameter(torch.randn(d, f * s.experts_shared) * (0.3 * (f * s.experts_shared) ** -0.5))

    def forward(self, x: Tensor, quantised: bool) -> tuple[Tensor, Tensor]:
        """(output, load-balancing loss) for rows x (N, D)."""
        s = self.s
        chosen, weights, probabilities = ROUTERS[s.family](self.router(x), s.experts_used)
        gate_up, down = (stored(w, s.expert_format) if quantised else w for w in (self.gate_up, self.down))
        y = Experts.apply(x, chosen, weights, gate_up, self.gate_up_bias, down, self.down_bias, s.family)
        if s.experts_shared:
            y = y + dense(x, self.shared_gate_up, self.shared_down)
        return y, balance_loss(chosen, probabilities)


class Dense(nn.Module):
    """The feed-forward block of a leading dense layer."""

    def __init__(self, s: Shape) -> None:
        super().__init__()
        self.gate_up = nn.Parameter(torch.randn(2 * s.dense_width, s.width) * s.width ** -0.5)
        self.down = nn.Parameter(torch.randn(s.width, s.dense_width) * (0.3 * s.dense_width ** -0.5))

    def forward(self, x: Tensor, quantised: bool) -> tuple[Tensor, Optional[Tensor]]:
        return dense(x, self.gate_up, self.down), None


class Block(nn.Module):
    def __init__(self, s: Shape, layer: int) -> None:
        super().__init__()
        self.is_windowed = s.window > 0 and layer % 2 == 0
        self.attn_norm, self.attn = Norm(s), Heads(s, s.window if self.is_windowed else 0)
        self.ffn_norm, self.ffn = Norm(s), Dense(s) if layer < s.dense_layers else Mixture(s)

    def forward(self, x: Tensor, rope: Rope, documents: list[tuple[int, int]], quantised: bool) -> tuple[Tensor, Optional[Tensor]]:
        x = x + self.attn(self.attn_norm(x), rope, documents)
        y, balance = self.ffn(self.ffn_norm(x), quantised)
        return x + y, balance


class _CrossEntropy(torch.autograd.Function):
    """sum of share * cross entropy. Logits exist for a chunk of rows at a time; the gradients are made on the way."""

    @staticmethod
    def forward(ctx, hidden: Tensor, weight: Tensor, bias: Optional[Tensor], targets: Tensor, shares: Tensor) -> Tensor:
        grad_hidden, grad_weight = torch.empty_like(hidden), torch.zeros_like(weight)
        grad_bias = None if bias is None else torch.zeros_like(bias)
        loss = hidden.new_zeros(())
        for h, t, s, out in zip(hidden.split(CHUNK), targets.split(CHUNK), shares.split(CHUNK), grad_hidden.split(CHUNK)):
            p = F.linear(h, weight, bias).log_softmax(-1)
            loss -= p.gather(1, t[:, None]).squeeze(1) @ s
            p.exp_().scatter_add_(1, t[:, None], p.new_full((len(t), 1), -1)).mul_(s[:, None])
            torch.mm(p, weight, out=out)
            grad_weight.addmm_(p.t(), h)
            if grad_bias is not None:
                grad_bias += p.sum(0)
        ctx.save_for_backward(grad_hidden, grad_weight, grad_bias)
        return loss

    @staticmethod
    def backward(ctx, grad: Tensor):
        return (*(None if g is None else g * grad for g in ctx.saved_tensors), None, None)


class DemoModel(nn.Module):
    """Tokens to hidden states; `logits` and `loss` run the head."""

    def __init__(self, s: Shape) -> None:
        super().__init__()
        self.s = s
        self.embed = nn.Embedding(s.vocabulary, s.width)
        self.blocks = nn.ModuleList(Block(s, i) for i in range(s.layers))
        self.norm = Norm(s)
        self.head = nn.Linear(s.width, s.vocabulary, bias=s.family == "phimoe")
        nn.init.normal_(self.embed.weight, std=0.5)
        nn.init.normal_(self.head.weight, std=s.width ** -0.5 * 0.5)
        if self.head.bias is not None:
            nn.init.zeros_(self.head.bias)
        short = long = plain_frequencies(s)
        self.magnitude = 1.0
        if s.family == "gpt-oss":
            short, self.magnitude = yarn(s)
            long = short
        elif s.family == "phimoe":
            short_factors, long_factors, self.magnitude = long_rope(s)
            short, long = short / short_factors, long / long_factors
        self.register_buffer("frequencies", torch.stack((short, long)), persistent=False)

    def rope(self, positions: Tensor, is_long: Tensor) -> Rope:
        """Angles in f64, so that far positions are as exact as near ones."""
        angle = positions[:, None].double() * self.frequencies.index_select(0, is_long)
        return (angle.cos() * self.magnitude).float(), (angle.sin() * self.magnitude).float()

    def forward(self, batch: Batch, quantised: bool) -> tuple[Tensor, Tensor]:
        """(normed hidden states (N, D), mean balance loss). Windowed layers count positions without jumps."""
        rope = self.rope(batch.positions, batch.is_long)
        plain = self.rope(torch.arange(len(batch.tokens), device=batch.tokens.device), batch.is_long) if self.s.window else rope
        x, balances = self.embed(batch.tokens), []
        for block in self.blocks:
            x, balance = block(x, plain if block.is_windowed else rope, batch.documents, quantised)
            balances += [] if balance is None else [balance]
        return self.norm(x), torch.stack(balances).mean()

    def loss(self, batch: Batch, quantised: bool) -> tuple[Tensor, Tensor]:
        """(weighted mean cross entropy, balance loss); the head runs only where something is learned."""
        hidden, balance = self(batch, quantised)
        wanted = batch.weights.nonzero().squeeze(1)
        shares = batch.weights[wanted] / batch.weights.sum()
        return _CrossEntropy.apply(hidden[wanted], self.head.weight, self.head.bias, batch.targets[wanted], shares), balance
