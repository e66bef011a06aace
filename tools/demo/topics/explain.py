"""Explanations of technical subjects: a definition, how it works in steps, what it is good for."""

from __future__ import annotations

import random

from .phrases import Turn, bulleted, numbered, some, spin

# subject -> (definition, steps in order, remarks)
_SUBJECTS: dict[str, tuple[str, tuple[str, ...], tuple[str, ...]]] = {
    "binary search": (
        "Binary search {finds|is a fast way to find} a value in a sorted list{ by halving the search range again and again| by cutting the list in half at every step}.",
        ("Start with the {whole list|full range}: low is the first index and high is the last.",
         "Look at the {middle element|element in the middle}.",
         "If it is the target, {the search is done|you are done}.",
         "If the target is smaller, {continue|go on} in the left half; if it is larger, {continue|go on} in the right half.",
         "Repeat until the value is found or the range is empty."),
        ("Every step halves the range, so it needs only about log2(n) comparisons.",
         "A list of 1000 elements takes at most 10 steps.",
         "The list must be sorted first, otherwise the result is wrong.")),
    "a hash table": (
        "A hash table stores pairs of keys and values and finds a key {in constant time on average|very quickly}.",
        ("A hash function turns the key into a number.", "The number selects a {bucket|slot} in an array.",
         "The pair is stored in that {bucket|slot}.", "If two keys share a bucket, both are kept in a short list.",
         "When the table becomes too full, it grows and all keys are placed again."),
        ("Lookups are fast as long as the hash function spreads the keys well.", "The order of the keys is not kept.")),
    "a linked list": (
        "A linked list is a {chain|row} of nodes, and every node knows the next one.",
        ("Each node holds a value and a link to the next node.", "The list remembers its first node, called the head.",
         "To find a value, follow the links from the head.", "To insert a node, change two links."),
        ("Inserting is cheap, but reaching the n-th element takes n steps.", "It needs more memory than an array because of the links.")),
    "a stack": (
        "A stack is a collection where the last element added is the first one removed.",
        ("Push puts an element on top.", "Pop takes the top element away.", "Peek looks at the top without removing it."),
        ("Function calls use a stack to remember where to return.", "Undo in an editor is a stack as well.")),
    "a queue": (
        "A queue is a collection where the first element added is the first one removed.",
        ("Enqueue adds an element at the end.", "Dequeue takes the element at the front.", "Elements leave in the order in which they came."),
        ("Printers and web servers use queues for waiting jobs.", "A bounded queue protects a system from overload.")),
    "recursion": (
        "Recursion means that a function {calls itself|solves a problem by calling itself} on a smaller problem.",
        ("Find a base case that can be answered at once.", "Reduce every other case to a smaller one.",
         "Let the function call itself for the smaller case.", "Combine the results on the way back."),
        ("Without a base case it would never end.", "Every call needs some space on the stack.")),
    "a cache": (
        "A cache keeps {copies of data|results} that are likely to be needed again in a faster place.",
        ("Look in the cache first.", "If the data is there, this is a hit and the answer is quick.",
         "If not, this is a miss: load the data from the slow place.", "Keep a copy for the next time.",
         "When the cache is full, remove what was not used for the longest time."),
        ("A cache helps when the same data is used often.", "Old copies must be refreshed, which is the hard part.")),
    "a compiler": (
        "A compiler translates {source code|a program} into machine code.",
        ("The lexer splits the text into tokens.", "The parser builds a tree from the tokens.",
         "The checker makes sure that names and types fit.", "The optimizer makes the code {faster|smaller and faster}.",
         "The code generator writes instructions for the machine."),
        ("Errors are found before the program runs.", "C, Rust and Go are compiled languages.")),
    "DNS": (
        "DNS is the phone book of the internet: it turns names into addresses.",
        ("Your computer asks a resolver for the name.", "The resolver asks a root server.", "The root server points to the server of the top-level domain.",
         "That server points to the server of the site.", "The address comes back and is cached."),
        ("Caching makes most lookups very fast.", "Every record has a time to live.")),
    "HTTP": (
        "HTTP is the protocol that {browsers and servers use to talk|browsers use to get pages from servers}.",
        ("The client opens a connection to the server.", "It sends a request with a method, a path and headers.",
         "The server finds or computes the answer.", "It sends back a status code, headers and a body.", "The client shows the result."),
        ("GET reads data and POST sends data.", "HTTPS is HTTP with encryption.")),
    "encryption": (
        "Encryption makes a message unreadable for everybody who does not have the key.",
        ("Both sides agree on a key.", "The sender mixes the message with the key.", "The result looks like noise.",
         "The receiver uses the key to get the message back."),
        ("A long random key is hard to guess.", "Public key methods let strangers agree on a key.")),
    "a database index": (
        "A database index is a sorted structure that helps to find rows {quickly|without reading the whole table}.",
        ("The index keeps the values of a column in order.", "Each value points to its row.", "A query searches the index first.",
         "Then it reads only the rows that match."),
        ("Reading becomes faster, but writing becomes a little slower.", "Most indexes are trees.")),
    "a load balancer": (
        "A load balancer spreads requests over several servers.",
        ("A request arrives at the balancer.", "The balancer picks a healthy server.", "It passes the request on.",
         "It checks all servers regularly.", "A server that fails gets no more requests."),
        ("The service stays up when one server dies.", "Simple balancers just take turns.")),
    "a mixture of experts": (
        "A mixture of experts is a neural network {in which only a few parts work for each token|that uses only a few of its experts for each token}.",
        ("A router looks at the token and gives every expert a score.", "The few experts with the best scores are chosen.",
         "Each chosen expert computes its answer.", "The answers are added, weighted by the scores."),
        ("The model can be large while each token stays cheap.", "The experts that are not used can wait in slower memory.",
         "Loading experts from slow memory is the main cost.")),
    "a language model": (
        "A language model predicts the next token of a text.",
        ("The text is split into tokens.", "Each token becomes a vector.", "Attention layers mix information between tokens.",
         "The last layer gives every possible next token a score.", "One token is chosen and added, and the process repeats."),
        ("It learns from many examples.", "It can be wrong, so check important facts.")),
    "attention": (
        "Attention lets every token look at the tokens before it.",
        ("Each token makes a query, a key and a value.", "The query is compared with all keys.", "The scores become weights that sum to one.",
         "The values are added with these weights."),
        ("It needs memory for all keys and values.", "A sliding window limits how far a token can look back.")),
    "quantization": (
        "Quantization stores the weights of a model with fewer bits.",
        ("The weights are cut into small blocks.", "Each block gets a scale.", "Each weight is rounded to one of a few values.",
         "While computing, the values are multiplied by the scale."),
        ("The model becomes smaller and often faster.", "The rounding costs a little quality.")),
    "garbage collection": (
        "Garbage collection frees memory that a program no longer uses.",
        ("The collector starts at the variables of the program.", "It follows all references and marks what it reaches.",
         "What is not marked cannot be used any more.", "That memory is freed."),
        ("Programmers do not have to free memory by hand.", "Collections can cause short pauses.")),
    "Git": (
        "Git is a version control system that remembers every state of a project.",
        ("You change some files.", "You add the changes to the next commit.", "You commit them with a message.",
         "You push the commits to a server.", "Others pull them and continue."),
        ("Branches let several people work at the same time.", "Old versions can always be restored.")),
    "photosynthesis": (
        "Photosynthesis is how plants turn sunlight into energy.",
        ("Leaves catch the light of the sun.", "Roots bring water from the soil.", "The leaves take carbon dioxide from the air.",
         "The plant makes sugar and gives off oxygen."),
        ("Almost all life depends on it.", "It works only during the day.")),
    "rain": (
        "Rain is water that falls from clouds.",
        ("The sun warms the sea and water evaporates.", "The vapour rises and cools down.", "Small drops form a cloud.",
         "The drops join and become heavy.", "They fall as rain."),
        ("Rain brings fresh water to plants, animals and people.", "Cold air turns it into snow.")),
}
_PLAIN_NAME = {name: name.split(" ", 1)[1] if name.startswith("a ") else name for name in _SUBJECTS}


def explanation(rng: random.Random) -> Turn:
    """How one subject works, as prose or as a list."""
    name = "binary search" if rng.random() < 0.15 else rng.choice(tuple(_SUBJECTS))
    definition, steps, remarks = _SUBJECTS[name]
    has_article = name.startswith("a ")
    user = spin(rng, "{Explain how $n works|Explain how $n works|How does $n work|Explain $n|What is $n|Can you explain $n|Tell me how $n works|Describe $n|Please explain how $n works}", n=name)
    user += "?" if user.startswith(("How", "What", "Can")) else rng.choice((".", ""))
    chosen = [spin(rng, s) for s in steps]
    closing = " ".join(spin(rng, r) for r in some(rng, remarks, 1, 2))
    opening = spin(rng, definition)
    if rng.random() < 0.7:
        final = f"{opening} {spin(rng, '{It works like this:|The steps are:|Here is how it works:}')}\n\n{numbered(chosen)}\n\n{closing}"
    else:
        final = f"{opening}\n\n{bulleted(chosen)}\n\n{closing}"
    topic = _PLAIN_NAME[name] if has_article else name
    return Turn(user, final, f"The user wants to know about {topic}. I will define it and list the steps.", brief=opening)
