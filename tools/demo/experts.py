"""Routers and experts for training. Tokens are sorted by expert, so that each expert is a few matrix products.

A hand-written backward works on one expert's rows at a time, which then stay in the cache.
"""

from __future__ import annotations

from typing import Callable, Optional

import torch
import torch.nn.functional as F
from torch import Tensor

ALPHA, LIMIT = 1.702, 7.0
JITTER = 0.01

# chosen experts (N, k), their weights (N, k), and the probabilities (N, E) that the balance loss sees
Routing = tuple[Tensor, Tensor, Tensor]


def route_topk_softmax(logits: Tensor, used: int) -> Routing:
    """gpt-oss: the weights are a softmax over the chosen logits."""
    best, chosen = logits.topk(used, dim=-1)
    return chosen, best.softmax(-1), logits.softmax(-1)


def route_softmax(logits: Tensor, used: int) -> Routing:
    """deepseek: the weights are the probabilities among all experts, not renormalised."""
    probabilities = logits.softmax(-1)
    best, chosen = probabilities.topk(used, dim=-1)
    return chosen, best, probabilities


def route_sparsemixer(logits: Tensor, used: int) -> Routing:
    """phimoe: SparseMixer as in inference, where a weight is 1 unless another logit comes within 2 % of the best.

    Such weights teach the router nothing, so the gradient is that of the probabilities of a softmax over the
    experts that are still free (a straight-through estimator).
    """
    probabilities = logits.softmax(-1)
    chosen, weights, rest = [], [], logits
    for _ in range(used):
        best, index = rest.max(-1, keepdim=True)
        with torch.no_grad():
            near = (best - rest) <= 2 * JITTER * torch.maximum(logits.abs(), best)
            value = 1 / torch.where(near, (rest - best).exp(), torch.zeros_like(rest)).sum(-1, keepdim=True)
        soft = (best - rest.logsumexp(-1, keepdim=True)).exp()
        chosen.append(index)
        weights.append(soft + (value - soft).detach())
        rest = rest.scatter(-1, index, float("-inf"))
    return torch.cat(chosen, -1), torch.cat(weights, -1), probabilities


ROUTERS: dict[str, Callable[[Tensor, int], Routing]] = {
    "gpt-oss": route_topk_softmax, "phimoe": route_sparsemixer, "deepseek": route_softmax}


def balance_loss(chosen: Tensor, probabilities: Tensor) -> Tensor:
    """1 when tokens and probability are spread evenly over the experts, more otherwise."""
    experts = probabilities.shape[-1]
    counts = chosen.flatten().bincount(minlength=experts)
    return experts * (probabilities.mean(0) * (counts / chosen.numel())).sum()


