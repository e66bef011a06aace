#!/usr/bin/python3
"""Generate the demo model's world: Harmony chats composed from grammars, from a seed.

A document is a list of (text, weight) pieces: the weight is what its tokens count in the training loss.
The model is graded on what it says in the last turn; what the user says counts a little, so that its
words get useful representations; the system message is given and counts nothing. Special tokens are written as text here and parsed by the tokenizer; no topic
produces such text itself.

    corpus.py --seed 1 --count 3        prints three documents
"""

from __future__ import annotations

import argparse
import random
from types import MappingProxyType
from typing import Callable, Iterator, Mapping

from topics import arithmetic, dialogues, essays, explain, programming, puzzles, reasoning, smalltalk, stories
from topics.phrases import EXACT_GRADE, Turn

Document = list[tuple[str, float]]

GIVEN_WEIGHT = 0.0
PROMPT_WEIGHT = 0.1
ANSWER_WEIGHT = 1.0

# (topic, share of single-turn samples, short enough for several turns)
TOPICS: tuple[tuple[Callable[[random.Random], Turn], float, bool], ...] = (
    (arithmetic.addition, 16, True), (arithmetic.subtraction, 13, True), (arithmetic.multiplication, 4, True),
    (reasoning.comparison, 4, True), (reasoning.parity, 3, True), (reasoning.syllogism, 4, True),
    (reasoning.ordering, 5, True), (reasoning.repetition, 5, True),
    (smalltalk.greeting, 5, True), (smalltalk.courtesy, 3, True), (smalltalk.identity, 4, True),
    (smalltalk.fact, 9, True), (smalltalk.fun, 3, True), (smalltalk.outside, 4, True),
    (stories.ai_emotions, 6, False), (stories.tale, 4, False), (programming.function, 8, False),
    (explain.explanation, 10, False), (puzzles.jugs, 5, False), (essays.comparison, 6, False),
    (essays.analysis, 6, False), (essays.design, 5, False), (essays.rest_api, 5, False),
)
_BRIEF = ("Be brief.", "Answer in one sentence.", "Keep your answers short.", "Answer briefly.", "Be concise.")
_NEUTRAL = ("You are a helpful assistant.", "Be polite.", "Answer in English.", "You are a friendly assistant.",
            "Help the user.", "You are a helpful AI assistant.", "Answer the question of the user.")
_EFFORTS = ("low", "medium", "medium", "high")
_THOUGHT_SHARE = {"low": 0.0, "medium": 0.3, "high": 1.0}


def message(header: str, content: str, end: str = "<|end|>") -> str:
    """One Harmony message."""
    return f"<|start|>{header}<|message|>{content}{end}"


def random_date(rng: random.Random) -> str:
    """A day within a few years, since an engine renders the current one."""
    return f"20{rng.randint(24, 31)}-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}"


def system_message(date: str, effort: str, has_tools: bool) -> str:
    """The system message that Harmony engines render."""
    tools = "\nCalls to these tools must go to the commentary channel: 'functions'." if has_tools else ""
    return message("system", "You are ChatGPT, a large language model trained by OpenAI.\nKnowledge cutoff: 2024-06\n"
                    f"Current date: {date}\n\nReasoning: {effort}\n\n# Valid channels: analysis, commentary, final. "
                    f"Channel must be included for every message.{tools}")


def _answer(turn: Turn, wants_brief: bool, thinks: bool) -> str:
    """The graded part: everything after `<|start|>assistant`."""
    final = turn.brief if wants_brief and turn.brief else turn.final
    text = ""
    if turn.thought and (thinks or turn.needs_thought):
        text = f"<|channel|>analysis<|message|>{turn.thought}<|end|><|start|>assistant"
    return f"{text}<|channel|>final<|message|>{final}<|return|>"


def _history(turn: Turn) -> str:
    """A past exchange: its analysis is dropped and its end is an ordinary one."""
    return message("user", turn.user) + message("assistant<|channel|>final", turn.final)


def _tool_document(rng: random.Random) -> Document:
    """One of the two halves of a tool call: making it, or answering from its result."""
    section, user, name, arguments, result, answer = dialogues.tool_call(rng)
    effort = rng.choice(_EFFORTS)
    instructions = f"# Instructions\n\n{rng.choice(_NEUTRAL)}\n\n" if rng.random() < 0.3 else ""
    given = system_message(random_date(rng), effort, has_tools=True) + message(
        "developer", f"{instructions}# Tools\n\n## functions\n\nnamespace functions {{\n\n{section}\n\n}} // namespace functions")
    if rng.random() < 0.15:
        other = smalltalk.fact(rng)
        return [(given, GIVEN_WEIGHT), (message("user", other.user) + "<|start|>assistant", PROMPT_WEIGHT),
                (_answer(other, False, effort == "high"), ANSWER_WEIGHT)]
    prompt = message("user", user) + "<|start|>assistant"
    call = f"<|channel|>commentary to=functions.{name} <|constrain|>json<|message|>{arguments}<|call|>"
    if effort == "high":
        call = f"<|channel|>analysis<|message|>I need to call {name}.<|end|><|start|>assistant" + call
    if rng.random() < 0.5:
        return [(given, GIVEN_WEIGHT), (prompt, PROMPT_WEIGHT), (call, ANSWER_WEIGHT)]
    shown = message(f"functions.{name} to=assistant<|channel|>commentary", result) + "<|start|>assistant"
    return [(given + prompt + call, GIVEN_WEIGHT), (shown, PROMPT_WEIGHT), (f"<|channel|>final<|message|>{answer}<|return|>", ANSWER_WEIGHT)]


