"""The smallest text grammar that gives variety: inline alternatives and named values.

Every answer of the corpus is composed from such phrases, so that the model has to learn how
sentences go together instead of remembering one string per prompt.
"""

from __future__ import annotations

import random
import re
import zlib
from dataclasses import dataclass
from string import Template
from typing import Optional, Sequence, TypeVar

T = TypeVar("T")

EXACT_GRADE = 3.0
HELD_OUT_PERCENT = 10

_CHOICE = re.compile(r"\{([^{}]*\|[^{}]*)\}")


@dataclass
class Turn:
    """One exchange: what the user says, what is thought (analysis), what is answered (final)."""

    user: str
    final: str
    thought: Optional[str] = None
    needs_thought: bool = False  # sums are worked out in the analysis channel, whatever the effort
    worked: Optional[str] = None  # the answer with its steps, where there is no such channel
    key: Optional[str] = None  # what is asked, however it is worded; without it the wording itself
    grade: float = 1.0  # what a token of the answer counts; more for short exact answers than for prose
    brief: Optional[str] = None  # the answer when the instructions ask for a short one


def is_held_out(key: str) -> bool:
    """Whether an exercise is reserved for the evaluation. Independent of any seed."""
    return zlib.crc32(key.encode()) % 100 < HELD_OUT_PERCENT


def solved(user: str, steps: str, answer: str, key: Optional[str] = None) -> Turn:
    """A question whose answer must be worked out in steps."""
    return Turn(user, answer, steps, needs_thought=True, worked=f"{steps} {answer}", grade=EXACT_GRADE, key=key)


def spin(rng: random.Random, text: str, **values: object) -> str:
    """Choose one of every `{a|b|c}` (innermost first), then fill in `$name`.

    Braces without a bar, such as the `{id}` of a URL, are left alone.
    """
    while True:
        text, changed = _CHOICE.subn(lambda m: rng.choice(m.group(1).split("|")), text)
        if not changed:
            return Template(text).safe_substitute(values) if values else text


def some(rng: random.Random, items: Sequence[T], least: int, most: int) -> list[T]:
    """A random subset that keeps the order of `items`, since most lists here have a natural one."""
    count = min(len(items), rng.randint(least, most))
    return [items[i] for i in sorted(rng.sample(range(len(items)), count))]


def numbered(items: Sequence[str]) -> str:
    """A numbered list, one item a line."""
    return "\n".join(f"{i}. {item}" for i, item in enumerate(items, 1))


def bulleted(items: Sequence[str]) -> str:
    """A bulleted list, one item a line."""
    return "\n".join(f"- {item}" for item in items)


def sentence(text: str) -> str:
    """Upper-case the first letter, so that clauses can start sentences."""
    return text[:1].upper() + text[1:]
