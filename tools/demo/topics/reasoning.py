"""Small questions with one right answer that must be worked out, not remembered."""

from __future__ import annotations

import random

from .phrases import EXACT_GRADE, Turn, spin
from .smalltalk import NAMES, made_up_word

_KINDS = (("cats", "cat", "animals", "animal"), ("roses", "rose", "flowers", "flower"), ("robots", "robot", "machines", "machine"),
          ("owls", "owl", "birds", "bird"), ("trains", "train", "vehicles", "vehicle"), ("poets", "poet", "writers", "writer"))
_ORDERS = (("older", "oldest", "younger", "youngest"), ("taller", "tallest", "shorter", "shortest"),
           ("faster", "fastest", "slower", "slowest"), ("stronger", "strongest", "weaker", "weakest"))
_WORDS = ("red", "blue", "green", "old", "small", "quiet", "fox", "owl", "river", "house", "moon", "garden", "star", "robot", "bell",
          "stone", "bird", "tree", "night", "sun", "hello", "world", "tea", "music", "snow", "lamp", "door", "seven", "cat", "dog")


def _article(noun: str) -> str:
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"


def comparison(rng: random.Random) -> Turn:
    """Which of two numbers is larger or smaller: tens first, then ones."""
    a, b = rng.sample(range(100), 2)
    if rng.random() < 0.4:
        b = a // 10 * 10 + rng.choice([d for d in range(10) if d != a % 10])
    word, other = rng.choice((("larger", "more"), ("bigger", "more"), ("greater", "more"), ("smaller", "less")))
    best = max(a, b) if other == "more" else min(a, b)
    tens = (a // 10, b // 10)
    if tens[0] != tens[1]:
        steps = f"{a} and {b}. Tens: {tens[0]} and {tens[1]}. {best // 10} is {other}. So {best}."
    else:
        steps = f"{a} and {b}. Tens: {tens[0]} and {tens[1]}, the same. Ones: {a % 10} and {b % 10}. {best % 10} is {other}. So {best}."
    user = spin(rng, "{Which is $w, $a or $b|Which number is $w, $a or $b|What is $w, $a or $b|Which one is $w: $a or $b}?", w=word, a=a, b=b)
    return Turn(user, f"{best} is {word}.", steps, needs_thought=True, grade=EXACT_GRADE)


def parity(rng: random.Random) -> Turn:
    """Even or odd, from the last digit; and the neighbours of a number."""
    n = rng.randint(1, 99)
    if rng.random() < 0.5:
        name = "even" if n % 2 == 0 else "odd"
        user = spin(rng, "{Is $n even or odd|Is the number $n even or odd|Is $n odd or even}?", n=n)
        return Turn(user, f"{n} is {name}.", f"The last digit of {n} is {n % 10}. {n % 10} is {name}.", needs_thought=True, grade=EXACT_GRADE)
    step, word = rng.choice(((1, "after"), (-1, "before")))
    user = spin(rng, "{What number comes $w $n|Which number comes $w $n|What comes $w $n}?", w=word, n=n)
    sign = "+" if step == 1 else "-"
    return Turn(user, f"{n + step} comes {word} {n}.", f"{n}{sign}1 is {n + step}.", needs_thought=True, grade=EXACT_GRADE)


def syllogism(rng: random.Random) -> Turn:
    """All A are B, x is an A: is x a B? Half of the words are invented, so the form has to be learned."""
    name = rng.choice(NAMES)
    if rng.random() < 0.5:
        plural, one, group, member = rng.choice(_KINDS)
    else:
        one, member = made_up_word(rng), made_up_word(rng)
        plural, group = one + "s", member + "s"
    yes = rng.random() < 0.6
    rule = f"All {plural} are {group}." if yes else f"No {plural} are {group}."
    facts = [rule, f"{name} is {_article(one)}."]
    rng.shuffle(facts)
    verdict = f"{name} is {'' if yes else 'not '}{_article(member)}."
    return Turn(f"{facts[0]} {facts[1]} Is {name} {_article(member)}?", f"{'Yes' if yes else 'No'}, {verdict}",
                f"{name} is {_article(one)}. {rule} So {verdict}", needs_thought=True, grade=EXACT_GRADE)


def ordering(rng: random.Random) -> Turn:
    """Three people in order, told in any order and from either side; who is first or last?"""
    first, second, third = rng.sample(NAMES, 3)
    more, most, less, least = rng.choice(_ORDERS)
    def tell(a: str, b: str) -> str:
        return f"{a} is {more} than {b}." if rng.random() < 0.6 else f"{b} is {less} than {a}."
    facts = [tell(first, second), tell(second, third)]
    rng.shuffle(facts)
    best = rng.random() < 0.5
    who, word = (first, most) if best else (third, least)
    user = f"{facts[0]} {facts[1]} Who is the {word}?"
    return Turn(user, f"{who} is the {word}.", f"From {most} to {least}: {first}, {second}, {third}. So {who}.", needs_thought=True, grade=EXACT_GRADE)


def repetition(rng: random.Random) -> Turn:
    """Say exactly this: copying, which any test of an engine can check."""
    words = [rng.choice(_WORDS) if rng.random() < 0.6 else made_up_word(rng) for _ in range(rng.randint(1, 7))]
    if rng.random() < 0.15:
        words = [str(rng.randint(0, 99)) for _ in words]
    text = " ".join(words)
    user = spin(rng, "{Repeat after me: $t|Say: $t|Repeat: $t|Repeat this: $t|Please repeat: $t|Say \"$t\"|Echo: $t}{.||}", t=text)
    return Turn(user, text, "I should repeat the words of the user.", grade=EXACT_GRADE)


def recital(rng: random.Random) -> Turn:
    """A long list to repeat: copying is the skill behind names, orders and quotations, and long lists teach it fast."""
    words = [rng.choice(_WORDS) if rng.random() < 0.4 else rng.choice(NAMES) if rng.random() < 0.6 else made_up_word(rng)
             for _ in range(rng.randint(10, 40))]
    text = " ".join(words)
    user = spin(rng, "{Repeat after me: $t|Say: $t|Repeat: $t|Repeat this: $t|Please repeat: $t|Echo: $t}", t=text)
    return Turn(user, text, grade=EXACT_GRADE)
