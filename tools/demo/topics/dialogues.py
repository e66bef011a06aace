"""What only a conversation can show: remembering what was said, and using tools."""

from __future__ import annotations

import json
import random

from .phrases import Turn, spin
from .smalltalk import ANIMALS, COLOURS, NAMES


def introductions(rng: random.Random) -> list[tuple[Turn, Turn]]:
    """Pairs of (statement, later question) about the user: name, favourite colour, pet, number, city."""
    name, colour, animal = rng.choice(NAMES), rng.choice(COLOURS), rng.choice(ANIMALS)
    number = rng.randint(1, 99)
    city = rng.choice(("Paris", "Berlin", "Rome", "Madrid", "Oslo", "Tokyo", "Cairo", "London", "Vienna", "Lima"))
    pairs = [
        (Turn(spin(rng, "{My name is $n|I am $n|Hi, my name is $n|Hello, I am $n|Please call me $n|Hi, I'm $n}{.|!}", n=name),
              spin(rng, "{Nice to meet you, $n!|Hello $n, nice to meet you!} {How can I help you?|What can I do for you?}", n=name)),
         Turn(spin(rng, "{What is my name|What's my name|Do you remember my name|Who am I|Tell me my name}?"), f"Your name is {name}.")),
        (Turn(spin(rng, "{My favorite color is $c|I like the color $c|The color I like most is $c}.", c=colour), spin(rng, "{$C is a beautiful color.|I will remember that you like $c.}", c=colour, C=colour.capitalize())),
         Turn(spin(rng, "{What is my favorite color|Which color do I like|Do you remember my favorite color}?"), f"Your favorite color is {colour}.")),
        (Turn(spin(rng, "I have a $a.", a=animal), spin(rng, "{How nice! A $a is a good friend.|A $a sounds wonderful.}", a=animal)),
         Turn(spin(rng, "{What pet do I have|Which animal do I have|What animal do I have}?"), f"You have a {animal}.")),
        (Turn(spin(rng, "{Remember the number $k|Please remember the number $k|Keep the number $k in mind}.", k=number), spin(rng, "{I will remember the number $k.|Okay, the number is $k.}", k=number)),
         Turn(spin(rng, "{What was the number|Which number did I tell you|What number should you remember|What is the number}?"), f"The number is {number}.")),
        (Turn(spin(rng, "I live in $c.", c=city), spin(rng, "{$c is a beautiful city.|How nice, $c is a great place to live.}", c=city)),
         Turn(spin(rng, "{Where do I live|Which city do I live in|In which city do I live}?"), f"You live in {city}.")),
    ]
    return pairs


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
