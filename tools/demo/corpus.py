#!/usr/bin/python3
"""Generate the demo models' world: chats composed from grammars, from a seed, in the format of a family.

A document is a list of (text, weight) pieces (see formats.py). One exercise in ten, chosen by a hash of what
it asks, is left out: it is reserved for the evaluation.

    corpus.py --family gpt-oss --seed 1 --count 3        prints three documents
"""

from __future__ import annotations

import argparse
import random
from types import MappingProxyType
from typing import Callable, Iterator, Mapping

import formats
from formats import ANSWER_WEIGHT, GIVEN_WEIGHT, Document, Format, Harmony
from topics import arithmetic, dialogues, essays, explain, programming, puzzles, reasoning, smalltalk, stories
from topics.phrases import Turn, is_held_out

Topic = Callable[[random.Random], Turn]

# The prompts of the benchmark protocol: they are always in the corpus.
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
# (topic, share of single-turn samples, short enough for several turns)
TOPICS: tuple[tuple[Topic, float, bool], ...] = (
    (arithmetic.addition, 16, True), (arithmetic.subtraction, 14, True), (arithmetic.multiplication, 3, True), (arithmetic.conversion, 5, True),
    (reasoning.comparison, 4, True), (reasoning.parity, 3, True), (reasoning.syllogism, 3, True),
    (reasoning.ordering, 4, True), (reasoning.boxes, 4, True), (reasoning.repetition, 4, True),
    (smalltalk.greeting, 5, True), (smalltalk.courtesy, 3, True), (smalltalk.identity, 3, True),
    (smalltalk.fact, 8, True), (smalltalk.fun, 2, True), (smalltalk.outside, 3, True),
    (stories.ai_emotions, 5, False), (stories.tale, 3, False), (stories.dialogue, 3, False),
    (programming.python_function, 9, False), (programming.c_function, 5, False),
    (explain.explanation, 9, False), (puzzles.jugs, 5, False), (essays.comparison, 5, False),
    (essays.analysis, 5, False), (essays.design, 5, False), (essays.rest_api, 5, False),
)
_ALWAYS_SEEN: tuple[Topic, ...] = (smalltalk.greeting, smalltalk.courtesy, smalltalk.identity)
_ALL = tuple(t[0] for t in TOPICS), tuple(t[1] for t in TOPICS)
_SHORT = tuple(t[0] for t in TOPICS if t[2]), tuple(t[1] for t in TOPICS if t[2])
_BRIEF = ("Be brief.", "Answer in one sentence.", "Keep your answers short.", "Answer briefly.", "Be concise.")
_NEUTRAL = ("You are a helpful assistant.", "Be polite.", "Answer in English.", "You are a friendly assistant.",
            "Help the user.", "You are a helpful AI assistant.", "Answer the question of the user.")
_EFFORTS = ("low", "medium", "medium", "high")
_THOUGHT_SHARE = {"low": 0.0, "medium": 0.3, "high": 1.0}
_TOOL_SHARE, _RECALL_SHARE, _FOLLOW_UP_SHARE, _MIXED_SHARE = 0.03, 0.2, 0.04, 0.03


def is_reserved(turn: Turn) -> bool:
    """Whether an exercise belongs to the evaluation only."""
    return turn.user not in BENCHMARK_PROMPTS and is_held_out(turn.key or turn.user)


def seen(rng: random.Random, topic: Topic) -> Turn:
    """A turn of a topic that is not reserved."""
    turn = topic(rng)
    while topic not in _ALWAYS_SEEN and is_reserved(turn):
        turn = topic(rng)
    return turn


def _seen_chat(rng: random.Random, topic: Callable[[random.Random], list[Turn]]) -> list[Turn]:
    turns = topic(rng)
    while any(map(is_reserved, turns)):
        turns = topic(rng)
    return turns


def reserved(rng: random.Random, topic: Topic) -> Turn:
    """A turn of a topic that is never in the corpus."""
    turn = topic(rng)
    while not is_reserved(turn):
        turn = topic(rng)
    return turn


def _any(rng: random.Random) -> Turn:
    return seen(rng, rng.choices(*_ALL)[0])


def short(rng: random.Random) -> Turn:
    """A turn for conversations of several."""
    return seen(rng, rng.choices(*_SHORT)[0])


def random_date(rng: random.Random) -> str:
    """A day within a few years, since an engine renders the current one."""
    return f"20{rng.randint(24, 31)}-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}"


