#!/usr/bin/python3
"""Grade a demo model as its users meet it: the GGUF file, through spillway's server, greedy.

    evaluate.py MODEL.gguf [--spillway build/release/spillway] [--quick] [--json]

Everything asked is reserved: no exercise of it was in the corpus (corpus.is_reserved), but for the nine
prompts of the benchmark. Exit code 1 when a bar is missed. Needs only Python and the program.
"""

from __future__ import annotations

import argparse
import ast
import json
import math
import random
import re
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Callable, Optional, Sequence

import corpus
from topics import arithmetic, dialogues, programming, reasoning, stories
from topics.phrases import Turn

PARALLEL = 4
DATE = "2026-11-26"  # Harmony tells the model the date: on another day the answers are others
REPETITION_TOKENS = 400
ANSWER_TOKENS = 400
START_SECONDS = 60

Counts = list[list[int]]  # [layer][expert]


def repetition(text: str) -> float:
    """Repeated word triples / all word triples: spillway's repetition score (src/measure/figures/repetition.c)."""
    words = text.split()
    triples = Counter(zip(words, words[1:], words[2:]))
    total = sum(triples.values())
    return (total - len(triples)) / total if total else 0.0


@dataclass
class Figure:
    """One line of the result; without a bar it is only told."""

    name: str
    value: float
    bar: Optional[float] = None
    at_least: bool = True
    detail: str = ""

    @property
    def holds(self) -> bool:
        return self.bar is None or (self.value >= self.bar if self.at_least else self.value < self.bar)

    def line(self) -> str:
        wanted = "" if self.bar is None else f"{'>=' if self.at_least else '<'} {self.bar:g}"
        verdict = "" if self.bar is None else "ok" if self.holds else "MISSED"
        return f"{self.name:44} {self.value:8.3f}  {wanted:9} {verdict:7} {self.detail}".rstrip()


