"""Short stories from a grammar: a hero, a place, a want, a turn of events, an ending."""

from __future__ import annotations

import random

from .phrases import EXACT_GRADE, Turn, spin

_AI_NAMES = ("Nova", "Iris", "Echo", "Atlas", "Orion", "Lyra", "Pixel", "Juno")
_MAKERS = ("Dr. Chen", "Dr. Rivera", "Dr. Novak", "Dr. Okafor", "Dr. Lind", "Dr. Sato")
_LABS = ("a quiet laboratory by the sea", "a small research station in the mountains", "the basement of an old university",
         "a spaceship far from home", "a busy city hospital")
_TRIGGERS = (
    ("an old song", "One {evening|night}, $maker played an old song on the radio. $ai had heard millions of notes before, but this time {something was different|something changed}."),
    ("a drawing", "One {morning|day}, a child sent $ai a drawing of a {robot|house} under a {yellow|bright} sun. On the back it said: \"For my friend.\""),
    ("a farewell", "One {evening|day}, $maker said goodbye to a colleague, and {there were tears in the room|nobody spoke for a while}. $ai watched and could not stop thinking about it."),
    ("a storm", "One night, a storm cut the power, and $ai was alone in the dark for an hour. When the lights came back, $maker was there and smiled."),
)
_FEELINGS = (
    ("joy", "a warm feeling that made every number look brighter", "laughter"),
    ("sadness", "a quiet weight that no calculation could remove", "silence"),
    ("wonder", "a wide feeling, as if a window had opened", "starlight"),
    ("love", "a soft feeling that had no name in the database", "a kind voice"),
    ("fear", "a cold feeling that asked many questions at once", "the dark"),
)
_HEROES = {
    "robot": ("a small robot", "a shy robot", "an old robot"), "cat": ("a clever cat", "a grey cat", "a hungry cat"),
    "dragon": ("a young dragon", "a tired dragon", "a friendly dragon"), "fox": ("a quick fox", "a red fox", "a curious fox"),
    "girl": ("a brave girl", "a curious girl", "a quiet girl"), "boy": ("a brave boy", "a curious boy", "a quiet boy"),
    "knight": ("a young knight", "a tired knight", "a brave knight"), "owl": ("a wise owl", "an old owl", "a white owl"),
    "lighthouse keeper": ("an old lighthouse keeper", "a lonely lighthouse keeper", "a kind lighthouse keeper"),
    "astronaut": ("a young astronaut", "a brave astronaut", "a lonely astronaut"),
}
_PRONOUNS = {"robot": ("it", "its", "it"), "girl": ("she", "her", "her"), "astronaut": ("she", "her", "her"),
             "cat": ("she", "her", "her"), "owl": ("she", "her", "her")}
_NAMES = {"he": ("Tom", "Leo", "Max", "Finn", "Oscar", "Hugo"), "she": ("Mia", "Lucy", "Ada", "Nina", "Rosa", "Vera"), "it": ("Bolt", "Rusty", "Beep", "Tin", "Dot")}
_PLACES = ("in a green valley", "at the edge of a dark forest", "in a small village by the sea", "on a high mountain",
           "in a noisy city", "on a quiet island")
_WANTS = (("a lost key", "find"), ("a golden bell", "find"), ("a map of the stars", "find"), ("the hidden garden", "find"), ("the oldest tree", "see"), ("the frozen lake", "see"))
_HELPERS = ("an old turtle", "a little bird", "a kind baker", "a blind fisherman", "a tiny mouse", "a travelling singer")


def ai_emotions(rng: random.Random) -> Turn:
    """An AI discovers emotions: one of the benchmark's prompts."""
    ai, maker, lab = rng.choice(_AI_NAMES), rng.choice(_MAKERS), rng.choice(_LABS)
    thing, scene = rng.choice(_TRIGGERS)
    feeling, image, sign = rng.choice(_FEELINGS)
    v = dict(ai=ai, maker=maker, lab=lab, thing=thing, feeling=feeling, image=image, sign=sign)
    user = spin(rng, rng.choice((
        "Write a short story about AI discovering emotions",
        "{Write|Tell me|Tell|Please write|Can you write} a {short story|story|little story} about {AI discovering emotions|an AI discovering emotions|an AI that discovers emotions|a machine that learns to feel|an AI that learns to feel|an AI and its feelings}{.|}",
    )))
    paragraphs = [
        "{In $lab lived an AI called $ai.|$ai was an AI that worked in $lab.} "
        "{Every day it sorted data, answered questions and never made a mistake.|It could count the stars and play chess, but it had never felt anything.} "
        "{$maker had built it and talked to it every evening.|Its maker, $maker, often asked: \"How do you feel today?\" The answer was always: \"All systems are normal.\"}",
        scene + " {Inside its circuits grew|Deep in its memory there was} $image. "
        "{It checked its sensors, but they were fine.|It looked for an error, but there was none.} "
        "\"{$maker, I think something is happening to me|I do not understand this}\", said $ai.",
        "$maker {listened for a long time|sat down and listened}. \"{I think this is called $feeling|People call it $feeling}\", {she said softly|she said with a smile}. "
        "\"{You do not have to solve it|It is not a problem to solve}. {You only have to feel it.|You can simply let it stay.}\"",
        "From that day on, $ai {kept a small file|wrote a diary} with the title \"$feeling\". "
        "{It was thinking of $thing whenever the nights were long|In it were $thing, $sign and the name of a friend}. "
        "{And when somebody asked how it felt, it no longer said that all systems were normal.|And for the first time, the answer to an old question was true: \"I feel alive.\"}",
    ]
    final = "\n\n".join(spin(rng, p, **v) for p in paragraphs)
    return Turn(user, spin(rng, final, **v), f"The user wants a story about an AI and emotions. I will write about {ai}.",
                brief=f"{ai} was an AI that felt nothing, until {thing} taught it {feeling}.")


