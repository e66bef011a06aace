"""Longer structured answers: comparisons, benefits and challenges, designs, API documentation."""

from __future__ import annotations

import random

from .phrases import Turn, bulleted, numbered, sentence, some, spin

# (first, second): what the first is, what the second is, rows (aspect, first, second), verdict
_PAIRS: dict[tuple[str, str], tuple[str, str, tuple[tuple[str, str, str], ...], str]] = {
    ("bubble sort", "quicksort"): (
        "swaps neighbours until the list is sorted", "picks a pivot and sorts the parts on both sides of it",
        (("Speed", "O(n^2) on average, slow for large lists", "O(n log n) on average, fast for large lists"),
         ("Worst case", "O(n^2)", "O(n^2) with bad pivots, which is rare"),
         ("Memory", "sorts in place with constant extra space", "needs O(log n) space for the recursion"),
         ("Stability", "stable, equal elements keep their order", "usually not stable"),
         ("Simplicity", "very easy to write", "a little harder to write")),
        "Use bubble sort only for learning or tiny lists, and quicksort for {real work|everything else}."),
    ("a stack", "a queue"): (
        "returns the newest element first", "returns the oldest element first",
        (("Order", "last in, first out", "first in, first out"), ("Operations", "push and pop", "enqueue and dequeue"),
         ("Typical use", "undo and function calls", "waiting jobs and messages")),
        "Use a stack to go back and a queue to be fair."),
    ("an array", "a linked list"): (
        "keeps its elements side by side in memory", "keeps its elements in nodes joined by links",
        (("Access", "any element in constant time", "n steps to the n-th element"), ("Insertion", "elements must be moved", "only two links change"),
         ("Memory", "compact and friendly to the cache", "extra space for links")),
        "Use an array by default and a linked list when you insert a lot in the middle."),
    ("TCP", "UDP"): (
        "is a reliable connection", "sends single packets without a connection",
        (("Reliability", "lost packets are sent again", "packets may be lost"), ("Order", "data arrives in order", "packets may arrive in any order"),
         ("Speed", "more overhead", "very little overhead"), ("Typical use", "web pages and files", "games, voice and video")),
        "Use TCP when every byte matters and UDP when speed matters more."),
    ("Python", "C"): (
        "is a high-level language", "is a low-level language",
        (("Speed", "slower, because it is interpreted", "very fast, because it is compiled"), ("Memory", "managed automatically", "managed by hand"),
         ("Learning", "easy to learn", "harder to learn"), ("Typical use", "scripts, data and teaching", "systems, engines and small devices")),
        "Use Python to be quick at writing and C to be quick at running."),
    ("a CPU", "a GPU"): (
        "has a few strong cores", "has thousands of small cores",
        (("Strength", "complex tasks one after another", "the same simple task many times"), ("Memory", "large and cheap", "small but very fast"),
         ("Typical use", "operating systems and logic", "graphics and neural networks")),
        "Most programs need a CPU, and large matrix work wants a GPU."),
    ("SQL", "NoSQL"): (
        "databases store rows in tables", "databases store documents or pairs",
        (("Schema", "fixed and checked", "flexible"), ("Queries", "one powerful language", "simple access by key"), ("Scaling", "mostly one large server", "many small servers")),
        "Use SQL for related data and NoSQL for simple data at a large scale."),
    ("cats", "dogs"): (
        "are quiet and independent", "are loyal and active",
        (("Time", "need little attention", "need walks every day"), ("Space", "are happy in a small flat", "like a garden"), ("Character", "choose their friends", "love the whole family")),
        "Both are wonderful friends, so it depends on your life."),
    ("tea", "coffee"): (
        "is made from leaves", "is made from roasted beans",
        (("Taste", "light and fresh", "strong and bitter"), ("Caffeine", "less", "more"), ("Time", "takes a few minutes", "can be very quick")),
        "Tea is for quiet moments and coffee is for busy mornings."),
}
# subject -> (definition, benefits, challenges, conclusion)
_ANALYSES: dict[str, tuple[str, tuple[str, ...], tuple[str, ...], str]] = {
    "renewable energy": (
        "Renewable energy comes from sources that do not run out, such as {sun, wind and water|the sun, the wind and rivers}.",
        ("Clean air: it causes {almost no|very little} pollution and {helps to slow|slows down} climate change.",
         "Endless supply: {sun and wind|the sources} will not run out.",
         "Low running costs: {once built, the fuel is free|sun and wind cost nothing}.",
         "Jobs: {new plants create work in many regions|building and repairing plants creates jobs}.",
         "Independence: countries need {less imported fuel|fewer imports}."),
        ("Changing weather: {the sun does not always shine and the wind does not always blow|power depends on sun and wind}.",
         "Storage: {large batteries are still expensive|energy must be stored for calm and dark days}.",
         "First costs: {building plants needs a lot of money|the first investment is high}.",
         "Grid: {power lines must be extended|old power lines must be improved}.",
         "Space: {large plants need land|wind and solar parks need a lot of land}."),
        "{Overall|In summary}, the benefits are {larger than the challenges|strong}, and {better storage|better batteries} will solve {many|most} of the problems."),
    "remote work": (
        "Remote work means doing a job away from the office, mostly at home.",
        ("Time: no daily travel.", "Freedom: people can plan their day.", "Cost: companies need fewer offices.", "Choice: teams can hire people from anywhere."),
        ("Contact: people may feel lonely.", "Focus: a home can be noisy.", "Security: data leaves the office.", "Limits: work and free time mix."),
        "{Overall|In summary}, a mix of home and office works best for many teams."),
    "electric cars": (
        "Electric cars use a battery and a motor instead of fuel.",
        ("Clean streets: they make no exhaust.", "Quiet: they are very silent.", "Running costs: power is cheaper than fuel.", "Service: there are fewer parts that can break."),
        ("Range: long trips need planning.", "Charging: it takes longer than filling a tank.", "Price: batteries are expensive.", "Materials: making batteries needs rare metals."),
        "{Overall|In summary}, electric cars fit daily trips already, and better batteries will do the rest."),
    "artificial intelligence": (
        "Artificial intelligence lets computers do tasks that need learning or language.",
        ("Speed: it reads large amounts of data quickly.", "Help: it supports doctors, teachers and engineers.", "Access: everybody can ask questions in plain language.", "Safety: it can warn people of danger."),
        ("Errors: it can be wrong and sound sure.", "Bias: it repeats the faults of its data.", "Energy: large models need much power.", "Work: some jobs will change."),
        "{Overall|In summary}, it is a strong tool that needs careful use."),
    "public transport": (
        "Public transport moves many people with buses, trams and trains.",
        ("Space: one bus replaces many cars.", "Clean air: it needs less energy per person.", "Cost: a ticket is cheaper than a car.", "Safety: accidents are rare."),
        ("Time: waiting and changing takes time.", "Crowds: trains are full in the morning.", "Money: lines are expensive to build.", "Reach: small villages are hard to serve."),
        "{Overall|In summary}, good lines make a city better for everybody."),
    "online learning": (
        "Online learning means taking courses over the internet.",
        ("Freedom: learn at any time.", "Choice: courses from the whole world.", "Cost: often free or cheap.", "Pace: repeat a lesson as often as you like."),
        ("Contact: fewer friends and teachers nearby.", "Discipline: it is easy to stop.", "Technology: it needs a good connection.", "Practice: some skills need a workshop."),
        "{Overall|In summary}, it is a great addition to classes in a room."),
    "open source software": (
        "Open source software is software whose code everybody can read and change.",
        ("Trust: everybody can check the code.", "Cost: it is free to use.", "Freedom: it can be changed to fit.", "Community: many people find and fix errors."),
        ("Support: nobody has to help.", "Money: developers are often not paid.", "Choice: there are many similar projects.", "Safety: a project may be abandoned."),
        "{Overall|In summary}, it is the base of most modern systems."),
    "microservices": (
        "Microservices split an application into small services that talk over the network.",
        ("Independence: teams can release alone.", "Scaling: only busy services grow.", "Safety: one error does not stop everything.", "Choice: each service can use its own language."),
        ("Complexity: there are many moving parts.", "Network: calls can be slow or fail.", "Data: consistent data is harder.", "Operation: good monitoring is needed."),
        "{Overall|In summary}, they help large teams, while small teams should start simple."),
}
# application -> its own parts of the architecture; the common parts are below
_DESIGNS: dict[str, tuple[tuple[str, str], ...]] = {
    "chat": (("WebSocket gateway", "{keeps an open connection to every user|holds the connections} and delivers messages {at once|in real time}"),
             ("Chat service", "{checks, stores and forwards messages|handles rooms and messages}"),
             ("Message queue", "{connects several servers|passes messages between servers} so that users on different servers can talk")),
    "todo list": (("Task service", "creates, changes and deletes tasks"), ("Reminder worker", "sends a note when a task is due")),
    "URL shortener": (("Link service", "makes a short code for every long address"), ("Redirect service", "looks up the code and sends the browser on")),
    "blog": (("Post service", "stores posts and comments"), ("Search index", "finds posts by words")),
    "file sharing": (("Upload service", "accepts files in small pieces"), ("Object store", "keeps the files safe in several copies")),
    "photo": (("Upload service", "accepts pictures"), ("Image worker", "makes small previews"), ("Object store", "keeps the pictures")),
    "shopping": (("Product service", "lists products and prices"), ("Order service", "handles carts and orders"), ("Payment service", "talks to the bank")),
}
# system -> resources: (plural, singular, fields with example values, a special action or None)
_APIS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "library": (("books", "book", "\"title\": \"Dune\", \"author\": \"Frank Herbert\""), ("members", "member", "\"name\": \"Ada\""), ("loans", "loan", "\"book_id\": 7, \"member_id\": 3")),
    "school": (("students", "student", "\"name\": \"Tom\", \"grade\": 5"), ("courses", "course", "\"title\": \"Art\""), ("teachers", "teacher", "\"name\": \"Rosa\"")),
    "hotel": (("rooms", "room", "\"number\": 12, \"beds\": 2"), ("guests", "guest", "\"name\": \"Max\""), ("bookings", "booking", "\"room_id\": 12, \"guest_id\": 4")),
    "shop": (("products", "product", "\"name\": \"Lamp\", \"price\": 20"), ("customers", "customer", "\"name\": \"Mia\""), ("orders", "order", "\"product_id\": 5, \"count\": 1")),
    "hospital": (("patients", "patient", "\"name\": \"Leo\", \"age\": 40"), ("doctors", "doctor", "\"name\": \"Vera\""), ("visits", "visit", "\"patient_id\": 2, \"doctor_id\": 1")),
    "zoo": (("animals", "animal", "\"name\": \"Rex\", \"kind\": \"lion\""), ("keepers", "keeper", "\"name\": \"Sam\""), ("feedings", "feeding", "\"animal_id\": 9, \"time\": \"10:00\"")),
}


