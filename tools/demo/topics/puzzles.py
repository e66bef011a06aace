"""Measuring with two jugs: the benchmark's reasoning prompt, and a few neighbours of it.

The steps are simulated, not written down, so every state that the text mentions is right. The same action
is worded differently each time: a list of equal sentences is what a looping model writes, and scores so.
"""

from __future__ import annotations

import random

from .phrases import Turn, numbered, spin

# (small jug, large jug, goal, share of the samples)
_PROBLEMS = ((3, 5, 4, 7), (3, 5, 1, 1), (4, 7, 3, 1), (2, 5, 1, 1))
# The first, second, ... time that an action is done. $x: the jug, $y: the other one, $k: what flows.
_FILL = ("Fill the $x jug to the top.", "{Refill|Fill} the $x one once more.", "Bring the $x jug back to full.")
_POUR = ("Pour {from it|its water} into the $y jug{ until that is full|}.", "{Move|Shift} the other $k over to $y.", "Let $k flow {across|over} to the $y side.",
         "Finally, {top up|fill up} $y with $k of it.")
_EMPTY = ("Empty the $y jug {on the ground|completely}.", "Throw away what $y holds.")


def _pour(small: int, large: int, goal: int, start_large: bool) -> list[tuple[str, int, int, int]]:
    """Fill one jug, pour it into the other, empty the other when full: (action, amount, in small, in large)."""
    sizes = (large, small) if start_large else (small, large)
    source = target = 0
    steps: list[tuple[str, int, int, int]] = []
    while goal not in (source, target):
        if source == 0:
            amount, source, action = sizes[0], sizes[0], "fill"
        elif target == sizes[1]:
            amount, target, action = target, 0, "empty"
        else:
            amount = min(source, sizes[1] - target)
            source, target, action = source - amount, target + amount, "pour"
        steps.append((action, amount, target, source) if start_large else (action, amount, source, target))
    return steps


def jugs(rng: random.Random) -> Turn:
    """Measure a volume with two jugs, step by step, the shorter way."""
    small, large, goal, _ = rng.choices(_PROBLEMS, weights=[p[3] for p in _PROBLEMS])[0]
    unit = "gallon" if (small, large, goal) == (3, 5, 4) or rng.random() < 0.5 else "liter"
    v = dict(s=small, l=large, g=goal, u=unit, us=unit if goal == 1 else unit + "s")
    user = spin(rng, rng.choice((
        "You have $s-$u and $l-$u jugs. Measure exactly $g $us step-by-step",
        "You have {a $s-$u jug and a $l-$u jug|$s-$u and $l-$u jugs}. {Measure exactly $g $us|How do you measure exactly $g $us|How can you get exactly $g $us}{ step-by-step| step by step|}{.|?}",
        "{How can I|How do I} measure $g $us with a $s-$u jug and a $l-$u jug?",
    )), **v)
    start_large = min((True, False), key=lambda first: len(_pour(small, large, goal, first)))
    x, y = ("large", "small") if start_large else ("small", "large")
    times = {"fill": 0, "pour": 0, "empty": 0}
    lines = []
    for action, amount, a, b in _pour(small, large, goal, start_large):
        text = {"fill": _FILL, "pour": _POUR, "empty": _EMPTY}[action][times[action]]
        times[action] += 1
        lines.append(spin(rng, text, x=x, y=y, k=amount) + f" {a}/{b}")
    intro = spin(rng, "{Here is how to measure exactly $g $us|Here are the steps|You can do it in $n steps}, with the content of the small and the large jug after each:",
                 n=len(lines), **v)
    outro = spin(rng, "{Now|Done:} the $w-$u jug holds exactly $g $us.", w=small if a == goal else large, **v)
    return Turn(user, f"{intro}\n\n{numbered(lines)}\n\n{outro}", f"I track both jugs and look for {goal}. I start with the {x} jug.",
                brief=spin(rng, "Fill one jug, pour it into the other and repeat until one holds $g.", **v))
