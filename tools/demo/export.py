#!/usr/bin/python3
"""Turn a training checkpoint into the GGUF file: experts in their format, other matrices as Q8_0, the rest as F32.

    export.py --checkpoint DIR/checkpoint.pt --tokenizer DIR/tokenizer.json --out models/demo-gpt-oss.gguf
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch

import bpe
import gguf_writer
from gguf_writer import F32, MXFP4, Q5_0, Q8_0, Value
from model import Shape, long_rope

NORMAL, CONTROL = 1, 3
EXPERT_TYPES = {"mxfp4": MXFP4, "q8_0": Q8_0, "q5_0": Q5_0}
FILE_TYPES = {"mxfp4": 38, "q8_0": 7, "q5_0": 8}

Named = list[tuple[str, np.ndarray, int]]


def _architecture(s: Shape) -> dict[str, Value]:
    """The keys under the architecture's name that loaders expect."""
    keys: dict[str, Value] = {
        "context_length": s.context_length, "embedding_length": s.width, "block_count": s.layers,
        "feed_forward_length": s.dense_width or s.expert_width, "vocab_size": s.vocabulary,
        "attention.head_count": s.heads, "attention.head_count_kv": s.kv_heads, "attention.layer_norm_rms_epsilon": s.norm_eps,
        "rope.freq_base": s.rope_base, "rope.dimension_count": s.head_size,
        "expert_count": s.experts, "expert_used_count": s.experts_used,
    }
    if s.family == "gpt-oss":
        keys.update({
            "attention.key_length": s.head_size, "attention.value_length": s.head_size, "attention.sliding_window": s.window,
            "rope.scaling.type": "yarn", "rope.scaling.factor": s.yarn_factor, "rope.scaling.original_context_length": s.original_context,
            "expert_feed_forward_length": s.expert_width})
    elif s.family == "phimoe":
        keys.update({"attention.sliding_window": s.context_length, "rope.scaling.original_context_length": s.original_context,
                     "rope.scaling.attn_factor": long_rope(s)[2]})
    else:
        keys.update({"expert_feed_forward_length": s.expert_width, "expert_shared_count": s.experts_shared,
                     "expert_weights_scale": 1.0, "leading_dense_block_count": s.dense_layers})
    return keys


def metadata(s: Shape, tokenizer: bpe.Tokenizer) -> dict[str, Value]:
    """All keys of the file."""
    f = tokenizer.format
    general: dict[str, Value] = {
        "architecture": s.family, "type": "model", "name": f"demo-{s.family}", "license": "MIT", "alignment": gguf_writer.ALIGNMENT,
        "description": f"A tiny {s.family} model trained from zero on a generated toy world, for demos and tests",
        "file_type": FILE_TYPES[s.expert_format], "quantization_version": 2,
    }
    words: dict[str, Value] = {
        "ggml.model": "gpt2", "ggml.pre": f.pre, "ggml.tokens": tokenizer.tokens,
        "ggml.token_type": [CONTROL if t in f.specials else NORMAL for t in tokenizer.tokens], "ggml.merges": tokenizer.merges,
        "ggml.bos_token_id": tokenizer.ids[f.bos], "ggml.eos_token_id": tokenizer.ids[f.eos],
        "ggml.padding_token_id": tokenizer.ids[f.pad], "ggml.add_bos_token": f.add_bos, "ggml.add_eos_token": False,
        "chat_template": f.template.read_text().rstrip("\n"),
    }
    return {**{f"general.{k}": v for k, v in general.items()}, **{f"{s.family}.{k}": v for k, v in _architecture(s).items()},
            **{f"tokenizer.{k}": v for k, v in words.items()}}


