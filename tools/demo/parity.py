#!/usr/bin/python3
"""Prove that the exported file is the trained model: PyTorch against numpy on the file, and both against spillway.

PyTorch and numpy compute in f32 with the weights as stored; what remains between them is the rounding of f32
arithmetic. So it is between spillway and numpy on a copy of the file whose weights are F32. On the file itself
spillway rounds activations to 8 bits in groups of 32 before its products; it may then differ more, and a router's
close decision may go the other way, but it must prefer the same tokens.

    parity.py --checkpoint DIR/checkpoint.pt --model models/demo-gpt-oss.gguf [--spillway build/release/spillway]
"""

from __future__ import annotations

import argparse
import random
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import torch

import batches
import corpus
import gguf_reader
import gguf_writer
from model import DemoModel, Shape
from reference import Reference
from rounding import q8_0

EXACT = 1e-3  # relative L2 of all logits of a text
SAME_TOKEN = 0.97  # share of positions where the best token is the same with rounded activations
DOCUMENTS, LONG = 12, 1500


def stored_state(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The matrices that the file holds as Q8_0, rounded so; the model itself rounds its experts."""
    return {name: q8_0(w) if w.dim() == 2 and not name.endswith(("router.weight", "_bias")) else w for name, w in state.items()}


def texts(reference: Reference) -> list[list[int]]:
    """Documents as ids, and a text beyond the window and the original context."""
    rng = random.Random("parity")
    ids = [reference.tokenizer.encode("".join(text for text, _ in corpus.document(rng, reference.family))) for _ in range(DOCUMENTS)]
    long: list[int] = []
    while len(long) < LONG:
        long += reference.tokenizer.encode("".join(text for text, _ in corpus.document(rng, reference.family)))
    return [*ids, long[:LONG]]


def distance(ours: np.ndarray, theirs: np.ndarray) -> float:
    """Relative L2."""
    return float(np.linalg.norm(ours - theirs) / np.linalg.norm(theirs))


def engine_logits(binary: Path, model: Path, ids: list[int], capacity: int) -> np.ndarray:
    """What `spillway logits` computes."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "logits"
        subprocess.run([binary, "logits", model, "--tokens", ",".join(map(str, ids)), "-c", str(capacity), "--out", out],
                       check=True, stderr=subprocess.DEVNULL)
        return np.fromfile(out, "<f4").reshape(len(ids), -1)


def unrounded(model: Path, out: Path) -> None:
    """A copy of a model file with F32 weights."""
    file = gguf_reader.read(model)
    gguf_writer.write(out, file.metadata, [(name, array, gguf_writer.F32) for name, array in file.tensors.items()])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--spillway", type=Path, help="the program; without it only PyTorch and numpy are compared")
    args = parser.parse_args()
    state = torch.load(args.checkpoint, map_location="cpu")
    shape = Shape.of(state["settings"])
    trained = DemoModel(shape)
    trained.load_state_dict(stored_state(state["model"]))
    worst, worst_engine, worst_rounded, same, positions = 0.0, 0.0, 0.0, 0, 0
    capacities = (shape.original_context, shape.context_length) if shape.family == "phimoe" else (shape.context_length,)
    with tempfile.TemporaryDirectory() as folder:
        exact = Path(folder) / "exact.gguf"
        unrounded(args.model, exact)
        for capacity in capacities:
            reference = Reference(args.model, capacity)
            for ids in texts(reference):
                if len(ids) > capacity:
                    continue
                reference.reset()
                ours = reference.feed(ids)
                with torch.no_grad():
                    hidden, _ = trained(batches.plain(ids, capacity > shape.original_context), quantised=True)
                    worst = max(worst, distance(trained.head(hidden).numpy(), ours))
                if args.spillway:
                    worst_engine = max(worst_engine, distance(engine_logits(args.spillway, exact, ids, capacity), ours))
                    rounded = engine_logits(args.spillway, args.model, ids, capacity)
                    worst_rounded = max(worst_rounded, distance(rounded, ours))
                    same += int((rounded.argmax(1) == ours.argmax(1)).sum())
                    positions += len(ids)
    print(f"relative L2 of the logits, tolerance {EXACT:.0e}: PyTorch and numpy {worst:.1e}"
          + (f", spillway with F32 weights and numpy {worst_engine:.1e}" if args.spillway else ""))
    if args.spillway:
        print(f"spillway and numpy on the file itself: {worst_rounded:.1e}, the same best token at {same} of {positions} positions")
    if worst > EXACT or worst_engine > EXACT or same < SAME_TOKEN * positions:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