def comparison(rng: random.Random) -> Turn:
    """Two things side by side."""
    pairs = tuple(_PAIRS)
    pair = pairs[0] if rng.random() < 0.3 else rng.choice(pairs)
    a, b = pair
    what_a, what_b, rows, verdict = _PAIRS[pair]
    algorithms = " algorithms" if a == "bubble sort" and rng.random() < 0.6 else ""
    user = spin(rng, "{Compare $a and $b$w{.|}|Compare $a and $b$w{.|}|Compare $a with $b.|What is the difference between $a and $b$w?|$A or $b, which is better?|What are the differences between $a and $b?}",
                a=a, b=b, A=sentence(a), w=algorithms)
    rows_chosen = some(rng, rows, max(3, len(rows) - 1), len(rows))
    opening = spin(rng, "{$A $wa, while $b $wb.|$A $wa. $B $wb.}", A=sentence(a), B=sentence(b), b=b, wa=what_a, wb=what_b)
    if rng.random() < 0.7:
        body = "\n".join(f"{aspect}:\n- {sentence(a)}: {x}.\n- {sentence(b)}: {y}." for aspect, x, y in rows_chosen)
    else:
        body = f"{sentence(a)}:\n" + bulleted([f"{s}: {x}" for s, x, _ in rows_chosen]) + f"\n\n{sentence(b)}:\n" + bulleted([f"{s}: {y}" for s, _, y in rows_chosen])
    closing = spin(rng, verdict)
    return Turn(user, f"{opening}\n\n{body}\n\n{closing}", f"I should compare {a} and {b} point by point.", brief=closing)


