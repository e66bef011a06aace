#!/usr/bin/python3
"""Turn a training checkpoint into the GGUF file: experts as MXFP4, other matrices as Q8_0, the rest as F32.

    export.py --checkpoint DIR/checkpoint.pt --tokenizer DIR/tokenizer.json --out models/demo-gpt-oss.gguf
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch

import bpe
import gguf_writer
from gguf_writer import F32, MXFP4, Q8_0, Value
from model import Shape

ARCH = "gpt-oss"
NORMAL, CONTROL = 1, 3
FILE_TYPE_MXFP4_MOE = 38


def metadata(s: Shape, tokenizer: bpe.Tokenizer) -> dict[str, Value]:
    """All keys that loaders of gpt-oss files expect."""
    general: dict[str, Value] = {
        "architecture": ARCH, "type": "model", "name": "demo-gpt-oss", "license": "MIT", "alignment": gguf_writer.ALIGNMENT,
        "description": "A tiny gpt-oss model trained from zero on a generated toy world, for demos and tests",
        "file_type": FILE_TYPE_MXFP4_MOE, "quantization_version": 2,
    }
    architecture: dict[str, Value] = {
        "context_length": s.context_length, "embedding_length": s.width, "block_count": s.layers, "feed_forward_length": s.expert_width,
        "attention.head_count": s.heads, "attention.head_count_kv": s.kv_heads, "attention.key_length": s.head_size,
        "attention.value_length": s.head_size, "attention.layer_norm_rms_epsilon": s.rms_eps, "attention.sliding_window": s.window,
        "rope.freq_base": s.rope_base, "rope.scaling.type": "yarn", "rope.scaling.factor": s.yarn_factor,
        "rope.scaling.original_context_length": s.original_context,
        "expert_count": s.experts, "expert_used_count": s.experts_used, "expert_feed_forward_length": s.expert_width,
    }
    words: dict[str, Value] = {
        "ggml.model": "gpt2", "ggml.pre": "gpt-4o", "ggml.tokens": tokenizer.tokens,
        "ggml.token_type": [CONTROL if t in bpe.SPECIALS else NORMAL for t in tokenizer.tokens], "ggml.merges": tokenizer.merges,
        "ggml.bos_token_id": tokenizer.ids["<|startoftext|>"], "ggml.eos_token_id": tokenizer.ids["<|return|>"],
        "ggml.padding_token_id": tokenizer.ids["<|endoftext|>"], "ggml.add_bos_token": False,
        "chat_template": Path(__file__).with_name("chat_template.jinja").read_text().rstrip("\n"),
    }
    return {**{f"general.{k}": v for k, v in general.items()}, **{f"{ARCH}.{k}": v for k, v in architecture.items()},
            **{f"tokenizer.{k}": v for k, v in words.items()}}


def tensors(s: Shape, state: dict[str, torch.Tensor]) -> list[tuple[str, np.ndarray, int]]:
    """(name, array, type) in file order."""
    weights = {name: tensor.detach().float().cpu().numpy() for name, tensor in state.items()}
    out = [("token_embd.weight", weights["embed.weight"], Q8_0), ("output_norm.weight", weights["norm.weight"], F32),
           ("output.weight", weights["head.weight"], Q8_0)]
    for i in range(s.layers):
        def of(name: str) -> np.ndarray:
            return weights[f"blocks.{i}.{name}"]
        gate, up = np.split(of("experts.gate_up"), 2, axis=1)
        gate_bias, up_bias = np.split(of("experts.gate_up_bias"), 2, axis=1)
        layer = [("attn_norm.weight", of("attn_norm.weight"), F32)]
        for theirs, ours in (("attn_q", "q"), ("attn_k", "k"), ("attn_v", "v"), ("attn_output", "out")):
            layer += [(f"{theirs}.weight", of(f"attn.{ours}.weight"), Q8_0), (f"{theirs}.bias", of(f"attn.{ours}.bias"), F32)]
        layer += [("attn_sinks.weight", of("attn.sinks"), F32), ("post_attention_norm.weight", of("post_norm.weight"), F32),
                  ("ffn_gate_inp.weight", of("experts.router.weight"), F32), ("ffn_gate_inp.bias", of("experts.router.bias"), F32),
                  ("ffn_gate_exps.weight", gate, MXFP4), ("ffn_gate_exps.bias", gate_bias, F32),
                  ("ffn_up_exps.weight", up, MXFP4), ("ffn_up_exps.bias", up_bias, F32),
                  ("ffn_down_exps.weight", of("experts.down"), MXFP4), ("ffn_down_exps.bias", of("experts.down_bias"), F32)]
        out += [(f"blk.{i}.{name}", array, kind) for name, array, kind in layer]
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--tokenizer", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    state = torch.load(args.checkpoint, map_location="cpu")
    shape = Shape.of(state["settings"])
    gguf_writer.write(args.out, metadata(shape, bpe.load(args.tokenizer)), tensors(shape, state["model"]))
    print(f"{args.out}: {args.out.stat().st_size} bytes, step {state['step']}, {state['tokens']} tokens seen")


if __name__ == "__main__":
    main()
