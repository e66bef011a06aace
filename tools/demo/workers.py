"""Data-parallel training on one machine: one process per part of a batch, everything shared in memory.

At this model's size two single-threaded processes are almost twice as fast as one process with two threads. All
parameters lie in one vector, and so do the gradients of each part and the optimizer's moments; each process
computes the gradient of its parts and then updates its slices of the vector. Parts and slices are fixed by the
settings, so the number of processes changes the speed only.
"""

from __future__ import annotations

from typing import Callable

import torch
import torch.multiprocessing as mp
from torch import Tensor, nn

# (step, part) -> (loss, balance loss); leaves gradients in the model's parameters
PartStep = Callable[[int, int], tuple[float, float]]
BETAS, EPS, CLIP = (0.9, 0.97), 1e-9, 1.0
CHUNK = 1 << 16


class FlatParameters:
    """A model's parameters as one vector, matrices first (they alone decay); `names` in the vector's order."""

    def __init__(self, model: nn.Module) -> None:
        named = sorted(model.named_parameters(), key=lambda item: item[1].dim() <= 1)
        self.parameters = [p for _, p in named]
        self.names = [name for name, _ in named]
        self.decayed = sum(p.numel() for p in self.parameters if p.dim() > 1)
        self.vector = torch.cat([p.detach().flatten() for p in self.parameters])
        self.share()

    def share(self) -> None:
        """(Re)bind the parameters to the vector."""
        for p, part in zip(self.parameters, self.views(self.vector)):
            p.data = part

    def views(self, vector: Tensor) -> list[Tensor]:
        """A vector of the same order, cut into the parameters' shapes."""
        return [part.view_as(p) for part, p in zip(vector.split([p.numel() for p in self.parameters]), self.parameters)]


class Workers:
    """Runs whole training steps with `processes` processes (1: in this one)."""

    def __init__(self, model: nn.Module, part_step: PartStep, rate: Callable[[int], float], weight_decay: float,
                 parts: int, processes: int) -> None:
        self._part_step, self._rate, self._decay, self._parts = part_step, rate, weight_decay, parts
        self._processes = min(processes, parts)
        self.flat = FlatParameters(model)
        vector = self.flat.vector
        self.moments = torch.zeros(2, len(vector), device=vector.device)
        self._gradients = torch.zeros(parts, len(vector), device=vector.device)
        self._losses, self._squares = torch.zeros(parts, 2), torch.zeros(parts, dtype=torch.float64)
        self._step = torch.zeros(1, dtype=torch.long)
        edges = [len(vector) * i // parts for i in range(parts + 1)]
        self._slices = list(zip(edges, edges[1:]))
        self._children: list[mp.Process] = []
        if self._processes > 1:
            for shared in (vector, self.moments, self._gradients, self._losses, self._squares, self._step):
                shared.share_memory_()
            self.flat.share()
            context = mp.get_context("fork")
            self._barrier = context.Barrier(self._processes)
            self._children = [context.Process(target=self._serve, args=(rank,), daemon=True) for rank in range(1, self._processes)]
            for child in self._children:
                child.start()

    def _serve(self, rank: int) -> None:
        torch.set_num_threads(1)
        while True:
            self._run(rank)

    def _meet(self) -> None:
        if self._children or self._processes > 1:
            self._barrier.wait()

    def _run(self, rank: int) -> None:
        """One step, together with the other processes: gradients, their norm, the update."""
        self._meet()
        step, own = int(self._step), range(rank, self._parts, self._processes)
        for part in own:
            gradient = self._gradients[part].zero_()
            for p, view in zip(self.flat.parameters, self.flat.views(gradient)):
                p.grad = view
            self._losses[part] = torch.tensor(self._part_step(step, part))
        self._meet()
        for i in own:
            mean = self._gradients[0, slice(*self._slices[i])]
            mean.copy_(self._gradients[:, slice(*self._slices[i])].mean(0))
            self._squares[i] = float(mean @ mean)
        self._meet()
        scale = min(1.0, CLIP / (float(self._squares.sum()) ** 0.5 + 1e-6))
        for i in own:
            for a in range(self._slices[i][0], self._slices[i][1], CHUNK):
                self._update(a, min(a + CHUNK, self._slices[i][1]), step, scale)
        self._meet()

    @torch.no_grad()
    def _update(self, a: int, b: int, step: int, scale: float) -> None:
        """AdamW on a piece of the vector that fits the cache."""
        gradient, (first, second), weights, rate = self._gradients[0, a:b].mul_(scale), self.moments[:, a:b], self.flat.vector[a:b], self._rate(step)
        weights[:max(0, self.flat.decayed - a)].mul_(1 - rate * self._decay)
        first.lerp_(gradient, 1 - BETAS[0])
        second.mul_(BETAS[1]).addcmul_(gradient, gradient, value=1 - BETAS[1])
        done = step + 1
        size = second.sqrt().mul_((1 - BETAS[1] ** done) ** -0.5).add_(EPS)
        weights.addcdiv_(first, size, value=-rate / (1 - BETAS[0] ** done))

    def step(self, step: int) -> tuple[float, float]:
        """One training step; returns the mean losses of its parts."""
        self._step.fill_(step)
        self._run(0)
        loss, balance = self._losses.mean(0).tolist()
        return loss, balance

    def close(self) -> None:
        """End the child processes."""
        for child in self._children:
            child.terminate()
