"""The values that a weight format of GGUF stores, for training that sees them. Gradients pass unchanged.

They equal what quant.py encodes, bit for bit; test_demo.py proves it.
"""

from __future__ import annotations

import torch
from torch import Tensor

def mxfp4(weight: Tensor) -> Tensor:
    """Blocks of 32 along the last dimension with a power of two each; ties go to the smaller magnitude.

    E2M1 counts in halves below 2, in ones below 4 and in twos from there to 6.
    """
    blocks = weight.reshape(-1, 32)
    exponent = torch.frexp(blocks.abs().amax(-1, keepdim=True)).exponent - 3
    scale = torch.ldexp(torch.ones(1, device=weight.device), exponent)
    magnitude = (blocks / scale).abs_()
    steps_in_one = 2 - (magnitude >= 2).float().add_(magnitude >= 4, alpha=0.5)
    rounded = magnitude.mul_(steps_in_one).sub_(0.5).ceil_().div_(steps_in_one).clamp_(max=6)
    return rounded.mul_(scale).copysign_(blocks).view_as(weight)


def q5_0(weight: Tensor) -> Tensor:
    """Blocks of 32 along the last dimension: 16 negative steps, 15 positive ones, the largest weight is -16 of them."""
    blocks = weight.reshape(-1, 32)
    extreme = blocks.gather(1, blocks.abs().argmax(-1, keepdim=True))
    step = extreme / -16
    inverse = torch.where(step == 0, torch.zeros_like(step), 1 / step)
    codes = (blocks * inverse + 16.5).trunc_().clamp_(max=31).sub_(16)
    return (codes * step.half().float()).view_as(weight)


def q8_0(weight: Tensor) -> Tensor:
    """Blocks of 32 along the last dimension: 127 steps to both sides."""
    blocks = weight.reshape(-1, 32)
    step = blocks.abs().amax(-1, keepdim=True) / 127
    inverse = torch.where(step == 0, torch.zeros_like(step), 1 / step)
    scaled = blocks * inverse
    codes = (scaled.abs() + 0.5).floor_().copysign_(scaled)
    return (codes * step.half().float()).view_as(weight)


FORMATS = {"mxfp4": mxfp4, "q5_0": q5_0, "q8_0": q8_0}


def stored(weight: Tensor, kind: str) -> Tensor:
    """`weight` as the file will hold it, with the gradient of the identity."""
    with torch.no_grad():
        change = FORMATS[kind](weight.detach()) - weight
    return weight + change
