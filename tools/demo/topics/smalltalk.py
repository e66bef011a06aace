"""Greetings, identity, simple facts, jokes, and what to say when a question is outside the toy world."""

from __future__ import annotations

import random

from .phrases import Turn, bulleted, numbered, sentence, spin

NAMES = ("Ada", "Alan", "Anna", "Ben", "Carla", "David", "Elena", "Emma", "Finn", "Grace", "Hugo", "Ida", "Ivan",
         "Jack", "Julia", "Kim", "Lara", "Leo", "Lucy", "Maria", "Max", "Mia", "Nina", "Noah", "Olga", "Oscar",
         "Paul", "Rosa", "Sam", "Sara", "Tom", "Vera", "Will", "Yuki", "Zoe", "Eric", "Fatima", "Omar", "Peter", "Rita")
COLOURS = ("red", "blue", "green", "yellow", "orange", "purple", "white", "black", "brown", "pink")
ANIMALS = ("cat", "dog", "horse", "owl", "fox", "rabbit", "turtle", "parrot", "goat", "hamster")
CAPITALS = {
    "France": "Paris", "Germany": "Berlin", "Italy": "Rome", "Spain": "Madrid", "Portugal": "Lisbon",
    "Austria": "Vienna", "Greece": "Athens", "Poland": "Warsaw", "Norway": "Oslo", "Sweden": "Stockholm",
    "Finland": "Helsinki", "Denmark": "Copenhagen", "Ireland": "Dublin", "Japan": "Tokyo", "China": "Beijing",
    "India": "New Delhi", "Egypt": "Cairo", "Kenya": "Nairobi", "Canada": "Ottawa", "Brazil": "Brasilia",
    "Peru": "Lima", "Cuba": "Havana", "the United Kingdom": "London", "the United States": "Washington",
}
OPPOSITES = (("hot", "cold"), ("big", "small"), ("fast", "slow"), ("old", "new"), ("up", "down"), ("day", "night"),
             ("open", "closed"), ("happy", "sad"), ("light", "dark"), ("early", "late"), ("full", "empty"),
             ("hard", "soft"), ("rich", "poor"), ("strong", "weak"), ("true", "false"), ("left", "right"))
LISTS = {
    "the days of the week": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "the four seasons": ("Spring", "Summer", "Autumn", "Winter"),
    "the planets of the solar system": ("Mercury", "Venus", "Earth", "Mars", "Jupiter", "Saturn", "Uranus", "Neptune"),
    "the months of the year": ("January", "February", "March", "April", "May", "June", "July", "August", "September",
                               "October", "November", "December"),
}
CHOICES = {
    "fruits": ("Apples", "Bananas", "Oranges", "Grapes", "Pears", "Cherries", "Plums"),
    "animals": ("Cats", "Dogs", "Horses", "Owls", "Foxes", "Rabbits", "Turtles"),
    "colours": ("Red", "Blue", "Green", "Yellow", "Orange", "Purple", "White"),
    "programming languages": ("C", "Python", "Rust", "Java", "Go", "JavaScript", "Haskell"),
    "vegetables": ("Carrots", "Potatoes", "Onions", "Peas", "Beans", "Tomatoes", "Leeks"),
}
JOKES = (
    "Why do programmers {like|prefer} dark mode? Because light attracts bugs.",
    "Why did the {robot|computer} go to the doctor? Because it had a virus.",
    "How does the ocean say hello? It waves.",
    "Why was the {number|digit} six afraid of seven? Because seven ate nine.",
    "What do you call a {sleeping|tired} bull? A bulldozer.",
    "Why did the student eat the homework? Because the teacher said it was a piece of cake.",
)
HAIKU = {
    "the sea": "{Grey|Blue|Soft} waves come and go,\nthe {wide|old} sea breathes in the night,\nand the stars listen.",
    "autumn": "{Red|Gold|Brown} leaves on the path,\nthe wind {carries|gathers} one more year,\nthen the trees are still.",
    "the moon": "{Pale|Round|Bright} moon on the hill,\n{silver|quiet} light in every field,\nnobody awake.",
    "computers": "{Small|Quick|Bright} lights in the dark,\na fan {hums|sings} its evening song,\nthe program returns.",
    "winter": "{White|Deep|Fresh} snow on the roof,\na {thin|small} bird looks for some bread,\nthe garden is asleep.",
}