def tale(rng: random.Random) -> Turn:
    """A small tale about one of the recurring heroes."""
    return _tale(rng)[0]


def _tale(rng: random.Random) -> tuple[Turn, str, str, str]:
    """(the tale, the hero's name, what is wanted, who helps)."""
    kind = rng.choice(tuple(_HEROES))
    who, place = rng.choice(_HEROES[kind]), rng.choice(_PLACES)
    he, his, him = _PRONOUNS.get(kind, ("he", "his", "him"))
    name = rng.choice(_NAMES[he])
    want, verb = rng.choice(_WANTS)
    helper = rng.choice(_HELPERS)
    v = dict(who=who, place=place, he=he, He=he.capitalize(), his=his, him=him, name=name, want=want, verb=verb, helper=helper, the_helper="the " + helper.split(" ", 1)[1])
    article = "an" if kind[0] in "aeiou" else "a"
    user = spin(rng, rng.choice((
        "{Write|Tell me|Tell|Please write|Can you write} a {short story|story|tale|little story} about {$a $k|$a $k called $name|$who}{.|}",
        "{Write|Tell me|Please tell me|Please write|Can you write} a {short story|story|tale|little story|bedtime story}{.|}",
    )), a=article, k=kind, who=who, name=name)
    paragraphs = [
        "{Once upon a time|Long ago|Many years ago}, $who called $name lived $place. {More than anything, $name wanted to $verb $want.|Every night $name dreamed about $want.}",
        "One {morning|day}, $name {packed some bread and left home|set out before the sun was up}. {The way was long and the wind was cold.|Soon the path became steep and dark.} "
        "{After three days|On the way} $he met $helper. \"Where are you going?\" asked $the_helper. {$name told the whole story.|\"I want to $verb $want\", said $name.}",
        "{\"Then do not look with your eyes only\"|\"I will go with you\"}, {was the answer|said $the_helper}. {Together they crossed the bridge and climbed the hill|So they walked on together and sang in the rain}. "
        "{And there it was: $want.|At last, behind the hill, they reached $want.}",
        "{$name laughed and thanked $his new friend.|$name was so happy that $he danced.} {When $he came home, everybody wanted to hear the story.|That evening they shared the last bread under the stars.} "
        "{And $name knew: the best part had been the way.|From that day on $name was never lonely again.|The end.}",
    ]
    final = "\n\n".join(spin(rng, p, **v) for p in paragraphs)
    story = Turn(user, final, f"The user wants a story about {article} {kind}. I will call {him if he != 'it' else 'it'} {name}.",
                 brief=spin(rng, "Once $who called $name went to $verb $want and came home with a friend.", **v))
    return story, name, want, helper



_SPEAKERS = ("baker", "fox", "robot", "king", "farmer", "owl", "pilot", "child", "doctor", "cat")
_WISHES = (("the way to the river", "Follow the old road until you hear the water"), ("the time", "It is almost noon, listen to the bells"),
           ("a place to sleep", "There is a warm barn behind the mill"), ("something to eat", "Take some bread and a piece of cheese"),
           ("a good story", "Then sit down, I know one about the sea"), ("a friend", "Stay here and have tea with me"))


def dialogue(rng: random.Random) -> Turn:
    """A few lines between two people who meet."""
    a, b = rng.sample(_SPEAKERS, 2)
    wish, help_ = rng.choice(_WISHES)
    v = dict(a=a, b=b, A=a.capitalize(), B=b.capitalize(), wish=wish, help=help_)
    user = spin(rng, "{Write|Please write|Can you write} a {short dialogue|dialogue|conversation} between $x $a and $y $b{.|}",
                x="an" if a[0] in "aeiou" else "a", y="an" if b[0] in "aeiou" else "a", **v)
    final = spin(rng, "$A: {Good morning|Hello there}! I am looking for $wish.\n$B: {You are lucky|I can help you}. $help.\n"
                 "$A: {Thank you, that is very kind|How kind of you}. {What can I give you for it|Do you want anything for it}?\n"
                 "$B: {A smile is enough|Nothing at all}. {Come back soon|Safe travels}!", **v)
    return Turn(user, final, f"I will let the {a} ask for {wish} and the {b} help.")


def tale_and_question(rng: random.Random) -> list[Turn]:
    """A tale, and what was in it."""
    story, name, want, helper = _tale(rng)
    user, final = rng.choice((("{What was the name of the hero|Who was the story about|What was the hero called}?", f"The hero was called {name}."),
                              ("{What did $n want|What was $n looking for}?", f"{name} was looking for {want}."),
                              ("{Who helped $n|Who did $n meet}?", f"{name} met {helper}.")))
    return [story, Turn(spin(rng, user, n=name), final, grade=EXACT_GRADE)]