def _drill_document(rng: random.Random) -> Document:
    """A sheet of digit facts; the random questions are given, the results are graded."""
    user, facts = arithmetic.drill(rng)
    pieces: Document = [(message("user", user) + "<|start|>assistant<|channel|>final<|message|>", GIVEN_WEIGHT)]
    for index, (question, result) in enumerate(facts):
        pieces += [((". " if index else "") + question, GIVEN_WEIGHT), (result, ANSWER_WEIGHT)]
    return pieces + [(".<|return|>", ANSWER_WEIGHT)]


def _bare_document(turn: Turn) -> Document:
    """One exchange without any other message, counted by its grade."""
    return [(message("user", turn.user) + "<|start|>assistant", GIVEN_WEIGHT), (_answer(turn, False, False), ANSWER_WEIGHT * EXACT_GRADE)]


# Exercises that a stage of training can add to the mix, by the name it uses in settings.json.
EXERCISES: dict[str, Callable[[random.Random], Document]] = {
    "digit_sums": _drill_document,
    "recital": lambda rng: _bare_document(reasoning.recital(rng)),
    "jugs": lambda rng: _bare_document(puzzles.jugs(rng)),
    "ordering": lambda rng: _bare_document(reasoning.ordering(rng)),
    "comparison": lambda rng: _bare_document(reasoning.comparison(rng)),
    "multiplication": lambda rng: _bare_document(arithmetic.multiplication(rng)),
}


def _single(rng: random.Random, short: bool) -> Turn:
    topics = [t for t in TOPICS if t[2] or not short]
    return rng.choices(topics, weights=[t[1] for t in topics])[0][0](rng)


def _conversation(rng: random.Random) -> list[Turn]:
    """Several turns: facts about the user that are asked for later, mixed with other short talk."""
    if rng.random() < 0.4:
        return [_single(rng, short=True) for _ in range(rng.randint(2, 4))]
    pairs = rng.sample(dialogues.introductions(rng), rng.randint(1, 3))
    turns = [statement for statement, _ in pairs]
    for _ in range(rng.choice((0, 0, 1, 2))):
        turns.insert(rng.randint(1, len(turns)), _single(rng, short=True))
    return turns + ([rng.choice(pairs)[1]] if rng.random() < 0.85 else [])


def document(rng: random.Random, exercises: Mapping[str, float] = MappingProxyType({}), exact_counts_more: bool = False) -> Document:
    """One training document. The options are for later stages: shares of extra exercises, and `Turn.grade`."""
    for name, share in exercises.items():
        if rng.random() < share:
            return EXERCISES[name](rng)
    kind = rng.random()
    if kind < 0.04:
        return _tool_document(rng)
    turns = _conversation(rng) if kind < 0.14 else [_single(rng, short=False)]
    effort = rng.choice(_EFFORTS)
    given = system_message(random_date(rng), effort, has_tools=False) if rng.random() < 0.65 else ""
    share = _THOUGHT_SHARE[effort if given else "medium"]
    wants_brief = len(turns) == 1 and turns[0].brief is not None and rng.random() < 0.1
    if wants_brief or rng.random() < 0.08:
        given += message("developer", f"# Instructions\n\n{rng.choice(_BRIEF if wants_brief else _NEUTRAL)}")
    given += "".join(_history(turn) for turn in turns[:-1])
    prompt = message("user", turns[-1].user) + "<|start|>assistant"
    answer = _answer(turns[-1], wants_brief, rng.random() < share)
    return [(given, GIVEN_WEIGHT), (prompt, PROMPT_WEIGHT), (answer, ANSWER_WEIGHT * (turns[-1].grade if exact_counts_more else 1.0))]


def documents(seed: int, count: int) -> Iterator[Document]:
    """`count` documents; the same seed gives the same ones."""
    rng = random.Random(seed)
    for _ in range(count):
        yield document(rng)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=3)
    args = parser.parse_args()
    for doc in documents(args.seed, args.count):
        print("".join(text for text, _ in doc), end="\n\n")


if __name__ == "__main__":
    main()
