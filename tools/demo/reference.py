"""The forward passes in plain numpy, from a GGUF file: slow, short, and what an engine should agree with.

Weights are decoded to f32 and activations stay f32; no rounding of activations to 8 bits. Where llama.cpp differs
from a family's original model, this follows the original, as the models were trained.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Optional

import numpy as np

import gguf_reader
from bpe import Tokenizer

_ALPHA, _LIMIT, _JITTER = np.float32(1.702), np.float32(7), np.float32(0.01)


def _softmax(x: np.ndarray) -> np.ndarray:
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def _silu(x: np.ndarray) -> np.ndarray:
    return x / (1 + np.exp(-x))


class Reference:
    """One model and one sequence of at most `capacity` tokens: `feed` appends tokens and returns logits."""

    def __init__(self, path: Path, capacity: Optional[int] = None) -> None:
        self.file = gguf_reader.read(path)
        self.tensors, self.family = self.file.tensors, self.file.metadata["general.architecture"]
        self.tokenizer = Tokenizer(self.file.metadata["tokenizer.ggml.tokens"], self.file.metadata["tokenizer.ggml.merges"], self.family)
        self.layers, self.used = self._key("block_count"), self._key("expert_used_count")
        self.heads, self.kv_heads = self._key("attention.head_count"), self._key("attention.head_count_kv")
        self.head_size = self._key("rope.dimension_count")
        self.window = self._key("attention.sliding_window") if self.family == "gpt-oss" else 0
        self.eps = self._key("attention.layer_norm_rms_epsilon")
        self.frequencies, self.magnitude = self._rope(capacity or self._key("context_length"))
        self.reset()

    def _key(self, name: str, default=None):
        return self.file.metadata.get(f"{self.family}.{name}", default)

    def _rope(self, capacity: int) -> tuple[np.ndarray, float]:
        """Frequencies of the pairs, and the magnitude of cos and sin."""
        n, base, original = self.head_size, self._key("rope.freq_base"), self._key("rope.scaling.original_context_length")
        pairs = np.arange(n // 2)
        theta = base ** (-2.0 * pairs / n)
        if self.family == "phimoe":
            factors = self.tensors["rope_factors_long.weight" if capacity > original else "rope_factors_short.weight"]
            return theta / factors, self._key("rope.scaling.attn_factor")
        if self.family != "gpt-oss":
            return theta, 1.0
        factor = self._key("rope.scaling.factor")
        corr = [n * math.log(original / (2 * math.pi * beta)) / (2 * math.log(base)) for beta in (32, 1)]
        low, high = max(0.0, corr[0]), min(n - 1.0, corr[1])
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
        ffn_norm = "post_attention_norm" if self.family == "gpt-oss" else "ffn_norm"
        x = self.tensors["token_embd.weight"][tokens]
        for layer in range(self.layers):
            x = x + self._attention(layer, self._norm(x, f"blk.{layer}.attn_norm"), positions)
            h = self._norm(x, f"blk.{layer}.{ffn_norm}")
            if f"blk.{layer}.ffn_gate.weight" in self.tensors:
                x = x + self._dense(h, f"blk.{layer}.ffn_", "")
            else:
                x = x + self._experts(layer, h)
        self.length += len(tokens)
        return self._linear(self._norm(x, "output_norm"), "output")

    def _norm(self, x: np.ndarray, name: str) -> np.ndarray:
        weight, bias = self.tensors[f"{name}.weight"], self.tensors.get(f"{name}.bias")
        if bias is not None:
            x = x - x.mean(-1, keepdims=True, dtype=np.float64).astype(np.float32)
        scale = 1 / np.sqrt(np.mean(np.square(x, dtype=np.float64), -1, keepdims=True) + self.eps)
        y = x * scale.astype(np.float32) * weight
        return y if bias is None else y + bias

    def _linear(self, x: np.ndarray, name: str) -> np.ndarray:
        y = x @ self.tensors[f"{name}.weight"].T
        bias = self.tensors.get(f"{name}.bias")
        return y if bias is None else y + bias

    def _rotate(self, x: np.ndarray, positions: np.ndarray) -> np.ndarray:
        angle = positions[:, None, None] * self.frequencies
        cos, sin = (np.cos(angle) * self.magnitude).astype(np.float32), (np.sin(angle) * self.magnitude).astype(np.float32)
        if self.family == "deepseek":  # neighbours are paired
            a, b = x[..., ::2], x[..., 1::2]
            return np.stack((a * cos - b * sin, a * sin + b * cos), -1).reshape(x.shape)
        a, b = np.split(x, 2, -1)
        return np.concatenate((a * cos - b * sin, a * sin + b * cos), -1)

    def _attention(self, layer: int, h: np.ndarray, positions: np.ndarray) -> np.ndarray:
        n, d = len(h), self.head_size
        q, k, v = (self._linear(h, f"blk.{layer}.attn_{name}").reshape(n, -1, d) for name in "qkv")
        q = self._rotate(q, positions)
        self.keys[layer] = np.concatenate((self.keys[layer], self._rotate(k, positions)))
        self.values[layer] = np.concatenate((self.values[layer], v))
        distance = positions[:, None] - np.arange(len(self.keys[layer]))
        visible = (distance >= 0) & ((distance < self.window) | (self.window == 0) | (layer % 2 == 1))
        sinks = self.tensors.get(f"blk.{layer}.attn_sinks.weight")
        out = np.empty_like(q)
        for head in range(self.heads):
            group = head // (self.heads // self.kv_heads)
            scores = np.where(visible, q[:, head] @ self.keys[layer][:, group].T / np.float32(math.sqrt(d)), -np.inf).astype(np.float32)
            if sinks is not None:
                scores = np.concatenate((scores, np.full((n, 1), sinks[head], np.float32)), 1)
            out[:, head] = _softmax(scores)[:, :distance.shape[1]] @ self.values[layer][:, group]
        return self._linear(out.reshape(n, -1), f"blk.{layer}.attn_output")

    def _dense(self, h: np.ndarray, prefix: str, suffix: str) -> np.ndarray:
        gate, up = (self._linear(h, f"{prefix}{name}{suffix}") for name in ("gate", "up"))
        return self._linear(_silu(gate) * up, f"{prefix}down{suffix}")

    def route(self, logits: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Chosen experts (n, k) and their weights (n, k)."""
        chosen = np.argsort(-logits, axis=1, kind="stable")[:, :self.used]
        if self.family == "gpt-oss":
            return chosen, _softmax(np.take_along_axis(logits, chosen, 1))
        if self.family == "deepseek":
            return chosen, np.take_along_axis(_softmax(logits), chosen, 1)
        weights, rest = np.empty(chosen.shape, np.float32), logits.copy()
        for j in range(self.used):  # SparseMixer: only logits within 2 % of the best compete
            best = np.take_along_axis(rest, chosen[:, j:j + 1], 1)
            near = best - rest <= 2 * _JITTER * np.maximum(np.abs(logits), best)
            weights[:, j] = 1 / np.where(near, np.exp(rest - best), 0).sum(1)
            np.put_along_axis(rest, chosen[:, j:j + 1], -np.inf, 1)
        return chosen, weights

    def _experts(self, layer: int, h: np.ndarray) -> np.ndarray:
        t, prefix = self.tensors, f"blk.{layer}.ffn"
        logits = self._linear(h, f"{prefix}_gate_inp")
        chosen, share = self.route(logits)
        out = self._dense(h, f"{prefix}_", "_shexp") if f"{prefix}_gate_shexp.weight" in t else np.zeros_like(h)

        def product(x: np.ndarray, name: str, e: int) -> np.ndarray:
            y = x @ t[f"{prefix}_{name}_exps.weight"][e].T
            return y + t[f"{prefix}_{name}_exps.bias"][e] if f"{prefix}_{name}_exps.bias" in t else y

        for e in range(logits.shape[1]):
            row, place = np.nonzero(chosen == e)
            if not len(row):
                continue
            gate, up = product(h[row], "gate", e), product(h[row], "up", e)
            if self.family == "gpt-oss":
                gate, up = np.minimum(gate, _LIMIT), np.clip(up, -_LIMIT, _LIMIT)
                inner = gate / (1 + np.exp(-_ALPHA * gate)) * (up + 1)
            else:
                inner = _silu(gate) * up
            out[row] += share[row, place, None] * product(inner, "down", e)
        return out