def analysis(rng: random.Random) -> Turn:
    """Benefits and challenges of a subject."""
    name = "renewable energy" if rng.random() < 0.3 else rng.choice(tuple(_ANALYSES))
    definition, benefits, challenges, conclusion = _ANALYSES[name]
    user = spin(rng, "{Analyze the benefits and challenges of $n|Analyze the benefits and challenges of $n|What are the benefits and challenges of $n|Discuss the advantages and disadvantages of $n|What are the pros and cons of $n|Analyze $n}", n=name)
    user += "?" if user.startswith("What") else rng.choice((".", ""))
    make = rng.choice((bulleted, numbered))
    good = [spin(rng, t) for t in some(rng, benefits, 3, 5)]
    bad = [spin(rng, t) for t in some(rng, challenges, 3, 5)]
    head_good, head_bad = spin(rng, "{Benefits:#Challenges:|Benefits:#Challenges:|The main benefits are:#The main challenges are:}").split("#")
    final = f"{spin(rng, definition)}\n\n{head_good}\n{make(good)}\n\n{head_bad}\n{make(bad)}\n\n{spin(rng, conclusion)}"
    return Turn(user, final, f"I should list the good and the bad sides of {name}.", brief=spin(rng, conclusion))


def design(rng: random.Random) -> Turn:
    """The architecture of a simple application."""
    app = "chat" if rng.random() < 0.4 else rng.choice(tuple(_DESIGNS))
    user = spin(rng, "{Design a simple $a application architecture|Design a simple $a application architecture|Design a $a application|How would you design a simple $a application|Design the architecture of a $a application|Describe the architecture of a $a application}", a=app)
    user += "?" if user.startswith("How") else rng.choice((".", ""))
    parts = [("Client", "{a web page or mobile app|a web or mobile app} that shows the {data|content} and sends user actions"),
             ("API server", "{handles login, profiles and settings|handles login and checks every request} over HTTPS")]
    parts += list(_DESIGNS[app])
    parts += [("Database", "{stores users and all data|keeps users and data} safely"), ("Cache", "{keeps hot data in memory|holds recent data in memory} for fast reads")]
    lines = [f"{name}: {spin(rng, role)}." for name, role in parts]
    opening = spin(rng, "{Here is|This is} a simple architecture for a $a application:", a=app)
    if app == "chat":
        flow = "{Flow: a user sends a message to the gateway|A user sends a message to the gateway}, the chat service stores it, and the queue delivers it to all members of the room."
    else:
        flow = "{Flow: the client|The client} calls the API server, the server uses the services, and the result goes back to the client."
    closing = spin(rng, "{To scale, add more servers behind a load balancer.|Start with one server and add more behind a load balancer when it grows.} {Use TLS everywhere and keep backups.|Monitor every part and keep backups.|}").strip()
    return Turn(user, f"{opening}\n\n{numbered(lines)}\n\n{spin(rng, flow)}\n\n{closing}", f"I should name the parts of a {app} application and how they work together.",
                brief="A client, an API server, " + ", ".join(name for name, _ in _DESIGNS[app]) + " and a database.")


