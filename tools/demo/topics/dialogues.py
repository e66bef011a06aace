"""What only a conversation can show: remembering what was said, and using tools."""

from __future__ import annotations

import json
import random
from typing import Callable, Sequence

from .phrases import EXACT_GRADE, Turn, is_held_out, spin
from .smalltalk import ANIMALS, COLOURS, NAMES


_CITIES = ("Paris", "Berlin", "Rome", "Madrid", "Oslo", "Tokyo", "Cairo", "London", "Vienna", "Lima", "Athens", "Dublin", "Lisbon", "Warsaw",
           "Ottawa", "Havana", "Nairobi", "Helsinki")
_FOODS = ("pizza", "soup", "bread", "cheese", "rice", "pasta", "salad", "fish", "cake", "apples", "honey", "noodles")
_JOBS = ("teacher", "doctor", "baker", "pilot", "painter", "farmer", "singer", "nurse", "writer", "gardener", "driver", "cook")
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December")

# what is told -> (values, ways to tell it, replies, ways to ask for it, answer); $v is the value
TOLD: dict[str, tuple[Sequence[str], str, str, str, str]] = {
    "name": (NAMES, "{My name is $v|I am $v|Hi, my name is $v|Hello, I am $v|Please call me $v}{.|!}",
             "{Nice to meet you, $v!|Hello $v, nice to meet you!} How can I help you?",
             "{What is my name|What's my name|Do you remember my name|Who am I|Tell me my name}?", "Your name is $v."),
    "colour": (COLOURS, "{My favorite color is $v|I like the color $v|The color I like most is $v}.", "{I will remember that you like $v.|Okay, you like $v.}",
               "{What is my favorite color|Which color do I like|Do you remember my favorite color}?", "Your favorite color is $v."),
    "pet": (ANIMALS, "{I have a $v|My pet is a $v}.", "{How nice! A $v is a good friend.|A $v sounds wonderful.}",
            "{What pet do I have|Which animal do I have|What is my pet}?", "You have a $v."),
    "number": (tuple(str(n) for n in range(1, 100)), "{Remember the number $v|Please remember the number $v|Keep the number $v in mind}.",
               "{I will remember the number $v.|Okay, the number is $v.}",
               "{What was the number|Which number did I tell you|What number should you remember|What is the number}?", "The number is $v."),
    "city": (_CITIES, "{I live in $v|My home is in $v}.", "{$v is a beautiful city.|How nice, $v is a great place to live.}",
             "{Where do I live|Which city do I live in|In which city do I live}?", "You live in $v."),
    "food": (_FOODS, "{My favorite food is $v|I like to eat $v}.", "{Good choice, $v is tasty.|I will remember that you like $v.}",
             "{What is my favorite food|What do I like to eat|Do you remember my favorite food}?", "Your favorite food is $v."),
    "job": (_JOBS, "{I work as a $v|I am a $v|My job is $v}.", "{Being a $v sounds interesting.|A $v has a lot to do.}",
            "{What is my job|What do I work as|Do you remember my job}?", "You work as a $v."),
    "month": (_MONTHS, "{My birthday is in $v|I was born in $v}.", "{$v is a good month for a birthday.|I will remember $v.}",
              "{When is my birthday|In which month is my birthday|When was I born}?", "Your birthday is in $v."),
}


def told(rng: random.Random, count: int) -> list[tuple[Turn, Turn]]:
    """(statement, later question) pairs about as many different things; the value is part of the question's key."""
    pairs = []
    for kind in rng.sample(tuple(TOLD), count):
        values, tell, reply, ask, answer = TOLD[kind]
        value = rng.choice(values)
        pairs.append((Turn(spin(rng, tell, v=value), spin(rng, reply, v=value)),
                      Turn(spin(rng, ask), spin(rng, answer, v=value), grade=EXACT_GRADE, key=f"{kind} {value}")))
    return pairs


def recall(rng: random.Random, between: Callable[[random.Random], Turn], reserved: bool = False) -> list[Turn]:
    """One to three things told, up to two other turns, then one or two of the things are asked for.

    Which things are told together is reserved for the evaluation, not the single ones: every word has been seen.
    """
    while True:
        pairs = told(rng, rng.choice((1, 2, 2, 3)))
        if is_held_out("recall " + ", ".join(sorted(question.key or "" for _, question in pairs))) == reserved:
            break
    turns = [statement for statement, _ in pairs] + [between(rng) for _ in range(rng.choice((0, 1, 1, 2)))]
    return turns + [question for _, question in rng.sample(pairs, min(len(pairs), rng.choice((1, 1, 2))))]


# function name -> (tools section of the developer message, question, argument name, argument values, results, answer)
_TOOLS = {
    "get_weather": ("// Get the weather.\ntype get_weather = (_: {\n// City name\nlocation: string,\n}) => any;",
                    "{What is the weather in $v|How is the weather in $v|Is it cold in $v|Tell me the weather in $v|What's the weather like in $v}?",
                    "location", ("Paris", "Berlin", "Rome", "Madrid", "Oslo", "Tokyo", "Cairo", "London", "Vienna", "Lima", "Dublin", "Athens"),
                    lambda rng: {"temp": rng.randint(-5, 35), "sky": rng.choice(("clear", "cloudy", "rainy"))},
                    lambda v, r: f"In {v} it is {r['sky']} with {r['temp']} degrees."),
    "get_time": ("// Get the current time in a city.\ntype get_time = (_: {\n// City name\ncity: string,\n}) => any;",
                 "{What time is it in $v|Tell me the time in $v|What is the time in $v}?",
                 "city", ("Paris", "Berlin", "Rome", "Madrid", "Oslo", "Tokyo", "Cairo", "London", "Vienna", "Lima"),
                 lambda rng: {"time": f"{rng.randint(0, 23):02d}:{rng.randint(0, 59):02d}"},
                 lambda v, r: f"It is {r['time']} in {v}."),
    "search_books": ("// Search the library.\ntype search_books = (_: {\nquery: string,\n}) => any;",
                     "{Find books about $v|Search for books about $v|Do you have books about $v}{.|?}",
                     "query", ("cats", "space", "music", "history", "cooking", "robots", "gardens", "the sea"),
                     lambda rng: {"count": rng.randint(1, 60)},
                     lambda v, r: f"I found {r['count']} books about {v}."),
}


def tool_call(rng: random.Random) -> tuple[str, str, str, str, str, str]:
    """(tools section, user, function, arguments, result, answer) of one call to a function tool."""
    name = rng.choice(tuple(_TOOLS))
    _, question, key, values, result_of, answer_of = _TOOLS[name]
    defined = [name] + [t for t in _TOOLS if t != name and rng.random() < 0.3]
    rng.shuffle(defined)
    section = "\n\n".join(_TOOLS[t][0] for t in defined)
    value = rng.choice(values)
    result = result_of(rng)
    return section, spin(rng, question, v=value), name, json.dumps({key: value}), json.dumps(result), answer_of(value, result)
