#!/usr/bin/python3
"""Train the demo model. Deterministic up to floating-point rounding: data, order and schedule follow from settings.json.

Writes checkpoints (atomically; a new run in the same folder resumes) and loss.csv. SIGTERM ends it after the
step at hand, with a checkpoint.

    train.py --work DIR [--device cpu|cuda] [--processes 2]
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import time
from pathlib import Path
from typing import Any, TextIO

import numpy as np
import torch
import torch.nn.functional as F

import batches
import bpe
from model import DemoModel, Shape
from workers import GradientWorkers

CHECKPOINT_EVERY = 100
LOG_EVERY = 20
HELD_OUT_BATCHES = 4


def batch_loss(model: DemoModel, batch: batches.Batch, quantised: bool) -> tuple[torch.Tensor, torch.Tensor]:
    """(weighted mean cross entropy, balance loss); the head runs only where something is learned."""
    hidden, balance = model(batch.tokens, batch.documents, batch.positions, quantised)
    weights = batch.weights.flatten()
    wanted = weights.nonzero().squeeze(1)
    logits = model.head(hidden.flatten(0, 1).index_select(0, wanted))
    losses = F.cross_entropy(logits, batch.targets.flatten()[wanted], reduction="none")
    return (losses * weights[wanted]).sum() / weights.sum(), balance


def stage(step: int, settings: dict[str, Any]) -> dict[str, Any]:
    """The stage of training that a step belongs to."""
    return [s for s in settings["stages"] if s["from"] <= step][-1]


def tokens_seen(steps: int, settings: dict[str, Any]) -> int:
    """Positions processed in that many steps, padding included."""
    return sum(stage(step, settings)["rows"] for step in range(steps)) * settings["parts"] * settings["sequence"]


def rate(step: int, settings: dict[str, Any]) -> float:
    """Learning rate: linear warm-up, a slow linear decay towards `horizon`, times the stage's rate and the cool-down.

    The cool-down is a line through the points of `cool`, from (step, 1) to (last step, 0).
    """
    warmup, horizon = settings["warmup"], settings["horizon"]
    slow = min((step + 1) / warmup, (horizon - step) / (horizon - warmup))
    at, factor = zip(*settings["cool"])
    return settings["learning_rate"] * stage(step, settings)["rate"] * slow * float(np.interp(step, at, factor))


def make_optimizer(model: DemoModel, settings: dict[str, Any]) -> torch.optim.AdamW:
    """AdamW; weight decay for matrices only."""
    matrices = [p for p in model.parameters() if p.dim() > 1]
    vectors = [p for p in model.parameters() if p.dim() <= 1]
    return torch.optim.AdamW([{"params": matrices, "weight_decay": settings["weight_decay"]}, {"params": vectors, "weight_decay": 0.0}],
                             lr=settings["learning_rate"], betas=(0.9, 0.97), eps=1e-9, foreach=True)


def save(path: Path, model: DemoModel, optimizer: torch.optim.Optimizer, step: int, settings: dict[str, Any], tokens: int) -> None:
    """Write a checkpoint under a temporary name and rename it, so that there is always a whole one."""
    temporary = path.with_suffix(".new")
    torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict(), "step": step, "settings": settings, "tokens": tokens}, temporary)
    os.replace(temporary, path)


class Trainer:
    """Holds what every process needs to compute its part of a step."""

    def __init__(self, settings: dict[str, Any], tokenizer: bpe.Tokenizer, device: torch.device) -> None:
        self.settings, self.tokenizer, self.device = settings, tokenizer, device
        self.model = DemoModel(Shape.of(settings)).to(device)

    def batch(self, seed: str, index: str, now: dict[str, Any]) -> batches.Batch:
        s = self.settings
        made = batches.make(self.tokenizer, f"{s['seed']}/{seed}", index, now["rows"], s["sequence"], s["jump_share"],
                            now["exercises"], now["exact_counts_more"])
        return batches.Batch(**{name: tensor.to(self.device) for name, tensor in vars(made).items()})

    def part_step(self, step: int, part: int) -> tuple[float, float]:
        """Gradients of one part of a step, left in the parameters."""
        now = stage(step, self.settings)
        loss, balance = batch_loss(self.model, self.batch("train", f"{step}/{part}", now), now["quantised"])
        (loss + self.settings["balance"] * balance).backward()
        return loss.item(), balance.item()

    @torch.no_grad()
    def held_out_loss(self) -> float:
        """Loss on documents of another seed and the mix of the first stage, with the weights as they will be stored."""
        first = self.settings["stages"][0]
        losses = [batch_loss(self.model, self.batch("held-out", str(i), first), quantised=True)[0].item() for i in range(HELD_OUT_BATCHES)]
        return sum(losses) / len(losses)


def open_log(path: Path, first: int) -> TextIO:
    """loss.csv, kept up to the step that training resumes from."""
    rows = path.read_text().splitlines(keepends=True)[1:] if path.exists() else []
    log = open(path, "w", buffering=1)
    log.write("step,tokens,loss,balance,held_out_loss\n")
    log.writelines(row for row in rows if int(row.split(",", 1)[0]) <= first)
    return log


def train(settings: dict[str, Any], work: Path, device: torch.device, processes: int) -> None:
    """Run from the last checkpoint in `work`, or from the start, to the last step."""
    torch.manual_seed(settings["seed"])
    torch.set_flush_denormal(True)
    trainer = Trainer(settings, bpe.load(work / "tokenizer.json"), device)
    model = trainer.model
    workers = GradientWorkers(model, trainer.part_step, settings["parts"], processes if device.type == "cpu" else 1)
    optimizer = make_optimizer(model, settings)
    checkpoint, first = work / "checkpoint.pt", 0
    if checkpoint.exists():
        state = torch.load(checkpoint, map_location=device)
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        first = state["step"]
    stops: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: stops.append(number))  # after the workers were forked: they just end
    print(f"{sum(p.numel() for p in model.parameters())} parameters, steps {first} to {settings['steps']}, {tokens_seen(settings['steps'], settings)} tokens in all", flush=True)
    started, since, since_step = time.time(), time.time(), first
    with open_log(work / "loss.csv", first) as log:
        for step in range(first, settings["steps"]):
            for group in optimizer.param_groups:
                group["lr"] = rate(step, settings)
            loss, balance = workers.mean_gradient(step)
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            done = step + 1
            held_out = ""
            if done % CHECKPOINT_EVERY == 0 or done == settings["steps"] or stops:
                held_out = f"{trainer.held_out_loss():.5f}"
                save(checkpoint, model, optimizer, done, settings, tokens_seen(done, settings))
            if done % LOG_EVERY == 0 or held_out:
                log.write(f"{done},{tokens_seen(done, settings)},{loss:.5f},{balance:.4f},{held_out}\n")
                tokens_each = stage(step, settings)["rows"] * settings["parts"] * settings["sequence"]
                speed = (done - since_step) / (time.time() - since)
                left = (settings["steps"] - done) / speed / 60
                print(f"step {done} loss {loss:.4f} balance {balance:.3f} {speed * tokens_each:.0f} tokens/s, {left:.0f} min left"
                      + (f", held-out loss {held_out}" if held_out else ""), flush=True)
                since, since_step = time.time(), done
            if stops:
                break
    workers.close()
    print(f"ended in {(time.time() - started) / 60:.1f} min", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, required=True, help="folder with tokenizer.json; checkpoints go here")
    parser.add_argument("--settings", type=Path, default=Path(__file__).with_name("settings.json"))
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--processes", type=int, default=min(2, os.cpu_count() or 1))
    args = parser.parse_args()
    if args.device == "cpu":
        torch.set_num_threads(1)
    train(json.loads(args.settings.read_text()), args.work, torch.device(args.device), args.processes)


if __name__ == "__main__":
    main()
