#!/usr/bin/python3
"""Tests of the trainer's and the exporter's parts; run this file. What was trained is checked by parity.py and evaluate.py."""

from __future__ import annotations

import tempfile
import unittest
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

import experts
import export
import gguf_reader
import gguf_writer
import model
import quant
import reference
import rounding
import workers
from attention import Attention, Layout


class Quantisation(unittest.TestCase):
    ramp = (np.arange(32) - 16) / 8

    def test_the_worked_examples(self) -> None:
        self.assertEqual(quant.encode_q8_0(self.ramp).hex(), "082481899199a1a9b1b9c0c8d0d8e0e8f0f8000810182028303840474f575f676f77")
        self.assertEqual(quant.encode_q5_0(self.ramp).hex(), "00300000ffff00112233445566778899aabbccddeeff")
        self.assertEqual(quant.encode_mxfp4(self.ramp).hex(), "7e0e0e1d1d2d2d3c3c4c4b4b5a5a595960")

    def test_training_sees_exactly_the_stored_values(self) -> None:
        weights = torch.randn(4, 64, 96, generator=torch.Generator().manual_seed(1)) * 0.1
        weights[0, 0] = 0
        weights[0, 1] = torch.from_numpy(np.tile(self.ramp, 3))
        for kind, encode, decode in (("mxfp4", quant.encode_mxfp4, quant.decode_mxfp4), ("q5_0", quant.encode_q5_0, quant.decode_q5_0),
                                     ("q8_0", quant.encode_q8_0, quant.decode_q8_0)):
            kept = decode(np.frombuffer(encode(weights.numpy()), np.uint8)).reshape(weights.shape)
            np.testing.assert_array_equal(rounding.FORMATS[kind](weights).numpy(), kept)


class Container(unittest.TestCase):
    def test_a_written_file_reads_back(self) -> None:
        metadata = {"general.architecture": "x", "x.count": 3, "x.eps": 0.5, "x.flag": False, "x.ids": [1, 3], "x.words": ["a", "\u0120b"]}
        array = np.arange(2 * 3 * 32, dtype=np.float32).reshape(2, 3, 32)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "t.gguf"
            gguf_writer.write(path, metadata, [("one", array[0, 0, :5], gguf_writer.F32), ("two", array, gguf_writer.Q8_0)])
            file = gguf_reader.read(path)
        self.assertEqual(file.metadata, metadata)
        np.testing.assert_array_equal(file.tensors["one"], array[0, 0, :5])
        np.testing.assert_allclose(file.tensors["two"], array, atol=1)


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64).requires_grad_()


