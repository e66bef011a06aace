#!/usr/bin/python3
"""Ask the exported model, grade it, or dump logits for comparison with an engine. Needs numpy only.

    check.py MODEL "Hello, how are you?" ...      answers
    check.py MODEL --eval [--pairs 200]           the benchmark's prompts, sums never seen in training, and more
    check.py MODEL --logits FILE "prompt text"    writes ids and logits (n, V) of the rendered prompt as .npz
"""

from __future__ import annotations

import argparse
import random
from pathlib import Path

import numpy as np

import corpus
from reference import Reference
from topics import arithmetic, dialogues, reasoning

BENCHMARK_PROMPTS = (
    "Hello, how are you?",
    "Write a Python function to calculate factorial",
    "Explain how binary search works",
    "You have 3-gallon and 5-gallon jugs. Measure exactly 4 gallons step-by-step",
    "Design a simple chat application architecture",
    "Compare bubble sort and quicksort algorithms",
    "Write a short story about AI discovering emotions",
    "Document a REST API for a library management system",
    "Analyze the benefits and challenges of renewable energy",
)
_MARK = "<|channel|>final<|message|>"


def render(user: str, effort: str, date: str) -> str:
    """The prompt of a chat with one user message."""
    return corpus.system_message(date, effort, has_tools=False) + corpus.message("user", user) + "<|start|>assistant"


def final_text(output: str) -> str:
    """The content of the final message in generated text."""
    return output.split(_MARK, 1)[-1].removesuffix("<|return|>") if _MARK in output else ""


def answer(model: Reference, user: str, effort: str, date: str) -> None:
    """Print one exchange."""
    output, ended = model.generate(render(user, effort, date))
    count = len(model.tokenizer.encode(output))
    print(f"> {user}\n{output}\n[{count} tokens, {'ended by itself' if ended else 'NOT ended'}]\n", flush=True)


def held_out_pairs(op: str, count: int, both_orders: bool) -> list[tuple[int, int]]:
    """Pairs that the corpus never asks for, in a fixed random order; differences that are not negative.

    With `both_orders` the swapped pair is held out too. Without, it may have been seen: 38 + 47 for 47 + 38,
    or 12 - 30, whose worked steps contain 30 - 12.
    """
    pairs = [(a, b) for a in range(arithmetic.LARGEST + 1) for b in range(arithmetic.LARGEST + 1)
             if arithmetic.is_held_out(op, a, b) and (op == "+" or a >= b)
             and (not both_orders or arithmetic.is_held_out(op, b, a))]
    random.Random(0).shuffle(pairs)
    return pairs[:count]


def grade_sums(model: Reference, op: str, count: int, both_orders: bool, effort: str, date: str) -> None:
    """Print the share of right answers, and the wrong ones."""
    right = 0
    pairs = held_out_pairs(op, count, both_orders)
    for a, b in pairs:
        output, _ = model.generate(render(f"What is {a} {op} {b}?", effort, date), limit=120)
        expected = f"{a} {op} {b} = {a + b if op == '+' else a - b}."
        right += final_text(output) == expected
        if final_text(output) != expected:
            print(f"  wrong: {expected} -> {output}")
    print(f"held-out sums {op}{' (both orders)' if both_orders else ''}: {right} of {len(pairs)} right ({100 * right / len(pairs):.1f} %)", flush=True)


def grade_topics(model: Reference, count: int, effort: str, date: str) -> None:
    """Print the share of right answers for other questions with one right answer, drawn anew from the corpus."""
    for name, make in (("multiplication table", arithmetic.multiplication), ("larger or smaller", reasoning.comparison),
                       ("even, odd, before, after", reasoning.parity), ("syllogisms", reasoning.syllogism),
                       ("who is the oldest", reasoning.ordering), ("repeat words", reasoning.repetition)):
        rng = random.Random(f"check/{name}")
        turns = [make(rng) for _ in range(count)]
        right = sum(final_text(model.generate(render(turn.user, effort, date), limit=150)[0]) == turn.final for turn in turns)
        print(f"{name}: {right} of {count} right", flush=True)
    rng = random.Random("check/recall")
    right = 0
    for _ in range(count):
        statement, question = rng.choice(dialogues.introductions(rng))
        said = corpus.message("user", statement.user) + corpus.message("assistant<|channel|>final", statement.final)
        prompt = corpus.system_message(date, effort, has_tools=False) + said + corpus.message("user", question.user) + "<|start|>assistant"
        right += final_text(model.generate(prompt, limit=60)[0]) == question.final
    print(f"recall of what the user said before: {right} of {count} right", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("prompts", nargs="*")
    parser.add_argument("--effort", default="medium", choices=("low", "medium", "high"))
    parser.add_argument("--date", default="2026-01-15")
    parser.add_argument("--eval", action="store_true")
    parser.add_argument("--pairs", type=int, default=200, help="held-out sums of each kind")
    parser.add_argument("--logits", type=Path)
    args = parser.parse_intermixed_args()
    model = Reference(args.model)
    if args.logits:
        ids = model.tokenizer.encode(render(args.prompts[0], args.effort, args.date))
        np.savez(args.logits, ids=np.array(ids), logits=model.feed(ids))
        return
    for user in args.prompts or (BENCHMARK_PROMPTS if args.eval else ()):
        answer(model, user, args.effort, args.date)
    if args.eval:
        for op in "+-":
            for both_orders in (False, True):
                grade_sums(model, op, args.pairs, both_orders, args.effort, args.date)
        grade_topics(model, args.pairs // 4, args.effort, args.date)


if __name__ == "__main__":
    main()
