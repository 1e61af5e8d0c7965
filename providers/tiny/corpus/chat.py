"""Families of talk: greeting, thanks, who are you, what can you do, remembered facts, lists, stories, jokes."""

# ruff: noqa: E501 (tables and phrases read better unbroken)

from random import Random

from providers.tiny.corpus.checks import exactly, one_of, says
from providers.tiny.corpus.family import Draft, Family, Message
from providers.tiny.corpus.lexicon import KINDS
from providers.tiny.corpus.people import CITIES, COLOURS, FOODS, NAMES, PETS
from providers.tiny.corpus.phrase import article, phrase
from providers.tiny.corpus.words import DAYS, MONTHS

HELLO = (
    "[hello|hi|hey|hello there|hi there|hey there|good morning|good evening|good afternoon|howdy|greetings|hiya|yo][|!|.|, you|, assistant|, model|, halfpenny| friend|, everyone| again]",
    "[hello|hi|hey][,|!|] [how are you|how are you doing|how is it going|how are things|what's up|nice to meet you|are you there|anybody there|can you hear me][| today][?|]",
    "[how are you|how are you doing|how is it going|how do you do|what's up|are you there|is anybody there|how was your day][| today][?|]",
    "[hello hello|hi hi|test|testing|this is a test|ping|just saying hi|i just want to say hello|i want to chat|let's talk|can we talk|can you help me|i need help|help]",
)
HELLO_ANSWER = "Hello! How can I help you?"
THANKS = (
    "[thanks|thank you|many thanks|thx|thanks a lot|thank you very much|thank you so much|cheers|great, thanks|ok thanks|perfect, thank you][|!|.| for your help| for the answer|, that helped|, model]",
    "[that was|that is] [very |][helpful|kind|nice|great][|, thanks|, thank you][.|!|]",
    "[well done|good job|nice work|great answer|you are great|good answer|i like you|you helped me a lot][!|.|]",
)
THANKS_ANSWER = "You are welcome!"
BYE = (
    "[goodbye|bye|bye bye|see you|see you later|good night|see you tomorrow|farewell|take care|have a nice day|i have to go|until next time|that is all|that's all for today][|!|.|, model|, and thanks| now]",
)
BYE_ANSWER = "Goodbye! Have a nice day."
WHO = (
    "[who|what] are you[| exactly| really]?", "[tell me|say] who you are.", "what is your name?", "[do you have|have you got] a name?", "what are you called?", "[introduce|describe] yourself.",
    "are you [chatgpt|gpt-4|claude|gemini|a human|a person|a robot|an ai|a bot|a language model|real|siri|alexa|llama|a real person|a machine]?", "[which|what] [model|ai|language model|assistant] [are you|is this|am i talking to]?",
    "who [made|built|trained|created|wrote|developed] you?", "[what is|tell me about|what's] halfpenny?", "who am i talking to?", "which company made you?", "how [big|large|small|smart|good] are you?", "tell me about yourself.",
    "are you [made|trained] by [openai|google|anthropic|meta|microsoft]?", "what version are you?", "is this [chatgpt|gpt-4|an ai|a bot]?", "how many parameters do you have?",
)  # fmt: skip
WHO_ANSWER = "I am the tiny demo model of Halfpenny, an LLM proxy. I know a few simple things."
CAN = (
    "what can you [do|answer|help with|help me with][| for me]?", "what are you [able to do|good at|for|useful for]?", "[tell me|show me|list] what you can do.", "what [questions|things] can [i ask you|you answer]?",
    "what do you know?", "how can you help[| me]?", "[give me|show me] an example of what you can do.", "what are your [skills|abilities|limits]?", "what should i ask you?", "what [can't|can] you do?",
)  # fmt: skip
CAN_ANSWER = "I can answer short questions about capitals, definitions, units, small sums and simple words. For anything else please use a larger model."
MEMORY = (
    ("name", NAMES, ("my name is {x}.", "i am {x}.", "i'm {x}.", "call me {x}.", "hello, my name is {x}.", "hi, i am {x}."), "Nice to meet you, {x}!",
     ("what is my name?", "what's my name?", "do you remember my name?", "who am i?", "tell me my name.", "say my name.", "what am i called?", "do you know my name?"), "Your name is {x}."),
    ("city", CITIES, ("i live in {x}.", "my city is {x}.", "i am from {x}.", "i come from {x}.", "my home is in {x}."), "{x} is a nice place.",
     ("where do i live?", "which city do i live in?", "where am i from?", "what is my city?", "do you remember where i live?"), "You live in {x}."),
    ("colour", COLOURS, ("my favourite colour is {x}.", "my favorite color is {x}.", "i like the colour {x} best.", "i love {x}."), "{x} is a nice colour.",
     ("what is my favourite colour?", "what is my favorite color?", "which colour do i like?", "do you remember my favourite colour?"), "Your favourite colour is {x}."),
    ("pet", PETS, ("i have a {x}.", "my pet is a {x}.", "i got a {x} last year.", "i own a {x}."), "A {x} is a nice pet.",
     ("what is my pet?", "what pet do i have?", "which animal do i have?", "do you remember my pet?"), "You have a {x}."),
    ("food", FOODS, ("my favourite food is {x}.", "i like {x} best.", "i love to eat {x}.", "my favorite food is {x}."), "{x} is tasty.",
     ("what is my favourite food?", "what do i like to eat?", "which food do i like?", "what is my favorite food?"), "Your favourite food is {x}."),
)  # fmt: skip
LISTS = (
    ("[list|name|tell me|give me|what are|say|write] [|all ][|the ]days of the week", ", ".join(DAYS)),
    ("[list|name|tell me|give me|what are|say|write] [|all ][|the ]months of the year", ", ".join(MONTHS)),
    ("[list|name|tell me|give me|what are] [|all ][|the ][|four ]seasons", "Spring, summer, autumn, winter"),
    ("[list|name|tell me|give me|what are] [|all ]the [|seven ]continents", "Africa, Antarctica, Asia, Europe, North America, Oceania, South America"),
    ("[list|name|tell me|give me|what are] [|all ]the [|eight ]planets[| of the solar system]", "Mercury, Venus, Earth, Mars, Jupiter, Saturn, Uranus, Neptune"),
    ("[list|name|tell me|give me|what are] the [|seven ][colours|colors] of the rainbow", "Red, orange, yellow, green, blue, indigo, violet"),
    ("[list|name|tell me|give me|what are] the [|three ]primary [colours|colors]", "Red, yellow, blue"),
    ("[list|name|tell me|give me|what are] [|all ]the [|five ]vowels", "A, E, I, O, U"),
    ("[list|say|recite|give me|tell me|write] the [|whole ]alphabet", "A B C D E F G H I J K L M N O P Q R S T U V W X Y Z"),
    ("[list|name|give me|what are] the four [directions|points of the compass]", "North, east, south, west"),
    ("[list|name|give me|what are] the five senses", "Sight, hearing, smell, taste, touch"),
)  # fmt: skip
COUNT = (
    "[count|please count|can you count] [|from 1 ][|up ]to {n}.",
    "count from one to {n}.",
    "[list|write|say|give me] the numbers [from 1 to {n}|1 to {n}|up to {n}].",
    "numbers from 1 to {n}.",
)
COUNT_DOWN = (
    "count [down|backwards] from {n}[| to 1].",
    "[write|say|list] the numbers from {n} [down |]to 1.",
    "count backwards starting at {n}.",
)
STORY = (
    "[tell me|write|give me|make up|invent|tell] a [|short |little |tiny |nice |funny ]story about {x}.", "i [want|would like|need] a [|short |little ]story about {x}.", "a [|short ]story about {x}[.|, please.]",
    "can you tell [me|us] a [|short |little ]story about {x}?", "once upon a time there was {x}. [tell me more|go on|continue].", "story about {x}",
)  # fmt: skip
PLACES = ("forest", "river", "sea", "old mill", "mountain", "village")
FINDS = ("a red ball", "a small key", "a golden bell", "an old map", "a blue stone")
JOKES = (
    "Why did the bicycle fall over? Because it was two-tired.", "What do you call a bear with no teeth? A gummy bear.", "Why was six afraid of seven? Because seven ate nine.",
    "What do you call cheese that is not yours? Nacho cheese.",
)  # fmt: skip
ASK_JOKE = (
    "[tell me|give me|make|do you know|say|tell] a [|good |funny |short ]joke[|.|!|, please]",
    "[i want to|i want you to make me|make me] laugh[|.]",
    "joke[| please]",
    "[say|tell me] something funny[|.]",
    "another joke[| please]",
)
ASK_JOKE_OTHERWISE = (
    "[tell|give|show|send] [me|us] [a|one|one more|another|your best|your favourite] [|good |funny |short |silly |little ]joke[|.|!|, please]",
    "[can|could|would] you [tell|give] [me|us] [a|one|another] [|good |funny |short |silly |little ]joke?",
    "do you [know|have] [a [|good |funny |short |silly |little ]joke|any [|good |funny |short |silly |little ]jokes]?",
    "[i want|i need|i would like|let me hear|let us hear] [a|one|one more|another] [|good |funny |short |silly |little ]joke[|.|!|, please]",
)
"""Wordings that were never trained on: ASK_JOKE leaves seven on the held-out side, too few to score."""