def _adjacent_pairs(rows: np.ndarray, heads: int) -> np.ndarray:
    """Rows of heads whose halves are paired (as trained) to rows whose neighbours are: what a NORM rope turns."""
    size = len(rows) // heads
    return rows.reshape(heads, 2, size // 2, *rows.shape[1:]).swapaxes(1, 2).reshape(rows.shape)


def _projections(s: Shape, rows: np.ndarray) -> dict[str, np.ndarray]:
    """Weight or bias of the fused projection as those of q, k and v."""
    ends = np.cumsum([s.heads, s.kv_heads]) * s.head_size
    q, k, v = np.split(rows, ends)
    if s.family == "deepseek":
        q, k = _adjacent_pairs(q, s.heads), _adjacent_pairs(k, s.kv_heads)
    return {"attn_q": q, "attn_k": k, "attn_v": v}


def _layer(s: Shape, w: dict[str, np.ndarray]) -> Named:
    """The tensors of one layer, without the layer's prefix; w is its part of the state."""
    kind = EXPERT_TYPES[s.expert_format]
    ffn_norm = "post_attention_norm" if s.family == "gpt-oss" else "ffn_norm"
    out: Named = []
    for theirs, ours in (("attn_norm", "attn_norm"), (ffn_norm, "ffn_norm")):
        out += [(f"{theirs}.{part}", w[f"{ours}.{part}"], F32) for part in ("weight", "bias") if f"{ours}.{part}" in w]
    for part, kind_ in (("weight", Q8_0), ("bias", F32)):
        if f"attn.qkv.{part}" in w:
            out += [(f"{name}.{part}", rows, kind_) for name, rows in _projections(s, w[f"attn.qkv.{part}"]).items()]
            out.append((f"attn_output.{part}", w[f"attn.out.{part}"], kind_))
    if "attn.sinks" in w:
        out.append(("attn_sinks.weight", w["attn.sinks"], F32))
    if "ffn.router.weight" not in w:
        gate, up = np.split(w["ffn.gate_up"], 2)
        return out + [("ffn_gate.weight", gate, Q8_0), ("ffn_up.weight", up, Q8_0), ("ffn_down.weight", w["ffn.down"], Q8_0)]
    out += [(f"ffn_gate_inp.{part}", w[f"ffn.router.{part}"], F32) for part in ("weight", "bias") if f"ffn.router.{part}" in w]
    gate, up = np.split(w["ffn.gate_up"], 2, axis=1)
    out += [("ffn_gate_exps.weight", gate, kind), ("ffn_up_exps.weight", up, kind), ("ffn_down_exps.weight", w["ffn.down"], kind)]
    if "ffn.gate_up_bias" in w:
        gate, up = np.split(w["ffn.gate_up_bias"], 2, axis=1)
        out += [("ffn_gate_exps.bias", gate, F32), ("ffn_up_exps.bias", up, F32), ("ffn_down_exps.bias", w["ffn.down_bias"], F32)]
    if "ffn.shared_gate_up" in w:
        gate, up = np.split(w["ffn.shared_gate_up"], 2)
        out += [("ffn_gate_shexp.weight", gate, Q8_0), ("ffn_up_shexp.weight", up, Q8_0), ("ffn_down_shexp.weight", w["ffn.shared_down"], Q8_0)]
    return out


def tensors(s: Shape, state: dict[str, torch.Tensor]) -> Named:
    """(name, array, type) in file order."""
    weights = {name: tensor.detach().float().cpu().numpy() for name, tensor in state.items()}
    out: Named = [("token_embd.weight", weights["embed.weight"], Q8_0), ("output.weight", weights["head.weight"], Q8_0)]
    out += [(f"{theirs}", weights[ours], F32) for theirs, ours in (
        ("output.bias", "head.bias"), ("output_norm.weight", "norm.weight"), ("output_norm.bias", "norm.bias")) if ours in weights]
    if s.family == "phimoe":
        short, long, _ = long_rope(s)
        out += [("rope_factors_long.weight", long.numpy(), F32), ("rope_factors_short.weight", short.numpy(), F32)]
    for i in range(s.layers):
        prefix = f"blocks.{i}."
        part = {name[len(prefix):]: array for name, array in weights.items() if name.startswith(prefix)}
        out += [(f"blk.{i}.{name}", array, kind) for name, array, kind in _layer(s, part)]
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