class Spillway:
    """`spillway serve` with one model on a loopback port."""

    def __init__(self, program: Path, model: Path) -> None:
        self._process = subprocess.Popen([program, "serve", model, "--bind", "127.0.0.1:0", "--parallel", str(PARALLEL), "--date", DATE],
                                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert self._process.stdout is not None and self._process.stderr is not None
        self._url = self._process.stdout.readline().strip()
        if not self._url:
            raise SystemExit(self._process.stderr.read())
        end = time.monotonic() + START_SECONDS
        while True:
            try:
                self._get("/health")
                return
            except OSError as error:
                if self._process.poll() is not None or time.monotonic() > end:
                    raise SystemExit(f"{model}: the server does not become ready: {error}") from error
                time.sleep(0.05)

    def __enter__(self) -> Spillway:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.communicate()

    def _get(self, path: str) -> Any:
        with urllib.request.urlopen(self._url + path) as reply:
            return json.load(reply)

    def chat(self, messages: Sequence[dict[str, str]], max_tokens: int = ANSWER_TOKENS) -> Any:
        """The reply's document; greedy."""
        body = json.dumps({"messages": messages, "max_tokens": max_tokens, "temperature": 0}).encode()
        with urllib.request.urlopen(self._url + "/v1/chat/completions", data=body) as reply:
            return json.load(reply)

    def answer(self, user: str) -> str:
        """What the model answers to one message."""
        return str(self.chat([{"role": "user", "content": user}])["choices"][0]["message"]["content"])

    def answers(self, users: Sequence[str]) -> list[str]:
        with ThreadPoolExecutor(PARALLEL) as pool:
            return list(pool.map(self.answer, users))

    def counts(self) -> tuple[list[int], Counts]:
        """(numbers of the layers with experts, how often each expert was chosen so far)."""
        layers = self._get("/v1/experts")["layers"]
        return [layer["layer"] for layer in layers], [layer["counts"] for layer in layers]


def questions(name: str, topic: corpus.Topic, count: int, wanted: Callable[[Turn], bool] = lambda _: True) -> list[Turn]:
    """Reserved turns of a topic, no two about the same thing; fewer where the topic has no more."""
    rng, found = random.Random(f"evaluate/{name}"), {}
    for _ in range(200 * count):
        if len(found) == count:
            break
        turn = corpus.reserved(rng, topic)
        if wanted(turn):
            found.setdefault(turn.key or turn.user, turn)
    return list(found.values())


def grade(spillway: Spillway, name: str, turns: Sequence[Turn], right: Callable[[Turn, str], bool], bar: Optional[float] = None) -> Figure:
    """The share of right answers; the detail shows the first wrong one."""
    given = spillway.answers([turn.user for turn in turns])
    wrong = [(turn.user, answer) for turn, answer in zip(turns, given) if not right(turn, answer)]
    detail = f"{len(turns) - len(wrong)} of {len(turns)}"
    if wrong:
        detail += f"; wrong: {wrong[0][0]!r} -> {wrong[0][1][-80:]!r}"
    return Figure(name, 1 - len(wrong) / len(turns), bar, detail=detail)


def ends_right(turn: Turn, answer: str) -> bool:
    """The answer, or the end of an answer with its steps."""
    return answer.strip().endswith(turn.final) or answer.strip() == turn.worked


def code_of(answer: str, language: str) -> Optional[str]:
    """The first code block."""
    match = re.search(rf"```{language}\n(.*?)\n```", answer, re.S)
    return match.group(1) if match else None


def parses(answer: str) -> bool:
    """Whether the answer holds Python that the parser accepts."""
    code = code_of(answer, "python")
    try:
        return code is not None and bool(ast.parse(code).body)
    except SyntaxError:
        return False


def same_code(language: str) -> Callable[[Turn, str], bool]:
    return lambda turn, answer: code_of(answer, language) == code_of(turn.final, language)


def grade_recall(spillway: Spillway, count: int) -> Figure:
    """Chats in which the model's own answers are the history; right when every later question is."""
    rng = random.Random("evaluate/recall")
    chats = [dialogues.recall(rng, corpus.short, reserved=True) for _ in range(count)]

    def run(turns: Sequence[Turn]) -> tuple[int, int]:
        messages: list[dict[str, str]] = []
        asked = right = 0
        for turn in turns:
            messages.append({"role": "user", "content": turn.user})
            content = spillway.chat(messages)["choices"][0]["message"]["content"]
            messages.append({"role": "assistant", "content": content})
            if turn.key and turn.key.split(" ")[0] in dialogues.TOLD and turn.key.split(" ", 1)[1] in turn.final:
                asked += 1
                right += content.strip() == turn.final
        return asked, right

    with ThreadPoolExecutor(PARALLEL) as pool:
        results = list(pool.map(run, chats))
    asked, right = (sum(column) for column in zip(*results))
    return Figure("multi-turn recall", right / asked, 0.9, detail=f"{right} of {asked} in {count} chats")


def grade_benchmark(spillway: Spillway) -> list[Figure]:
    """Repetition of the answers to the benchmark's prompts."""
    figures = []
    for prompt in corpus.BENCHMARK_PROMPTS:
        reply = spillway.chat([{"role": "user", "content": prompt}], REPETITION_TOKENS)
        choice = reply["choices"][0]
        figures.append(Figure(f"repetition: {prompt[:32]}", repetition(choice["message"]["content"]), 0.1, at_least=False,
                              detail=f"{reply['usage']['completion_tokens']} tokens, end: {choice['finish_reason']}"))
        if "jugs" in prompt:
            figures.append(Figure("the jugs hold 4 gallons at the end", float("holds exactly 4 gallons" in choice["message"]["content"]), 1.0))
    return figures


# ---- experts ----

DOMAINS: dict[str, tuple[corpus.Topic, ...]] = {
    "stories": (stories.tale, stories.dialogue), "code": (programming.python_function, programming.c_function),
    "arithmetic": (arithmetic.addition, arithmetic.subtraction),
}


def divergence(a: Sequence[int], b: Sequence[int]) -> float:
    """Jensen-Shannon divergence of two histograms, base 2, 0 to 1."""
    total = 0.0
    for x, y in zip(a, b):
        p, q = x / sum(a), y / sum(b)
        for part in (p, q):
            if part > 0:
                total += part * math.log2(2 * part / (p + q)) / 2
    return total


def difference(after: Counts, before: Counts) -> Counts:
    return [[x - y for x, y in zip(*pair)] for pair in zip(after, before)]


def grade_experts(spillway: Spillway, count: int) -> list[Figure]:
    """Use of experts so far, and how far the routing of three domains lies apart, beside two halves of one domain."""
    halves: dict[str, list[Counts]] = {}
    for name, topics in DOMAINS.items():
        turns = [turn for topic in topics for turn in questions(f"experts/{topic.__name__}", topic, count)]
        halves[name] = []
        for half in (turns[0::2], turns[1::2]):
            _, before = spillway.counts()
            spillway.answers([turn.user for turn in half])
            halves[name].append(difference(spillway.counts()[1], before))
    layers, counts = spillway.counts()
    used = [sum(c > 0 for c in layer) / len(layer) for layer in counts]
    figures = [Figure(f"experts used, layer {number}", share, 0.9) for number, share in zip(layers, used)]
    whole = {name: [[x + y for x, y in zip(*pair)] for pair in zip(*parts)] for name, parts in halves.items()}
    mean = lambda a, b: sum(map(divergence, a, b)) / len(a)  # noqa: E731
    noise = max(mean(*parts) for parts in halves.values())
    names = list(DOMAINS)
    for i, a in enumerate(names):
        for b in names[i + 1:]:
            by_layer = ", ".join(f"{divergence(x, y):.3f}" for x, y in zip(whole[a], whole[b]))
            figures.append(Figure(f"divergence of {a} and {b}", mean(whole[a], whole[b]), 3 * noise, detail=f"by layer: {by_layer}"))
    return figures + [Figure("divergence of two halves of one domain", noise)]


# ---- all of it ----

# name -> (topic, share that must be right)
EXACT: dict[str, tuple[corpus.Topic, Optional[float]]] = {
    "addition": (arithmetic.addition, 0.95), "subtraction": (arithmetic.subtraction, 0.95),
    "multiplication": (arithmetic.multiplication, None), "unit conversion": (arithmetic.conversion, None),
    "larger or smaller": (reasoning.comparison, None), "even, odd, before, after": (reasoning.parity, None),
    "syllogisms": (reasoning.syllogism, None), "order of three people": (reasoning.ordering, None),
    "boxes": (reasoning.boxes, None), "repeat up to five words": (reasoning.repetition, None),
}


def evaluate(spillway: Spillway, quick: bool) -> list[Figure]:
    """All figures; `quick`: with fewer questions."""
    def size(full: int) -> int:
        return full // 10 if quick else full

    figures = [grade(spillway, name, questions(name, topic, size(400 if bar else 100)), ends_right, bar) for name, (topic, bar) in EXACT.items()]
    python = questions("python", programming.python_function, size(200))
    figures.append(grade(spillway, "Python parses", python, lambda _, answer: parses(answer), 0.95))
    for language, topic in (("Python", programming.python_function), ("C", programming.c_function)):
        with_number = questions(language, topic, size(100), lambda turn: turn.key is not None)
        figures.append(grade(spillway, f"{language} function as asked, with a new number", with_number, same_code(language.lower())))
    return figures + grade_benchmark(spillway) + [grade_recall(spillway, size(150))] + grade_experts(spillway, size(60))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("--spillway", type=Path, default=Path(__file__).parents[2] / "build/release/spillway")
    parser.add_argument("--quick", action="store_true", help="a tenth of the questions")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    try:
        with Spillway(args.spillway, args.model) as spillway:
            figures = evaluate(spillway, args.quick)
    except OSError as error:
        raise SystemExit(f"{args.model}: the server does not answer any more: {error}") from error
    if args.json:
        print(json.dumps([{**asdict(f), "holds": f.holds} for f in figures], indent=1))
    else:
        print("\n".join(f.line() for f in figures))
    sys.exit(0 if all(f.holds for f in figures) else 1)


if __name__ == "__main__":
    main()
