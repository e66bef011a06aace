"""Data-parallel gradients on one machine: one process per part of a batch, parameters in shared memory.

At this model's size two single-threaded processes are almost twice as fast as one process with two
threads. The parts of a batch are fixed by the settings, so the number of processes changes the speed only.
"""

from __future__ import annotations

from typing import Callable

import torch
import torch.multiprocessing as mp
from torch import Tensor, nn

# (step, part) -> (loss, balance loss); leaves gradients in the model's parameters
PartStep = Callable[[int, int], tuple[float, float]]


def _flat_gradients(model: nn.Module, out: Tensor) -> None:
    at = 0
    for p in model.parameters():
        out[at:at + p.numel()].copy_(p.grad.flatten()) if p.grad is not None else out[at:at + p.numel()].zero_()
        at += p.numel()
        p.grad = None


class GradientWorkers:
    """Computes the mean gradient over all parts of a step, with `processes` processes (1: in this one)."""

    def __init__(self, model: nn.Module, part_step: PartStep, parts: int, processes: int) -> None:
        self._model, self._part_step, self._parts = model, part_step, parts
        self._processes = min(processes, parts)
        size, device = sum(p.numel() for p in model.parameters()), next(model.parameters()).device
        self._gradients = torch.zeros(parts, size, device=device)
        self._losses = torch.zeros(parts, 2)
        self._step = torch.zeros(1, dtype=torch.long)
        self._children: list[mp.Process] = []
        if self._processes > 1:
            model.share_memory()
            for shared in (self._gradients, self._losses, self._step):
                shared.share_memory_()
            context = mp.get_context("fork")
            self._begin, self._done = context.Barrier(self._processes), context.Barrier(self._processes)
            self._children = [context.Process(target=self._serve, args=(rank,), daemon=True) for rank in range(1, self._processes)]
            for child in self._children:
                child.start()

    def _serve(self, rank: int) -> None:
        torch.set_num_threads(1)
        while True:
            self._begin.wait()
            self._run(rank)
            self._done.wait()

    def _run(self, rank: int) -> None:
        for part in range(rank, self._parts, self._processes):
            self._losses[part] = torch.tensor(self._part_step(int(self._step), part))
            _flat_gradients(self._model, self._gradients[part])

    def mean_gradient(self, step: int) -> tuple[float, float]:
        """Leave the mean gradient in the model's parameters; return the mean losses."""
        self._step.fill_(step)
        if self._children:
            self._begin.wait()
        self._run(0)
        if self._children:
            self._done.wait()
        mean, at = self._gradients.mean(0), 0
        for p in self._model.parameters():
            p.grad = mean[at:at + p.numel()].view_as(p)
            at += p.numel()
        loss, balance = self._losses.mean(0).tolist()
        return loss, balance

    def close(self) -> None:
        """End the child processes."""
        for child in self._children:
            child.terminate()
