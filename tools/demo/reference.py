"""The gpt-oss forward pass in plain numpy, from a GGUF file: slow, short, and what an engine should agree with.

Weights are decoded to f32 and activations stay f32; no rounding of activations to 8 bits.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

import gguf_reader
from bpe import Tokenizer

_ALPHA, _LIMIT = np.float32(1.702), np.float32(7)


class Reference:
    """One model and one sequence: `feed` appends tokens to the cache and returns logits."""

    def __init__(self, path: Path) -> None:
        self.file = gguf_reader.read(path)
        self.tensors = self.file.tensors
        self.tokenizer = Tokenizer(self.file.metadata["tokenizer.ggml.tokens"], self.file.metadata["tokenizer.ggml.merges"])
        self.layers = self._key("block_count")
        self.heads, self.kv_heads = self._key("attention.head_count"), self._key("attention.head_count_kv")
        self.head_size, self.window = self._key("attention.key_length"), self._key("attention.sliding_window")
        self.used, self.eps = self._key("expert_used_count"), self._key("attention.layer_norm_rms_epsilon")
        self.frequencies, self.magnitude = self._yarn()
        self.reset()

    def _key(self, name: str):
        return self.file.metadata[f"gpt-oss.{name}"]

    def _yarn(self) -> tuple[np.ndarray, float]:
        n, base, factor = self.head_size, self._key("rope.freq_base"), self._key("rope.scaling.factor")
        original = self._key("rope.scaling.original_context_length")
        corr = [n * math.log(original / (2 * math.pi * beta)) / (2 * math.log(base)) for beta in (32, 1)]
        low, high = max(0.0, corr[0]), min(n - 1.0, corr[1])
        pairs = np.arange(n // 2)
        theta = base ** (-2.0 * pairs / n)
        keep = 1 - np.clip((pairs - low) / max(0.001, high - low), 0, 1)
        return theta / factor * (1 - keep) + theta * keep, 0.1 * math.log(factor) + 1

    def reset(self) -> None:
        """Forget the sequence."""
        empty = np.zeros((0, self.kv_heads, self.head_size), np.float32)
        self.keys, self.values = [empty] * self.layers, [empty] * self.layers
        self.length = 0

    def feed(self, tokens: list[int]) -> np.ndarray:
        """Logits (n, V) of n new tokens."""
        positions = np.arange(self.length, self.length + len(tokens))
        x = self.tensors["token_embd.weight"][tokens]
        for layer in range(self.layers):
            x = x + self._attention(layer, self._norm(x, f"blk.{layer}.attn_norm"), positions)
            x = x + self._experts(layer, self._norm(x, f"blk.{layer}.post_attention_norm"))
        self.length += len(tokens)
        return self._norm(x, "output_norm") @ self.tensors["output.weight"].T

    def _norm(self, x: np.ndarray, name: str) -> np.ndarray:
        scale = 1 / np.sqrt(np.mean(np.square(x, dtype=np.float64), -1, keepdims=True) + self.eps)
        return x * scale.astype(np.float32) * self.tensors[f"{name}.weight"]

    def _linear(self, x: np.ndarray, name: str) -> np.ndarray:
        return x @ self.tensors[f"{name}.weight"].T + self.tensors[f"{name}.bias"]

    def _rotate(self, x: np.ndarray, positions: np.ndarray) -> np.ndarray:
        angle = positions[:, None, None] * self.frequencies
        cos, sin = (np.cos(angle) * self.magnitude).astype(np.float32), (np.sin(angle) * self.magnitude).astype(np.float32)
        a, b = np.split(x, 2, -1)
        return np.concatenate((a * cos - b * sin, a * sin + b * cos), -1)

    def _attention(self, layer: int, h: np.ndarray, positions: np.ndarray) -> np.ndarray:
        n, d = len(h), self.head_size
        q, k, v = (self._linear(h, f"blk.{layer}.attn_{name}").reshape(n, -1, d) for name in "qkv")
        q = self._rotate(q, positions)
        self.keys[layer] = np.concatenate((self.keys[layer], self._rotate(k, positions)))
        self.values[layer] = np.concatenate((self.values[layer], v))
        distance = positions[:, None] - np.arange(len(self.keys[layer]))
        visible = (distance >= 0) & ((distance < self.window) | (layer % 2 == 1))
        sinks = self.tensors[f"blk.{layer}.attn_sinks.weight"]
        out = np.empty_like(q)
        for head in range(self.heads):
            group = head // (self.heads // self.kv_heads)
            scores = np.where(visible, q[:, head] @ self.keys[layer][:, group].T / np.float32(math.sqrt(d)), -np.inf)
            top = np.maximum(scores.max(1, keepdims=True), sinks[head])
            p = np.exp(scores - top)
            out[:, head] = p / (p.sum(1, keepdims=True) + np.exp(sinks[head] - top)) @ self.values[layer][:, group]
        return self._linear(out.reshape(n, -1), f"blk.{layer}.attn_output")

    def _experts(self, layer: int, h: np.ndarray) -> np.ndarray:
        t, prefix = self.tensors, f"blk.{layer}.ffn"
        logits = self._linear(h, f"{prefix}_gate_inp")
        chosen = np.argsort(-logits, axis=1, kind="stable")[:, :self.used]
        best = np.take_along_axis(logits, chosen, 1)
        share = np.exp(best - best.max(1, keepdims=True))
        share /= share.sum(1, keepdims=True)
        out = np.zeros_like(h)
        for e in range(logits.shape[1]):
            row, place = np.nonzero(chosen == e)
            if not len(row):
                continue
            gate, up = (h[row] @ t[f"{prefix}_{name}_exps.weight"][e].T + t[f"{prefix}_{name}_exps.bias"][e] for name in ("gate", "up"))
            gate, up = np.minimum(gate, _LIMIT), np.clip(up, -_LIMIT, _LIMIT)
            inner = gate / (1 + np.exp(-_ALPHA * gate)) * (up + 1)
            out[row] += share[row, place, None] * (inner @ t[f"{prefix}_down_exps.weight"][e].T + t[f"{prefix}_down_exps.bias"][e])
        return out

    def generate(self, prompt: str, limit: int = 700) -> tuple[str, bool]:
        """Greedy continuation of a rendered prompt, and whether it ended by itself."""
        stops = {self.tokenizer.ids[text] for text in ("<|return|>", "<|call|>", "<|endoftext|>")}
        self.reset()
        logits = self.feed(self.tokenizer.encode(prompt))[-1]
        out: list[int] = []
        while len(out) < limit:
            out.append(int(logits.argmax()))
            if out[-1] in stops:
                return self.tokenizer.decode(out), True
            logits = self.feed(out[-1:])[-1]
        return self.tokenizer.decode(out), False