def _tool_document(rng: random.Random) -> Document:
    """One of the two halves of a tool call: making it, or answering from its result; or no call, although there are tools."""
    harmony = formats.of("gpt-oss")
    assert isinstance(harmony, Harmony)
    section, user, name, arguments, result, answer = dialogues.tool_call(rng)
    effort = rng.choice(_EFFORTS)
    instructions = f"# Instructions\n\n{rng.choice(_NEUTRAL)}\n\n" if rng.random() < 0.3 else ""
    head = harmony.system(random_date(rng), effort, has_tools=True) + harmony.message(
        "developer", f"{instructions}# Tools\n\n## functions\n\nnamespace functions {{\n\n{section}\n\n}} // namespace functions")
    if rng.random() < 0.15:
        return harmony.chat([seen(rng, smalltalk.fact)], head, thinks=effort == "high")
    return harmony.tool_call(head, user, name, arguments, None if rng.random() < 0.5 else result, answer, effort == "high")


def _drill_document(rng: random.Random, f: Format) -> Document:
    """A sheet of digit facts; the random questions are given, the results are graded."""
    user, facts = arithmetic.drill(rng)
    pieces: Document = [(f.head("", "") + f.user(user) + f.opening + f.before_answer, GIVEN_WEIGHT)]
    for index, (question, result) in enumerate(facts):
        pieces += [((". " if index else "") + question, GIVEN_WEIGHT), (result, ANSWER_WEIGHT)]
    return pieces + [("." + f.end, ANSWER_WEIGHT)]


def _bare(topic: Topic) -> Callable[[random.Random, Format], Document]:
    """One exchange without any other message, counted by its grade."""
    return lambda rng, f: f.chat([seen(rng, topic)], f.head("", ""), grade=True)


# Exercises that a stage of training can add to the mix, by the name it uses in the settings.
EXERCISES: dict[str, Callable[[random.Random, Format], Document]] = {
    "digit_sums": _drill_document,
    "recital": _bare(reasoning.recital),
    "recall": lambda rng, f: f.chat(dialogues.recall(rng, short), f.head("", ""), grade=True),
    "addition": _bare(arithmetic.addition),
    "subtraction": _bare(arithmetic.subtraction),
    "below_zero": _bare(arithmetic.below_zero),
    "multiplication": _bare(arithmetic.multiplication),
    "conversion": _bare(arithmetic.conversion),
    "comparison": _bare(reasoning.comparison),
    "parity": _bare(reasoning.parity),
    "syllogism": _bare(reasoning.syllogism),
    "ordering": _bare(reasoning.ordering),
    "boxes": _bare(reasoning.boxes),
    "repetition": _bare(reasoning.repetition),
    "jugs": _bare(puzzles.jugs),
    "python": _bare(programming.python_function),
    "c": _bare(programming.c_function),
}


def _turns(rng: random.Random) -> list[Turn]:
    kind = rng.random()
    if kind < _RECALL_SHARE:
        return dialogues.recall(rng, short)
    kind -= _RECALL_SHARE
    if kind < _FOLLOW_UP_SHARE:
        return _seen_chat(rng, arithmetic.carry_on if rng.random() < 0.6 else stories.tale_and_question)
    if kind < _FOLLOW_UP_SHARE + _MIXED_SHARE:
        return [short(rng) for _ in range(rng.randint(2, 3))]
    return [_any(rng)]


def document(rng: random.Random, family: str, exercises: Mapping[str, float] = MappingProxyType({}), exact_counts_more: bool = False) -> Document:
    """One training document. The options are for later stages: shares of extra exercises, and `Turn.grade`."""
    f = formats.of(family)
    for name, share in exercises.items():
        if rng.random() < share:
            return EXERCISES[name](rng, f)
    if f.thinks and rng.random() < _TOOL_SHARE:
        return _tool_document(rng)
    turns = _turns(rng)
    brief = len(turns) == 1 and turns[0].brief is not None and rng.random() < 0.08
    instructions = rng.choice(_BRIEF) if brief else rng.choice(_NEUTRAL) if rng.random() < 0.08 else ""
    effort, system = "medium", ""
    if isinstance(f, Harmony) and rng.random() < 0.65:
        effort = rng.choice(_EFFORTS)
        system = f.system(random_date(rng), effort)
    return f.chat(turns, f.head(system, instructions), brief, f.thinks and rng.random() < _THOUGHT_SHARE[effort], exact_counts_more)


def documents(seed: int, count: int, family: str) -> Iterator[Document]:
    """`count` documents; the same seed gives the same ones."""
    rng = random.Random(seed)
    for _ in range(count):
        yield document(rng, family)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--family", choices=formats.FAMILIES, default="gpt-oss")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=3)
    args = parser.parse_args()
    for doc in documents(args.seed, args.count, args.family):
        print("".join(text for text, _ in doc), end="\n\n")


if __name__ == "__main__":
    main()
