#!/usr/bin/python3
"""Tests of the recipe's parts; run this file. Training itself is checked by parity.py and check.py."""

from __future__ import annotations

import tempfile
import unittest
from pathlib import Path

import numpy as np
import torch

import gguf_reader
import gguf_writer
import model
import quant
from attention import SinkAttention, masks


class Quantisation(unittest.TestCase):
    ramp = (np.arange(32) - 16) / 8

    def test_q8_0_encodes_the_worked_example(self) -> None:
        self.assertEqual(quant.encode_q8_0(self.ramp).hex(), "082481899199a1a9b1b9c0c8d0d8e0e8f0f8000810182028303840474f575f676f77")

    def test_mxfp4_encodes_the_worked_example(self) -> None:
        self.assertEqual(quant.encode_mxfp4(self.ramp).hex(), "7e0e0e1d1d2d2d3c3c4c4b4b5a5a595960")

    def test_training_sees_exactly_the_stored_mxfp4_values(self) -> None:
        weights = torch.randn(4, 64, 96, generator=torch.Generator().manual_seed(1)) * 0.1
        weights[0, 0] = 0
        weights[0, 1] = torch.from_numpy(np.tile(self.ramp, 3))
        stored = quant.decode_mxfp4(np.frombuffer(quant.encode_mxfp4(weights.numpy()), np.uint8)).reshape(weights.shape)
        np.testing.assert_array_equal(model.mxfp4(weights).numpy(), stored)


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


class Attention(unittest.TestCase):
    def test_blocks_and_backward_equal_the_plain_formula(self) -> None:
        generator = torch.Generator().manual_seed(0)
        def random(*shape: int) -> torch.Tensor:
            return torch.randn(*shape, generator=generator, dtype=torch.float64).requires_grad_()
        q, k, v, sinks = random(2, 2, 2, 300, 8), random(2, 2, 300, 8), random(2, 2, 300, 8), random(2, 2)
        documents = (torch.arange(300) // 170)[None].expand(2, -1)
        for mask, window in zip(masks(documents, 50), (0, 50)):
            scores = torch.einsum("bgrqd,bgkd->bgrqk", q, k) * 8 ** -0.5 + mask.double()[:, None, None]
            column = sinks[None, :, :, None, None].expand(2, 2, 2, 300, 1)
            plain = torch.einsum("bgrqk,bgkd->bgrqd", torch.cat((scores, column), -1).softmax(-1)[..., :-1], v)
            ours = SinkAttention.apply(q, k, v, sinks, mask.double(), window)
            direction = torch.ones_like(plain) * torch.arange(8)
            torch.testing.assert_close(ours, plain)
            for mine, theirs in zip(torch.autograd.grad(ours, (q, k, v, sinks), direction), torch.autograd.grad(plain, (q, k, v, sinks), direction)):
                torch.testing.assert_close(mine, theirs)


if __name__ == "__main__":
    unittest.main()
