"""Sums: the part of the demo model's world where an answer is right or wrong.

Each sum is worked out digit by digit in the analysis channel. Single steps are facts about digits
that the model sees thousands of times, so pairs of operands it has never seen come out right too;
a fixed share of all pairs (by hash) never enters the corpus, to measure exactly that.
"""

from __future__ import annotations

import random
import zlib

from .phrases import EXACT_GRADE, Turn, spin

HELD_OUT_PERCENT = 10
LARGEST = 99
DRILL_LENGTH = 45

_ADD_QUESTIONS = (
    "{What is|What's|what is|Calculate|Compute|Work out|How much is|Please compute|Tell me} $a + $b{?|}",
    "{What is|How much is|What's|Calculate|Compute} $a plus $b?",
    "{Add|Please add|Can you add|Sum} $a and $b{.|}",
    "$a + $b{ = ?|=?| =|?|}",
    "$a+$b{=?|=|?|}",
    "{What is|Find|Give me|Calculate} the sum of $a and $b{?|.}",
    "I have $a {apples|coins|books|marbles} and {get|find|buy} $b more. How many {do I have|are there} now?",
)
_SUB_QUESTIONS = (
    "{What is|What's|what is|Calculate|Compute|Work out|How much is|Please compute|Tell me} $a - $b{?|}",
    "{What is|How much is|What's|Calculate|Compute} $a minus $b?",
    "{Subtract|Please subtract|Take|Can you take} $b from $a{.|}",
    "$a - $b{ = ?|=?| =|?|}",
    "$a-$b{=?|=|?|}",
    "{What is|Find|Calculate} the difference between $a and $b?",
    "I have $a {apples|coins|books|marbles} and {lose|sell|give away} $b. How many {do I have|are} left?",
)
_TIMES_QUESTIONS = (
    "{What is|What's|How much is|Calculate|Compute} $a {times|x|*} $b?",
    "{Multiply|Please multiply} $a by $b{.|}",
    "$a {x|*} $b{ = ?|=?| =|?|}",
)


def is_held_out(op: str, a: int, b: int) -> bool:
    """Whether this pair is reserved for the evaluation. Independent of any seed."""
    return zlib.crc32(f"{a}{op}{b}".encode()) % 100 < HELD_OUT_PERCENT


def add_steps(a: int, b: int) -> str:
    """Column addition in words."""
    ones = a % 10 + b % 10
    carry = ones // 10
    tens = a // 10 + b // 10 + carry
    if carry:
        first = f"Ones: {a % 10}+{b % 10}={ones}, write {ones % 10}, carry 1."
        second = f"Tens: {a // 10}+{b // 10}+1={tens}."
    else:
        first = f"Ones: {a % 10}+{b % 10}={ones}."
        second = f"Tens: {a // 10}+{b // 10}={tens}."
    return f"{a}+{b}. {first} {second} So {a + b}."


def sub_steps(a: int, b: int) -> str:
    """Column subtraction in words; a negative result is found by swapping the numbers."""
    if a < b:
        return f"{a}-{b}. {a} is smaller than {b}, so swap. {sub_steps(b, a)} With minus: -{b - a}."
    borrow = int(a % 10 < b % 10)
    if borrow:
        first = f"Ones: {a % 10} is less than {b % 10}, borrow: {a % 10 + 10}-{b % 10}={a % 10 + 10 - b % 10}."
        second = f"Tens: {a // 10}-{b // 10}-1={a // 10 - b // 10 - 1}."
    else:
        first = f"Ones: {a % 10}-{b % 10}={a % 10 - b % 10}."
        second = f"Tens: {a // 10}-{b // 10}={a // 10 - b // 10}."
    return f"{a}-{b}. {first} {second} So {a - b}."


def _operands(rng: random.Random) -> tuple[int, int]:
    """Mostly two-digit numbers; small ones often enough to be known as well."""
    def one() -> int:
        return rng.randint(0, LARGEST) if rng.random() < 0.85 else rng.randint(0, 12)
    return one(), one()


def addition(rng: random.Random) -> Turn:
    """A sum of two numbers up to 99, never a held-out pair."""
    a, b = _operands(rng)
    while is_held_out("+", a, b):
        a, b = _operands(rng)
    question = spin(rng, rng.choice(_ADD_QUESTIONS), a=a, b=b)
    return Turn(question, f"{a} + {b} = {a + b}.", add_steps(a, b), needs_thought=True, grade=EXACT_GRADE)


def subtraction(rng: random.Random) -> Turn:
    """A difference of two numbers up to 99, rarely a negative one, never a held-out pair."""
    while True:
        a, b = _operands(rng)
        if a < b and rng.random() < 0.85:
            a, b = b, a
        if not is_held_out("-", a, b):
            break
    questions = _SUB_QUESTIONS if a >= b else _SUB_QUESTIONS[:5]
    question = spin(rng, rng.choice(questions), a=a, b=b)
    return Turn(question, f"{a} - {b} = {a - b}.", sub_steps(a, b), needs_thought=True, grade=EXACT_GRADE)


def multiplication(rng: random.Random) -> Turn:
    """The multiplication table up to 12 x 12, known by heart."""
    a, b = rng.randint(0, 12), rng.randint(0, 12)
    question = spin(rng, rng.choice(_TIMES_QUESTIONS), a=a, b=b)
    return Turn(question, f"{a} x {b} = {a * b}.", f"{a} times {b} is {a * b}.", needs_thought=True, grade=EXACT_GRADE)


def _digit_fact(rng: random.Random) -> tuple[str, int]:
    """One step of the column methods: digits with or without a carry or a borrow."""
    a, b = rng.randrange(10), rng.randrange(10)
    extra = int(rng.random() < 0.3)
    if rng.random() < 0.5:
        return f"{a}+{b}+1=" if extra else f"{a}+{b}=", a + b + extra
    if a < b:
        return f"{a + 10}-{b}=", a + 10 - b
    return (f"{a}-{b}-1=", a - b - 1) if extra and a > b else (f"{a}-{b}=", a - b)


def drill(rng: random.Random) -> tuple[str, list[tuple[str, str]]]:
    """A request and a sheet of digit facts, as (question, result) pairs: only the results can be learned.

    Worked sums contain two such facts among forty other tokens; sheets make them familiar much sooner.
    """
    user = spin(rng, "{Practice|Show me|Do|Write down} some {small sums|digit sums|easy sums}{.|}")
    facts = [_digit_fact(rng) for _ in range(DRILL_LENGTH)]
    return user, [(question, str(result)) for question, result in facts]