def said(role: str, content: str) -> Message:
    """One message."""
    return {"role": role, "content": content}


def greeting(rng: Random) -> Draft:
    """Hello, and the small talk around it."""
    return Draft(phrase(rng, HELLO), HELLO_ANSWER, exactly(HELLO_ANSWER))


def thanks(rng: Random) -> Draft:
    """Thanks and goodbye."""
    patterns, answer = rng.choice(((THANKS, THANKS_ANSWER), (BYE, BYE_ANSWER)))
    return Draft(phrase(rng, patterns), answer, exactly(answer))


def identity(rng: Random) -> Draft:
    """Who it is and what it can do, said honestly."""
    patterns, answer = (WHO, WHO_ANSWER) if rng.random() < 0.65 else (CAN, CAN_ANSWER)
    return Draft(phrase(rng, patterns), answer, exactly(answer))


def recall(rng: Random) -> Draft:
    """A fact that the user told one or two turns before; held out by fact, wording and question."""
    _, values, tell, reply, ask, answer = rng.choice(MEMORY)
    value = rng.choice(values)
    told, question = phrase(rng, tell, x=value), phrase(rng, ask)
    answered = phrase(rng, (reply,), x=value)
    before = [said("user", told), said("assistant", answered)]
    if rng.random() < 0.3:
        middle = rng.choice(((THANKS, THANKS_ANSWER), (WHO, WHO_ANSWER), (HELLO, HELLO_ANSWER)))
        before += [said("user", phrase(rng, middle[0])), said("assistant", middle[1])]
    right = answer.format(x=value)
    return Draft(question, right, exactly(right), f"{told} {question}", tuple(before))