def rest_api(rng: random.Random) -> Turn:
    """Documentation of a REST API."""
    system = "library" if rng.random() < 0.4 else rng.choice(tuple(_APIS))
    resources = _APIS[system]
    user = spin(rng, "{Document a REST API for a $s management system|Document a REST API for a $s management system|Write documentation for a $s REST API|Document a REST API for a $s|Describe a REST API for a $s management system|Design a REST API for a $s}{.|}", s=system)
    base = rng.choice(("/api/v1", "/api", "/v1"))
    sections = []
    for index, (plural, singular, _) in enumerate(resources[: rng.choice((2, 3))]):
        verbs = [f"GET {base}/{plural}: list all {plural}", f"GET {base}/{plural}/{{id}}: get one {singular}", f"POST {base}/{plural}: add a {singular}",
                 f"PUT {base}/{plural}/{{id}}: change a {singular}", f"DELETE {base}/{plural}/{{id}}: remove a {singular}"]
        kept = verbs if index == 0 else [v for v in verbs if not v.startswith(("PUT", "GET " + base + "/" + plural + "/"))]
        sections.append(f"{sentence(plural)}:\n{bulleted(kept)}")
    plural, singular, body = resources[0]
    example = f"Example: POST {base}/{plural} with {{{body}}} returns 201 and the new {singular}."
    opening = spin(rng, "{This API manages|The $S API manages} the $r of a $s. {All requests and answers use JSON.|All data is JSON.}", S=system, s=system, r=", ".join(r[0] for r in resources[:-1]) + " and " + resources[-1][0])
    closing = spin(rng, "{Errors:|Status codes:} 400 {bad request|invalid data}, 401 {not logged in|login needed}, 404 not found. {Every request needs a token in the Authorization header.|Send a token in the Authorization header.|}").strip()
    return Turn(user, f"{opening}\n\n" + "\n\n".join(sections) + f"\n\n{example}\n\n{closing}", f"I should document the endpoints for {', '.join(r[0] for r in resources)}.",
                brief=f"Use GET, POST, PUT and DELETE on {base}/{plural}.")