def greeting(rng: random.Random) -> Turn:
    """Hello, and how are you."""
    user = spin(rng, rng.choice((
        "Hello, how are you?",
        "{Hello|Hi|Hey|Good morning|Good evening|Hi there|Hello there}{, how are you?|! How are you?|, how are you today?|! How are you doing?| how are you}",
        "{Hello|Hi|Hey|Good morning|Good afternoon|Good evening|Hi there|Hello there|hello|hi}{!|.|}",
        "How are you{ today| doing| doing today|}?",
    )))
    hello = "{Hello|Hi|Hello there|Hi there}"
    if "ow are you" in user:
        final = spin(rng, hello + "! I am {doing well|doing fine|very well|fine}, thank you{ for asking|}. "
                     "{How are you{ today|}?|I hope you are well too.|And how are you?} "
                     "{How can I help you{ today|}?|What can I do for you{ today|}?|What would you like to {talk about|do}{ today|}?}")
    else:
        final = spin(rng, hello + "! {How can I help you{ today|}?|What can I do for you{ today|}?|It is {nice|good} to meet you. How can I help?}")
    return Turn(user, final, "The user greets me. I should greet back and offer help.", brief="Hello! I am fine.")


def courtesy(rng: random.Random) -> Turn:
    """Thanks, goodbye, praise."""
    user, final = rng.choice((
        ("{Thank you|Thanks|Thanks a lot|Thank you very much}{!|.|}", "You are welcome! {I am glad to help.|Ask me anytime.|Happy to help.}"),
        ("{Goodbye|Bye|See you later|Good night|Bye bye}{!|.|}", "{Goodbye|Bye}! {Have a nice day.|See you soon.|It was nice to talk with you.}"),
        ("{Good job|Well done|Great|Great work|Nice}{!|.|}", "Thank you! {I am glad that helped.|Is there anything else I can do?}"),
        ("{Sorry|Excuse me|I am sorry}{!|.|}", "{No problem at all.|That is fine.} How can I help you?"),
        ("{I am sad|I feel sad|I am tired|I had a bad day}{.|}", "I am sorry to hear that. {Would you like to hear a joke?|A short walk or a cup of tea may help.}"),
        ("{I am happy|I feel great|I had a good day}{!|.|}", "{That is wonderful!|That is great to hear!} {What made you happy?|I am glad.}"),
    ))
    return Turn(spin(rng, user), spin(rng, final), "The user is being social. A short kind answer fits.")


def identity(rng: random.Random) -> Turn:
    """Who are you: an honest answer about a tiny model."""
    user, final = rng.choice((
        ("{Who|What} are you?", "I am {the spillway demo model|a small demo model}, a {tiny|very small} mixture-of-experts language model. {I know a toy world only, so please check what I say.|I was trained on a toy world, so I know only a few things.}"),
        ("What is your name?", "I am {the spillway demo model|called $MODEL}. {What is your name?|How can I help you?}"),
        ("{What can you do|How can you help me|What do you know|Help}?", "I can {add and subtract small numbers|work out small sums}, write {short stories|simple Python functions}, explain {technical topics|how things work} and chat{ a little|}. {What would you like to try?|Just ask me.}"),
        ("{Are you|Is this} {a real person|a human|ChatGPT|an AI|a robot}?", "I am a {small|tiny} language model{, not a person|}. {I was made to test the spillway engine.|I run inside the spillway engine.}"),
        ("{Who made you|Who trained you|Where do you come from}?", "I was trained from {scratch|zero} by the spillway project, on text that the project itself {generates|makes}."),
        ("How {big|large} are you?", "I am {tiny|very small}: a few million parameters, in a few layers with many small experts each."),
    ))
    return Turn(spin(rng, user), spin(rng, final), "The user asks about me. I should be honest: I am a small demo model.")