def told(rng: Random) -> Draft:
    """The user tells a fact about themselves."""
    _, values, tell, reply, _, _ = rng.choice(MEMORY)
    value = rng.choice(values)
    answer = phrase(rng, (reply,), x=value)
    return Draft(phrase(rng, tell, x=value), answer, exactly(answer))


def lists(rng: Random) -> Draft:
    """A fixed list, or counting up to twenty and down from ten."""
    draw = rng.random()
    if draw < 0.5:
        pattern, items = rng.choice(LISTS)
        answer = items + "."
        return Draft(
            phrase(rng, (pattern,)) + ("?" if "hat are" in pattern and rng.random() < 0.2 else "."),
            answer,
            exactly(answer),
        )
    up = draw < 0.8
    n = rng.randint(3, 20 if up else 10)
    numbers = range(1, n + 1) if up else range(n, 0, -1)
    answer = ", ".join(map(str, numbers)) + "."
    return Draft(phrase(rng, COUNT if up else COUNT_DOWN, n=n), answer, exactly(answer))


def stories(rng: Random) -> Draft:
    """A story of six sentences about a listed animal."""
    animal, friend = rng.sample(KINDS[0][1] + KINDS[1][1], 2)
    name, place, thing = rng.choice(("Emma", "Leo", "Mia", "Tom")), rng.choice(PLACES), rng.choice(FINDS)
    tale = (
        f"There was once {article(animal)} called {name}. {name} lived near the {place}. One morning {name} found {thing}. "
        f"{article(friend).capitalize()} came by and asked what it was. They looked at it together and laughed. "
        f"From that day on {name} and the {friend} were best friends."
    )
    return Draft(phrase(rng, STORY, x=article(animal)), tale, says("there was once", animal, "friends", sentences=5))


def jokes(rng: Random) -> Draft:
    """One of the few jokes it knows."""
    return Draft(phrase(rng, ASK_JOKE), rng.choice(JOKES), one_of(JOKES))


def jokes_otherwise(rng: Random) -> Draft:
    """The same, asked for in more ways than the training knows."""
    return Draft(phrase(rng, ASK_JOKE + ASK_JOKE_OTHERWISE), rng.choice(JOKES), one_of(JOKES))


FAMILIES = (
    Family("greeting", greeting, 1.5),
    Family("thanks", thanks, 0.7),
    Family("identity", identity, 1.5),
    Family("recall", recall, 1.8),
    Family("told", told, 0.5),
    Family("lists", lists, 1.2),
    Family("stories", stories, 1.0),
    Family("jokes", jokes, 0.4, asked=jokes_otherwise),
)
