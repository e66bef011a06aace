"""Sums and conversions: the part of the demo models' world where an answer is right or wrong.

Each sum is worked out digit by digit. Single steps are facts about digits that the model sees thousands
of times, so pairs of operands it has never seen come out right too; a fixed share of all pairs (by hash)
never enters the corpus, to measure exactly that.
"""

from __future__ import annotations

import random

from . import phrases
from .phrases import EXACT_GRADE, Turn, solved, spin

LARGEST = 99
LARGEST_FACTOR = 10
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


# unit -> (smaller unit, how many, what is done to the number)
_UNITS = {
    ("kilometer", "meter"): 1000, ("kilogram", "gram"): 1000, ("liter", "milliliter"): 1000, ("meter", "centimeter"): 100,
    ("euro", "cent"): 100, ("centimeter", "millimeter"): 10, ("week", "day"): 7, ("hour", "minute"): 60, ("minute", "second"): 60,
}
_CONVERT_QUESTIONS = (
    "{How many $s are|How many $s are in|How many $s make} $n $l?",
    "{Convert|Please convert} $n $l {to|into} $s{.|}",
    "{What is|What are|How much is} $n $l in $s?",
)


def is_held_out(op: str, a: int, b: int) -> bool:
    """Whether this pair is reserved for the evaluation."""
    return phrases.is_held_out(f"{a}{op}{b}")


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
    return f"{a}+{b}. {first} {second}"


def sub_steps(a: int, b: int) -> str:
    """Column subtraction in words; a negative result is found by swapping the numbers."""
    if a < b:
        return f"{a}-{b}. {a} is smaller than {b}, so swap. {sub_steps(b, a)} So {b - a}, with minus: {a - b}."
    borrow = int(a % 10 < b % 10)
    if borrow:
        first = f"Ones: {a % 10} is less than {b % 10}, borrow: {a % 10 + 10}-{b % 10}={a % 10 + 10 - b % 10}."
        second = f"Tens: {a // 10}-{b // 10}-1={a // 10 - b // 10 - 1}."
    else:
        first = f"Ones: {a % 10}-{b % 10}={a % 10 - b % 10}."
        second = f"Tens: {a // 10}-{b // 10}={a // 10 - b // 10}."
    return f"{a}-{b}. {first} {second}"


def _operands(rng: random.Random) -> tuple[int, int]:
    """Mostly two-digit numbers; small ones often enough to be known as well."""
    def one() -> int:
        return rng.randint(0, LARGEST) if rng.random() < 0.85 else rng.randint(0, 12)
    return one(), one()


def _sum(question: str, op: str, a: int, b: int) -> Turn:
    steps, result = (add_steps(a, b), a + b) if op == "+" else (sub_steps(a, b), a - b)
    answer = f"{a} {op} {b} = {result}."
    return Turn(question, answer, f"{steps} So {result}.", needs_thought=True, worked=f"{steps} So {answer}", grade=EXACT_GRADE, key=f"{a}{op}{b}")


def addition(rng: random.Random) -> Turn:
    """A sum of two numbers up to 99."""
    a, b = _operands(rng)
    return _sum(spin(rng, rng.choice(_ADD_QUESTIONS), a=a, b=b), "+", a, b)


def subtraction(rng: random.Random) -> Turn:
    """A difference of two numbers up to 99, sometimes a negative one."""
    a, b = _operands(rng)
    if a < b and rng.random() < 0.7:
        a, b = b, a
    return _sum(spin(rng, rng.choice(_SUB_QUESTIONS if a >= b else _SUB_QUESTIONS[:5]), a=a, b=b), "-", a, b)


def below_zero(rng: random.Random) -> Turn:
    """A negative difference: the numbers are compared before anything is computed."""
    while True:
        turn = subtraction(rng)
        if "= -" in turn.final:
            return turn


def carry_on(rng: random.Random) -> list[Turn]:
    """A sum, and a second one that starts from its result."""
    while True:
        first = rng.choice((addition, subtraction))(rng)
        a = int(first.final.split("= ")[1][:-1])
        if 0 <= a <= LARGEST:
            break
    op = rng.choice("+-")
    b = rng.randint(0, LARGEST if op == "+" else a)
    words = "{Now add|Add|And then add} $b{ to that| to it|}{.|}" if op == "+" else "{Now subtract|Subtract|Now take away} $b{ from that| from it|}{.|}"
    return [first, _sum(spin(rng, words, b=b), op, a, b)]


def _multiples(a: int, b: int) -> str:
    return ", ".join(f"{i}: {i * a}" for i in range(1, b + 1))


def multiplication(rng: random.Random) -> Turn:
    """The multiplication table up to 10 x 10, by counting up."""
    a, b = rng.randint(1, LARGEST_FACTOR), rng.randint(1, LARGEST_FACTOR)
    question = spin(rng, rng.choice(_TIMES_QUESTIONS), a=a, b=b)
    return solved(question, f"{b} times {a}. {_multiples(a, b)}.", f"{a} x {b} = {a * b}.", key=f"{a}x{b}")


def conversion(rng: random.Random) -> Turn:
    """A number of units in a smaller unit: zeros to append, or the table of 6 or 7."""
    (large, small), factor = rng.choice(tuple(_UNITS.items()))
    n = rng.randint(2, 40) if factor in (10, 100, 1000) else rng.randint(2, LARGEST_FACTOR)
    question = spin(rng, rng.choice(_CONVERT_QUESTIONS), n=n, l=large + "s", s=small + "s")
    rule = f"1 {large} is {factor} {small}s."
    if factor == 7:
        steps = f"{rule} {n} times 7. {_multiples(7, n)}."
    elif factor == 60:
        steps = f"{rule} {n} times 6. {_multiples(6, n)}. With a zero: {n * 60}."
    else:
        zeros = {10: "one zero", 100: "two zeros", 1000: "three zeros"}[factor]
        steps = f"{rule} So {n} gets {zeros}: {n * factor}."
    return solved(question, steps, f"{n} {large}s are {n * factor} {small}s.", key=f"{n} {large} {small}")


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