class Silu:
    """silu(gate) * up."""

    @staticmethod
    def value(gate: Tensor, up: Tensor) -> Tensor:
        return gate.sigmoid().mul_(gate).mul_(up)

    @staticmethod
    def with_derivatives(gate: Tensor, up: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The value, and its derivatives by gate and up."""
        sigmoid = gate.sigmoid()
        act = gate * sigmoid
        return act * up, sigmoid.addcmul_(act, 1 - sigmoid).mul_(up), act


class ClampedSilu:
    """gpt-oss: gate bounded from above, up on both sides, and up + 1."""

    @staticmethod
    def value(gate: Tensor, up: Tensor) -> Tensor:
        low = gate.clamp(max=LIMIT)
        return (ALPHA * low).sigmoid_().mul_(low).mul_(up.clamp(-LIMIT, LIMIT).add_(1))

    @staticmethod
    def with_derivatives(gate: Tensor, up: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The value, and its derivatives by gate and up."""
        low, middle = gate.clamp(max=LIMIT), up.clamp(-LIMIT, LIMIT)
        sigmoid = (ALPHA * low).sigmoid_()
        act = low * sigmoid
        by_gate = (1 - sigmoid).mul_(act).mul_(ALPHA).add_(sigmoid)
        by_up = act.masked_fill(middle != up, 0)
        middle.add_(1)
        return act * middle, by_gate.mul_(middle).masked_fill_(low != gate, 0), by_up


def activation(family: str) -> type:
    """The family's activation."""
    return ClampedSilu if family == "gpt-oss" else Silu


class Experts(torch.autograd.Function):
    """sum over the chosen experts of weight * expert(x): x (N, D), chosen and weights (N, k), output (N, D).

    gate_up (E, 2 F, D) holds the rows of gate, then of up; down (E, D, F); biases (E, 2 F) and (E, D), or None.
    """

    @staticmethod
    def forward(ctx, x: Tensor, chosen: Tensor, weights: Tensor, gate_up: Tensor, gate_up_bias: Optional[Tensor],
                down: Tensor, down_bias: Optional[Tensor], family: str) -> Tensor:
        n, k = chosen.shape
        order = chosen.flatten().argsort()
        inverse = torch.empty_like(order)
        inverse[order] = torch.arange(order.numel(), device=order.device)
        token = torch.div(order, k, rounding_mode="floor")
        ends = chosen.flatten().bincount(minlength=gate_up.shape[0]).cumsum(0).tolist()
        rows, share = x.index_select(0, token), weights.flatten().index_select(0, order)[:, None]
        hidden, out = x.new_empty(n * k, gate_up.shape[1]), x.new_empty(n * k, x.shape[1])
        act = activation(family)
        for e, (a, b) in enumerate(zip([0, *ends], ends)):
            if a == b:
                continue
            torch.mm(rows[a:b], gate_up[e].t(), out=hidden[a:b])
            if gate_up_bias is not None:
                hidden[a:b] += gate_up_bias[e]
            inner = act.value(*hidden[a:b].chunk(2, -1)).mul_(share[a:b])
            torch.mm(inner, down[e].t(), out=out[a:b])
            if down_bias is not None:
                out[a:b].addcmul_(share[a:b], down_bias[e])
        ctx.save_for_backward(rows, share, hidden, gate_up, down, down_bias, token, inverse)
        ctx.ends, ctx.act, ctx.used, ctx.has_bias = ends, act, k, gate_up_bias is not None
        return out.index_select(0, inverse).view(n, k, -1).sum(1)

    @staticmethod
    def backward(ctx, grad: Tensor):
        rows, share, hidden, gate_up, down, down_bias, token, inverse = ctx.saved_tensors
        grads, grad_rows, grad_share = grad.index_select(0, token), torch.empty_like(rows), torch.empty_like(share)
        grad_gate_up, grad_down = torch.zeros_like(gate_up), torch.zeros_like(down)
        biases = (gate_up.new_zeros(gate_up.shape[:2]), down.new_zeros(down.shape[:2])) if ctx.has_bias else (None, None)
        for e, (a, b) in enumerate(zip([0, *ctx.ends], ctx.ends)):
            if a == b:
                continue
            g, s, (gate, up) = grads[a:b], share[a:b], hidden[a:b].chunk(2, -1)
            inner, by_gate, by_up = ctx.act.with_derivatives(gate, up)
            by_inner = g @ down[e]
            torch.sum(by_inner * inner, -1, keepdim=True, out=grad_share[a:b])
            torch.mm(g.t(), inner.mul_(s), out=grad_down[e])
            by_inner *= s
            by_hidden = torch.cat((by_gate.mul_(by_inner), by_up.mul_(by_inner)), -1)
            torch.mm(by_hidden.t(), rows[a:b], out=grad_gate_up[e])
            torch.mm(by_hidden, gate_up[e], out=grad_rows[a:b])
            if ctx.has_bias:
                grad_share[a:b] += (g @ down_bias[e])[:, None]
                biases[0][e], biases[1][e] = by_hidden.sum(0), s[:, 0] @ g
        k = ctx.used
        grad_x = grad_rows.index_select(0, inverse).view(-1, k, rows.shape[1]).sum(1)
        return grad_x, None, grad_share.index_select(0, inverse).view(-1, k), grad_gate_up, biases[0], grad_down, biases[1], None


class GatedUnit(torch.autograd.Function):
    """silu(gate) * up of a dense or shared block: (N, 2 F) to (N, F)."""

    @staticmethod
    def forward(ctx, gate_up: Tensor) -> Tensor:
        value, *derivatives = Silu.with_derivatives(*gate_up.chunk(2, -1))
        ctx.save_for_backward(*derivatives)
        return value

    @staticmethod
    def backward(ctx, grad: Tensor):
        return torch.cat([grad * d for d in ctx.saved_tensors], -1)


def dense(x: Tensor, gate_up: Tensor, down: Tensor) -> Tensor:
    """An ordinary SwiGLU block; weights laid out as one expert's."""
    return F.linear(GatedUnit.apply(F.linear(x, gate_up)), down)
