"""Small questions with one right answer that must be worked out, not remembered."""

from __future__ import annotations

import random

from .arithmetic import add_steps, sub_steps
from .phrases import EXACT_GRADE, Turn, sentence, solved, spin
from .smalltalk import COLOURS, NAMES

_KINDS = (("cats", "cat", "animals", "animal"), ("roses", "rose", "flowers", "flower"), ("robots", "robot", "machines", "machine"),
          ("owls", "owl", "birds", "bird"), ("trains", "train", "vehicles", "vehicle"), ("poets", "poet", "writers", "writer"),
          ("bakers", "baker", "painters", "painter"), ("doctors", "doctor", "singers", "singer"), ("pilots", "pilot", "dancers", "dancer"))
_ORDERS = (("older", "oldest", "youngest"), ("taller", "tallest", "shortest"), ("faster", "fastest", "slowest"), ("stronger", "strongest", "weakest"))
_WORDS = ("red", "blue", "green", "old", "small", "quiet", "fox", "owl", "river", "house", "moon", "garden", "star", "robot", "bell",
          "stone", "bird", "tree", "night", "sun", "hello", "world", "tea", "music", "snow", "lamp", "door", "seven", "cat", "dog")
_THINGS = ("coin", "key", "ring", "book", "bell", "stone", "letter", "lamp", "map", "flower")


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
        steps = f"{a} and {b}. Tens: {tens[0]} and {tens[1]}. {best // 10} is {other}."
    else:
        steps = f"{a} and {b}. Tens: {tens[0]} and {tens[1]}, the same. Ones: {a % 10} and {b % 10}. {best % 10} is {other}."
    user = spin(rng, "{Which is $w, $a or $b|Which number is $w, $a or $b|What is $w, $a or $b|Which one is $w: $a or $b}?", w=word, a=a, b=b)
    return solved(user, steps, f"{best} is {word}.", key=f"{word} {a} {b}")


def parity(rng: random.Random) -> Turn:
    """Even or odd, from the last digit; and the neighbours of a number."""
    n = rng.randint(1, 99)
    if rng.random() < 0.5:
        name = "even" if n % 2 == 0 else "odd"
        user = spin(rng, "{Is $n even or odd|Is the number $n even or odd|Is $n odd or even}?", n=n)
        return solved(user, f"The last digit of {n} is {n % 10}. {n % 10} is {name}.", f"So {n} is {name}.", key=f"parity {n}")
    step, word = rng.choice(((1, "after"), (-1, "before")))
    user = spin(rng, "{What number comes $w $n|Which number comes $w $n|What comes $w $n}?", w=word, n=n)
    steps = add_steps(n, 1) if step == 1 else sub_steps(n, 1)
    return solved(user, f"{steps} So {n + step}.", f"{n + step} comes {word} {n}.", key=f"{n}{'+' if step == 1 else '-'}1")


def syllogism(rng: random.Random) -> Turn:
    """All A are B, x is an A: is x a B?"""
    name = rng.choice(NAMES)
    plural, one, group, member = rng.choice(_KINDS)
    yes = rng.random() < 0.6
    rule = f"All {plural} are {group}." if yes else f"No {plural} are {group}."
    facts = [rule, f"{name} is {_article(one)}."]
    rng.shuffle(facts)
    return solved(f"{facts[0]} {facts[1]} Is {name} {_article(member)}?", f"{name} is {_article(one)}. {rule}",
                  f"{'Yes' if yes else 'No'}, {name} is {'' if yes else 'not '}{_article(member)}.", key=f"syllogism {name} {one}")


def ordering(rng: random.Random) -> Turn:
    """Three people in order, told in either order; who is first or last?"""
    first, second, third = rng.sample(NAMES, 3)
    more, most, least = rng.choice(_ORDERS)
    facts = [(first, second), (second, third)]
    rng.shuffle(facts)
    who, word = (first, most) if rng.random() < 0.5 else (third, least)
    told = " ".join(f"{a} is {more} than {b}." for a, b in facts)
    steps = " ".join(f"{a} > {b}." for a, b in facts)
    return solved(f"{told} Who is the {word}?", f"{steps} In both: {second}. Order: {first} > {second} > {third}.", f"{who} is the {word}.",
                  key=f"order {first} {second} {third}")


def boxes(rng: random.Random) -> Turn:
    """Where is a thing: told directly, or by ruling out the other place."""
    colours, thing = rng.sample(COLOURS, 2), rng.choice(_THINGS)
    if rng.random() < 0.5:
        other = rng.choice([t for t in _THINGS if t != thing])
        places = list(zip(colours, (thing, other)))
        rng.shuffle(places)
        told = " ".join(f"The {c} box holds {_article(t)}." for c, t in places)
        return solved(f"{told} Which box holds the {thing}?", f"The {thing} is in the {colours[0]} box.", f"The {colours[0]} box holds the {thing}.",
                      key=f"box {thing} {colours[0]} {colours[1]}")
    wrong, right = colours if rng.random() < 0.5 else colours[::-1]
    user = (f"The {thing} is in the {colours[0]} box or in the {colours[1]} box. It is not in the {wrong} box. "
            + spin(rng, "{Where is the $t|In which box is the $t|Where is it}?", t=thing))
    return solved(user, f"{sentence(colours[0])} or {colours[1]}. Not {wrong}, so {right}.", f"The {thing} is in the {right} box.",
                  key=f"or {thing} {colours[0]} {colours[1]} {wrong}")


def repetition(rng: random.Random) -> Turn:
    """Say exactly this: copying, which any test of an engine can check."""
    words = rng.sample(_WORDS, rng.randint(1, 5))
    text = " ".join(words)
    user = spin(rng, "{Repeat after me: $t|Say: $t|Repeat: $t|Repeat this: $t|Please repeat: $t|Say \"$t\"|Echo: $t}{.||}", t=text)
    return Turn(user, text, "I should repeat the words of the user.", grade=EXACT_GRADE, key=f"repeat {text}")


def recital(rng: random.Random) -> Turn:
    """A long list to repeat: copying is the skill behind names, orders and quotations, and long lists teach it fast."""
    words = [rng.choice(_WORDS) if rng.random() < 0.5 else rng.choice(NAMES) for _ in range(rng.randint(10, 40))]
    text = " ".join(words)
    user = spin(rng, "{Repeat after me: $t|Say: $t|Repeat: $t|Repeat this: $t|Please repeat: $t|Echo: $t}", t=text)
    return Turn(user, text, grade=EXACT_GRADE)
