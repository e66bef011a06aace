"""Measuring with two jugs: the benchmark's reasoning prompt, and a few neighbours of it.

The steps are simulated, not written down, so every state that the text mentions is right.
"""

from __future__ import annotations

import random

from .phrases import Turn, numbered, spin

# (small jug, large jug, goal, share of the samples)
_PROBLEMS = ((3, 5, 4, 6), (3, 5, 1, 1), (4, 7, 3, 1), (2, 5, 1, 1), (5, 8, 3, 1))


def _pour(small: int, large: int, goal: int, start_large: bool) -> list[tuple[str, int, int]]:
    """Fill one jug, pour it into the other, empty the other when full: (action, in small, in large)."""
    sizes = (large, small) if start_large else (small, large)
    source = target = 0
    steps: list[tuple[str, int, int]] = []
    while goal not in (source, target):
        if source == 0:
            source, action = sizes[0], "fill"
        elif target == sizes[1]:
            target, action = 0, "empty"
        else:
            amount = min(source, sizes[1] - target)
            source, target, action = source - amount, target + amount, "pour"
        steps.append((action, target, source) if start_large else (action, source, target))
    return steps


def jugs(rng: random.Random) -> Turn:
    """Measure a volume with two jugs, step by step."""
    small, large, goal, _ = rng.choices(_PROBLEMS, weights=[p[3] for p in _PROBLEMS])[0]
    unit = "gallon" if (small, large, goal) == (3, 5, 4) or rng.random() < 0.5 else "liter"
    v = dict(s=small, l=large, g=goal, u=unit, us=unit if goal == 1 else unit + "s")
    user = spin(rng, rng.choice((
        "You have $s-$u and $l-$u jugs. Measure exactly $g $us step-by-step{|.}",
        "You have {a $s-$u jug and a $l-$u jug|$s-$u and $l-$u jugs}. {Measure exactly $g $us|How do you measure exactly $g $us|How can you get exactly $g $us}{ step-by-step| step by step|}{.|?}",
        "{How can I|How do I} measure $g $us with a $s-$u jug and a $l-$u jug?",
    )), **v)
    start_large = (small, large, goal) != (3, 5, 1) and rng.random() < 0.7
    from_, into = ("$l", "$s") if start_large else ("$s", "$l")
    texts = {
        "fill": f"Fill the {from_}-$u jug{{| completely}}.",
        "pour": f"Pour {{water |}}from the {from_}-$u jug into the {into}-$u jug.",
        "empty": f"Empty the {into}-$u jug.",
    }
    lines = [spin(rng, texts[action] + " Now the $s-$u jug has $a and the $l-$u jug has $b.", a=a, b=b, **v)
             for action, a, b in _pour(small, large, goal, start_large)]
    _, a, b = _pour(small, large, goal, start_large)[-1]
    intro = spin(rng, "{Here is how to measure exactly $g $us:|Here are the steps:|You can do it in $n steps:}", n=len(lines), **v)
    outro = spin(rng, "{Now the $w-$u jug holds exactly $g $us.|Done: the $w-$u jug holds exactly $g $us.}", w=small if a == goal else large, **v)
    return Turn(user, f"{intro}\n\n{numbered(lines)}\n\n{outro}",
                f"I track both jugs and look for {goal}. I start with the {large if start_large else small}-{unit} jug.",
                brief=spin(rng, "Fill one jug, pour it into the other and repeat until one holds $g.", **v))
