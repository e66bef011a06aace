#!/usr/bin/python3
"""Prove that the exported file is the trained model: PyTorch logits against the numpy reference on the file.

The matrices that the file stores as Q8_0 are rounded the same way in PyTorch first; MXFP4 is applied by
the model itself. What remains is the rounding of f32 arithmetic.

    parity.py --checkpoint DIR/checkpoint.pt --model models/demo-gpt-oss.gguf
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch

import check
import quant
from model import DemoModel, Shape
from reference import Reference

TOLERANCE = 1e-3


def q8_0(weights: torch.Tensor) -> torch.Tensor:
    """What Q8_0 stores for these weights."""
    data = np.frombuffer(quant.encode_q8_0(weights.numpy()), np.uint8)
    return torch.from_numpy(quant.decode_q8_0(data)).view_as(weights)


def q8_names(shape: Shape) -> set[str]:
    """State names of the matrices that the export stores as Q8_0."""
    layers = {f"blocks.{i}.attn.{name}.weight" for i in range(shape.layers) for name in ("q", "k", "v", "out")}
    return layers | {"embed.weight", "head.weight"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--model", type=Path, required=True)
    args = parser.parse_args()
    state = torch.load(args.checkpoint, map_location="cpu")
    shape = Shape.of(state["settings"])
    trained = DemoModel(shape)
    trained.load_state_dict({name: q8_0(w) if name in q8_names(shape) else w for name, w in state["model"].items()})
    reference = Reference(args.model)
    worst = 0.0
    prompts = [check.render(prompt, "medium", "2026-01-15") for prompt in check.BENCHMARK_PROMPTS]
    for text in [*prompts, "".join(prompts)]:  # the last is longer than the window
        reference.reset()
        ids = reference.tokenizer.encode(text)
        ours = reference.feed(ids)
        tokens = torch.tensor([ids])
        with torch.no_grad():
            hidden, _ = trained(tokens, torch.zeros_like(tokens), torch.arange(len(ids))[None], quantised=True)
            theirs = trained.head(hidden)[0].numpy()
        worst = max(worst, float(np.abs(ours - theirs).max()))
    print(f"largest difference of logits {worst:.2e}, tolerance {TOLERANCE:.0e}")
    if worst > TOLERANCE:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