class HandWrittenBackward(unittest.TestCase):
    """Outputs and gradients against plain formulas, in f64."""

    def same(self, ours: Tensor, plain: Tensor, inputs: list[Tensor]) -> None:
        torch.testing.assert_close(ours, plain)
        direction = torch.randn(plain.shape, generator=torch.Generator().manual_seed(9), dtype=torch.float64)
        mine, theirs = (torch.autograd.grad(y, inputs, direction, retain_graph=True) for y in (ours, plain))
        for a, b in zip(mine, theirs):
            torch.testing.assert_close(a, b)

    def test_attention(self) -> None:
        n, h, g, d = 330, 4, 2, 8
        documents = [(0, 170), (170, 171), (171, 330)]
        angle = torch.rand(n, d // 2, generator=torch.Generator().manual_seed(3), dtype=torch.float64) * 6
        cos, sin = angle.cos() * 1.3, angle.sin() * 1.3
        number = torch.zeros(n)
        for i, (a, b) in enumerate(documents):
            number[a:b] = i
        distance = torch.arange(n)[:, None] - torch.arange(n)[None]

        def rotated(x: Tensor) -> Tensor:
            a, b = x[..., :d // 2], x[..., d // 2:]
            return torch.cat((a * cos[:, None] - b * sin[:, None], a * sin[:, None] + b * cos[:, None]), -1)

        for window, has_sinks in ((0, True), (50, True), (0, False)):
            qkv, sinks = noise(n, (h + 2 * g) * d), noise(h, seed=1)
            visible = (number[:, None] == number[None]) & (distance >= 0) & ((distance < window) | (window == 0))
            q, k, v = qkv.view(n, h + 2 * g, d).split((h, g, g), 1)
            q, k = rotated(q), rotated(k).repeat_interleave(h // g, 1)
            scores = torch.einsum("ihd,jhd->hij", q, k) * d ** -0.5
            scores = scores.masked_fill(~visible, float("-inf"))
            if has_sinks:
                scores = torch.cat((scores, sinks[:, None, None].expand(h, n, 1)), -1)
            plain = torch.einsum("hij,jhd->ihd", scores.softmax(-1)[..., :n], v.repeat_interleave(h // g, 1)).reshape(n, h * d)
            ours = Attention.apply(qkv, sinks if has_sinks else None, (cos, sin), documents, Layout(h, g, d, window))
            self.same(ours, plain, [qkv, sinks] if has_sinks else [qkv])

    def test_experts(self) -> None:
        n, d, f, e, k = 40, 6, 5, 7, 3
        for family in ("gpt-oss", "deepseek"):
            x, gate_up, down = noise(n, d), noise(e, 2 * f, d, seed=1), noise(e, d, f, seed=2)
            gate_up_bias, down_bias = (noise(e, 2 * f, seed=3), noise(e, d, seed=4)) if family == "gpt-oss" else (None, None)
            logits = noise(n, e, seed=5)
            with torch.no_grad():
                logits[:, 4] = -9  # an expert that nobody chooses
            chosen, weights, _ = experts.ROUTERS[family](logits, k)
            hidden = torch.einsum("nd,efd->nef", x, gate_up * 3)
            hidden = hidden if gate_up_bias is None else hidden + gate_up_bias
            gate, up = hidden.chunk(2, -1)
            if family == "gpt-oss":
                gate, up = gate.clamp(max=7), up.clamp(-7, 7)
                inner = gate * torch.sigmoid(1.702 * gate) * (up + 1)
            else:
                inner = F.silu(gate) * up
            y = torch.einsum("nef,edf->ned", inner, down)
            y = y if down_bias is None else y + down_bias
            plain = (y.gather(1, chosen[..., None].expand(n, k, d)) * weights[..., None]).sum(1)
            ours = experts.Experts.apply(x, chosen, weights, gate_up * 3, gate_up_bias, down, down_bias, family)
            self.same(ours, plain, [t for t in (x, logits, gate_up, gate_up_bias, down, down_bias) if t is not None])

    def test_norm_gate_and_loss(self) -> None:
        x, weight = noise(20, 8), noise(8, seed=1)
        self.same(model._RMSNorm.apply(x, weight, 1e-5), x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-5) * weight, [x, weight])
        self.same(experts.GatedUnit.apply(x), F.silu(x[:, :4]) * x[:, 4:], [x])
        head, bias = noise(11, 8, seed=2), noise(11, seed=3)
        targets, shares = torch.arange(20) % 11, torch.linspace(0.1, 1, 20, dtype=torch.float64)
        plain = (F.cross_entropy(F.linear(x, head, bias), targets, reduction="none") * shares).sum()
        self.same(model._CrossEntropy.apply(x, head, bias, targets, shares), plain, [x, head, bias])


class Routing(unittest.TestCase):
    def test_sparsemixer_gives_the_worked_example(self) -> None:
        logits = torch.full((1, 16), -10.0)
        logits[0, 3:6] = torch.tensor([5.0, 4.95, 3.0])
        chosen, weights, _ = experts.route_sparsemixer(logits, 2)
        self.assertEqual(chosen.tolist(), [[3, 4]])
        torch.testing.assert_close(weights, torch.tensor([[0.512497, 1.0]]), atol=1e-6, rtol=0)

    def test_the_reference_routes_alike(self) -> None:
        logits = torch.randn(500, 16, generator=torch.Generator().manual_seed(4)).float()
        logits[:250] *= 0.02  # many within 2 % of each other
        for family, used in (("gpt-oss", 4), ("phimoe", 2), ("deepseek", 6)):
            other = reference.Reference.__new__(reference.Reference)
            other.family, other.used = family, used
            chosen, weights, _ = experts.ROUTERS[family](logits, used)
            theirs, their_weights = other.route(logits.numpy())
            np.testing.assert_array_equal(chosen.numpy(), theirs)
            np.testing.assert_allclose(weights.numpy(), their_weights, atol=1e-5)


class Export(unittest.TestCase):
    def test_adjacent_pairs_of_rows(self) -> None:
        self.assertEqual(export._adjacent_pairs(np.arange(16), 2).tolist(), [0, 4, 1, 5, 2, 6, 3, 7, 8, 12, 9, 13, 10, 14, 11, 15])


class Optimizer(unittest.TestCase):
    def test_it_is_adamw_with_clipping_for_any_number_of_processes(self) -> None:
        target = noise(40, 30, seed=6).float().detach()

        def losses_of(module: torch.nn.Module, part: int) -> Tensor:
            return ((module.weight - target * (part + 1)) ** 2).sum() + ((module.bias - 1) ** 2).sum()

        results = []
        for processes in (1, 2):
            torch.manual_seed(0)
            linear = torch.nn.Linear(30, 40)

            def part_step(step: int, part: int) -> tuple[float, float]:
                loss = losses_of(linear, part)
                loss.backward()
                return loss.item(), 0.0

            run = workers.Workers(linear, part_step, lambda step: 0.01, 0.1, 2, processes)
            for step in range(5):
                run.step(step)
            run.close()
            results.append(run.flat.vector.clone())
        torch.manual_seed(0)
        linear = torch.nn.Linear(30, 40)
        plain = torch.optim.AdamW([{"params": [linear.weight], "weight_decay": 0.1}, {"params": [linear.bias], "weight_decay": 0.0}],
                                  lr=0.01, betas=workers.BETAS, eps=workers.EPS)
        for _ in range(5):
            plain.zero_grad()
            (sum(losses_of(linear, part) for part in range(2)) / 2).backward()
            torch.nn.utils.clip_grad_norm_(linear.parameters(), workers.CLIP)
            plain.step()
        self.assertTrue(torch.equal(*results))
        torch.testing.assert_close(results[0], torch.cat((linear.weight.detach().flatten(), linear.bias.detach())), atol=1e-6, rtol=1e-5)


if __name__ == "__main__":
    unittest.main()