def fact(rng: random.Random) -> Turn:
    """Facts of the toy world: capitals, opposites, lists, small questions."""
    kind = rng.randrange(7)
    if kind <= 1:
        country, city = rng.choice(tuple(CAPITALS.items()))
        user = spin(rng, "{What is|What's|Tell me|Name} the capital {city |}of $c{?|?|.}", c=country)
        return Turn(user, f"The capital of {country} is {city}.", "The user asks for a capital city.", brief=f"{city}.")
    if kind == 2:
        a, b = rng.choice(OPPOSITES)
        if rng.random() < 0.5:
            a, b = b, a
        user = spin(rng, "{What is|Tell me|Name} the opposite of {$a|\"$a\"}?", a=a)
        return Turn(user, f"The opposite of {a} is {b}.", "The user asks for an opposite.", brief=f"{sentence(b)}.")
    if kind == 3:
        name, items = rng.choice(tuple(LISTS.items()))
        user = spin(rng, "{List|Name|What are|Tell me|Give me} $n{.|?|}", n=name)
        head = spin(rng, "{Here are $n:|These are $n:}", n=name)
        return Turn(user, head + "\n\n" + numbered(items), "The user wants a list. I will number it.", brief=", ".join(items) + ".")
    if kind == 4:
        name, items = rng.choice(tuple(CHOICES.items()))
        count, word = rng.choice(((3, "three"), (3, "3"), (4, "four"), (5, "five"), (5, "5")))
        chosen = rng.sample(items, count)
        user = spin(rng, "{List|Name|Give me|Tell me} $w $n{.|}", w=word, n=name)
        head = spin(rng, "{Here are $w $n:|Sure! Here are $w $n:}", w=word, n=name)
        return Turn(user, head + "\n\n" + rng.choice((numbered, bulleted))(chosen), f"The user wants a list of {word} {name}.")
    if kind == 5:
        start, end = 1, rng.randint(3, 20)
        user = spin(rng, "{Count|Please count|Can you count} {from 1 |}to $e{.|}", e=end)
        return Turn(user, ", ".join(str(i) for i in range(start, end + 1)) + ".", f"I have to count from 1 to {end}.")
    user, final = rng.choice((
        ("{Why is the sky blue|What makes the sky blue}?", "The sky is blue because air scatters blue light more than red light. {At sunset the light takes a longer way, so more red is left.|}"),
        ("{How many days are in a week|How long is a week}?", "A week has seven days."),
        ("{How many months are in a year|How long is a year}?", "A year has twelve months."),
        ("{What is water made of|What is H2O}?", "Water is made of hydrogen and oxygen."),
        ("{What do plants need to grow|How do plants grow}?", "Plants need {light, water and air|water, light and good soil}. {They turn sunlight into energy for growth.|}"),
        ("{How far away is the moon|How far is the moon}?", "The moon is about 384 thousand kilometres away from Earth."),
        ("{How fast is light|What is the speed of light}?", "Light travels at about 300 thousand kilometres per second."),
        ("{What is the largest planet|Which planet is the largest}?", "Jupiter is the largest planet of the solar system."),
        ("{What is the meaning of life|Why are we here}?", "{Some say it is 42.|That is a big question for a small model.} {I think kindness is a good start.|Perhaps it is to learn and to be kind.}"),
    ))
    return Turn(spin(rng, user), spin(rng, final), "The user asks for a simple fact.")


def fun(rng: random.Random) -> Turn:
    """Jokes and short poems."""
    if rng.random() < 0.5:
        user = spin(rng, "{Tell me|Do you know|Give me} a {joke|funny joke|good joke}{.|!|?|}")
        return Turn(user, spin(rng, rng.choice(JOKES)), "The user wants a joke.")
    about, poem = rng.choice(tuple(HAIKU.items()))
    user = spin(rng, "{Write|Please write|Compose|Give me} a {haiku|short poem|poem} about $a{.|}", a=about)
    return Turn(user, spin(rng, poem), f"The user wants a short poem about {about}.")


def made_up_word(rng: random.Random, longest: int = 2) -> str:
    """A word nobody has seen, so that the polite refusal learns to copy instead of to remember."""
    starts = ("b", "br", "c", "d", "dr", "f", "g", "gl", "h", "j", "k", "l", "m", "n", "p", "pl", "qu", "r", "s", "st", "t", "tr", "v", "w", "z")
    vowels = ("a", "e", "i", "o", "u", "ea", "oo", "ai")
    ends = ("", "", "n", "r", "t", "l", "ck", "rd", "nt", "m")
    return "".join(rng.choice(starts) + rng.choice(vowels) + rng.choice(ends) for _ in range(rng.randint(1, longest)))


_OUTSIDE = ("football", "the stock market", "history", "medicine", "law", "cooking", "music", "chemistry", "cars", "fashion",
            "ancient Rome", "quantum physics", "the ocean", "politics", "chess", "philosophy", "economics", "biology")


def outside(rng: random.Random) -> Turn:
    """A question outside the toy world gets a polite, honest answer that names the subject."""
    subject = rng.choice(_OUTSIDE) if rng.random() < 0.4 else made_up_word(rng, longest=3)
    user = spin(rng, "{What is $s?|Tell me about $s.|What do you know about $s?|Explain $s.|Who is $s?|Can you explain $s?|I want to know about $s.}", s=subject)
    final = spin(rng, "{I am sorry, but I|I} {do not know much|know very little|know nothing} about $s. "
                 "{I am a small demo model and know only a toy world.|My world is very small.} "
                 "{Try a small sum, a story or a simple Python function.|You can ask me for a story or a small sum.|Please ask me something simpler.}", s=subject)
    return Turn(user, final, f"I do not know about {subject}. I should say so.")
