#!/usr/bin/python3
"""Train a demo model. Deterministic up to floating-point rounding: data, order and schedule follow from the settings.

Writes checkpoints (atomically; a new run in the same folder resumes) and loss.csv. SIGTERM ends it after the
step at hand, with a checkpoint.

    train.py --family gpt-oss --work DIR [--device cpu|cuda] [--processes 2]
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import time
from pathlib import Path
from typing import Any, TextIO

import torch

import batches
import bpe
from model import DemoModel, Shape
from workers import Workers

CHECKPOINT_EVERY = 100
LOG_EVERY = 20
HELD_OUT_BATCHES = 4


def stage(step: int, settings: dict[str, Any]) -> dict[str, Any]:
    """The stage of training that a step belongs to."""
    return [s for s in settings["stages"] if s["from"] <= step][-1]


def rate(step: int, settings: dict[str, Any]) -> float:
    """Learning rate: linear warm-up, constant, then a line to zero over the last share `decay` of the steps.

    A stage that names its own `rate` lies outside of that (a later addition to the training): from it to zero.
    """
    steps, now = settings["steps"], stage(step, settings)
    if "rate" in now:
        return now["rate"] * min(1.0, (step + 1 - now["from"]) / 20) * (now["to"] - step) / (now["to"] - now["from"])
    return settings["learning_rate"] * min(1.0, (step + 1) / settings["warmup"], (steps - step) / (steps * settings["decay"]))


def last_step(settings: dict[str, Any]) -> int:
    """Where training ends."""
    return settings["stages"][-1].get("to", settings["steps"])


def save(path: Path, state: dict[str, Any]) -> None:
    """Write a checkpoint under a temporary name and rename it, so that there is always a whole one."""
    temporary = path.with_suffix(".new")
    torch.save(state, temporary)
    os.replace(temporary, path)


class Trainer:
    """Holds what every process needs to compute its part of a step."""

    def __init__(self, settings: dict[str, Any], tokenizer: bpe.Tokenizer, device: torch.device) -> None:
        self.settings, self.tokenizer, self.device = settings, tokenizer, device
        self.model = DemoModel(Shape.of(settings)).to(device)

    def batch(self, seed: str, index: str, now: dict[str, Any]) -> batches.Batch:
        s = self.settings
        mix = batches.Mix(s["tokens"], s["jump_share"], s["short_share"], s["original_context"], s["context_length"],
                          now["exercises"], now["exact_counts_more"])
        return batches.make(self.tokenizer, f"{s['seed']}/{seed}", index, mix).to(self.device)

    def part_step(self, step: int, part: int) -> tuple[float, float]:
        """Gradients of one part of a step, left in the parameters."""
        now = stage(step, self.settings)
        loss, balance = self.model.loss(self.batch("train", f"{step}/{part}", now), now["quantised"])
        (loss + self.settings["balance"] * balance).backward()
        return loss.item(), balance.item()

    @torch.no_grad()
    def held_out_loss(self) -> float:
        """Loss on documents of another seed and the mix of the first stage, with the weights as they will be stored."""
        first = self.settings["stages"][0]
        losses = [self.model.loss(self.batch("held-out", str(i), first), quantised=True)[0].item() for i in range(HELD_OUT_BATCHES)]
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
    checkpoint, first, state = work / "checkpoint.pt", 0, None
    if checkpoint.exists():
        state = torch.load(checkpoint, map_location=device)
        first = state["step"]
        trainer.model.load_state_dict(state["model"])
    workers = Workers(trainer.model, trainer.part_step, lambda step: rate(step, settings), settings["weight_decay"],
                      settings["parts"], processes if device.type == "cpu" else 1)
    if state:
        workers.moments.copy_(state["moments"])
    stops: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: stops.append(number))  # after the workers were forked: they just end
    steps, tokens_each = last_step(settings), settings["parts"] * settings["tokens"]
    print(f"{len(workers.flat.vector)} parameters, steps {first} to {steps}, {steps * tokens_each} tokens in all", flush=True)
    started, since, since_step = time.time(), time.time(), first
    losses: list[float] = []
    with open_log(work / "loss.csv", first) as log:
        for step in range(first, steps):
            loss, balance = workers.step(step)
            losses.append(loss)
            done = step + 1
            held_out = ""
            if done % CHECKPOINT_EVERY == 0 or done == steps or stops:
                held_out = f"{trainer.held_out_loss():.5f}"
                save(checkpoint, {"model": trainer.model.state_dict(), "moments": workers.moments, "step": done,
                                  "settings": settings, "tokens": done * tokens_each})
            if done % LOG_EVERY == 0 or held_out:
                loss = sum(losses) / len(losses)
                log.write(f"{done},{done * tokens_each},{loss:.5f},{balance:.4f},{held_out}\n")
                speed = (done - since_step) / (time.time() - since)
                print(f"step {done} loss {loss:.4f} balance {balance:.3f} {speed * tokens_each:.0f} tokens/s, "
                      f"{(steps - done) / speed / 60:.0f} min left" + (f", held-out loss {held_out}" if held_out else ""), flush=True)
                since, since_step, losses = time.time(), done, []
            if stops:
                break
    workers.close()
    print(f"ended in {(time.time() - started) / 60:.1f} min", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--family", required=True, choices=("gpt-oss", "phimoe", "deepseek"))
    parser.add_argument("--work", type=Path, required=True, help="folder with tokenizer.json; checkpoints go here")
    parser.add_argument("--settings", type=Path, help="default: settings-FAMILY.json beside this file")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--processes", type=int, default=min(2, os.cpu_count() or 1))
    args = parser.parse_args()
    if args.device == "cpu":
        torch.set_num_threads(1)
    path = args.settings or Path(__file__).with_name(f"settings-{args.family}.json")
    train(json.loads(path.read_text()), args.work, torch.device(args.device), args.processes)


if __name__ == "__main__":
    main()
