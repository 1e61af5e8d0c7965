"""Families that read a short text: topic, sentiment, finding a field, JSON, copying."""

# ruff: noqa: E501, SIM905 (tables and phrases read better unbroken)

import json
from random import Random

from providers.tiny.corpus.checks import exactly, is_json
from providers.tiny.corpus.family import Draft, Family
from providers.tiny.corpus.people import CITIES, COLOURS, FOODS, JOBS, NAMES, PETS
from providers.tiny.corpus.phrase import article, phrase
from providers.tiny.corpus.words import WORDS

TOPICS = (
    (
        "sports",
        (
            "the [team|striker|goalkeeper|runner|coach] [won|lost|missed] the [match|race|final|game] [yesterday|on Sunday|in the last minute]",
            "our [club|players] scored [two|three|four] goals in the [first|second] half",
            "the [tennis|football|basketball] [season|tournament] starts in [May|June|autumn]",
        ),
    ),
    (
        "food",
        (
            "the [soup|pasta|cake|bread|curry] was [baked|cooked|served] with [garlic|butter|cheese|fresh herbs]",
            "this [recipe|dish|sauce] needs [two eggs|more salt|olive oil|a pinch of pepper]",
            "the [chef|cook] prepared a [tasty|spicy|simple] [meal|salad|dessert]",
        ),
    ),
    (
        "weather",
        (
            "it will [rain|snow|be sunny|be windy] [tomorrow|all day|in the north|this weekend]",
            "a [cold|warm|heavy] [storm|wind|front] [comes from|moves to] the [west|north|coast]",
            "the temperature will [rise|fall] to [five|ten|twenty] degrees [tonight|tomorrow]",
        ),
    ),
    (
        "computers",
        (
            "the [laptop|server|computer] needs [more memory|a new disk|an update]",
            "the new [software|program|app] [crashes|runs slowly|has a bug] after the update",
            "she installed a [driver|printer|database|browser] on her [laptop|computer]",
        ),
    ),
    (
        "music",
        (
            "the [band|singer|orchestra] [played|recorded] a [new song|quiet melody|famous symphony]",
            "her [guitar|piano|violin] [solo|concert] was [loud|beautiful|too short]",
            "the [album|record|choir] has [ten|twelve|many] [songs|voices]",
        ),
    ),
    (
        "money",
        (
            "the bank [raised|lowered] its interest rate",
            "[shares|prices|taxes|rents] [rose|fell] by [two|three|five] percent [today|this year]",
            "the company [paid|saved|borrowed] [a lot of money|two million dollars]",
        ),
    ),
    (
        "animals",
        (
            "the [cat|dog|fox|rabbit] [sleeps|hides|plays] [in the garden|under the table|near the barn]",
            "[wolves|lions|bears] hunt [at night|in the forest|for their young]",
            "the [horse|cow|sheep] [eats|likes] [grass|hay]",
        ),
    ),
    (
        "travel",
        (
            "we [booked|took] a [flight|train|hotel|bus] to the [coast|mountains|city]",
            "the [passport|ticket|suitcase] was [lost|left] at the [airport|station|hotel]",
            "our [holiday|trip|tour] [starts|ends] at the [beach|harbour|old town]",
        ),
    ),
)
ASK_TOPIC = (
    "[classify the|what is the|tell me the|name the] topic[| of this sentence| of this text]: {t}",
    "[which|what] topic is this about[?|:] {t}",
    "what is this [sentence|text] about? {t}",
    "{t} [What is the topic|What is this about|Which topic is this|Topic]?",
    "topic: {t}",
    "[label|classify] this [sentence|text] by topic: {t}",
)
GOOD = (
    "great",
    "wonderful",
    "excellent",
    "lovely",
    "fantastic",
    "delicious",
    "perfect",
    "amazing",
    "very good",
    "brilliant",
)
BAD = (
    "terrible",
    "awful",
    "horrible",
    "boring",
    "bad",
    "disgusting",
    "useless",
    "very poor",
    "disappointing",
    "a waste of money",
)
THINGS = "film book hotel meal phone service concert game room pizza coffee staff laptop trip play shop car teacher song soup".split()
OPINION = (
    "the {x} was {w}.",
    "i think the {x} is {w}.",
    "what a day: the {x} was {w}.",
    "the {x} was {w} and [we will|i will] {end}.",
    "[honestly|really|in my opinion], the {x} was {w}.",
    "my [friend|sister|brother] says the {x} is {w}.",
    "{w}! i {feel} this {x}.",
    "i {feel} the {x}, it was {w}.",
)
ASK_SENTIMENT = (
    "[is this positive or negative|positive or negative][?|:] {t}",
    "[what is the sentiment|classify the sentiment|tell me the sentiment|sentiment][| of this review| of this text]: {t}",
    "{t} [Is this positive or negative|Positive or negative|What is the sentiment|Is that a good or a bad review]?",
    "is this review [good or bad|positive or negative]? {t}",
    "[label|classify] this [review|sentence|comment] as positive or negative: {t}",
)
PERSON = (
    "{name} is {age} years old, lives in {city} and works as {job}.",
    "{name} is {job} from {city} and is {age} years old.",
    "{name}, {age}, is {job} in {city}.",
    "My neighbour {name} lives in {city}. {name} is {age} and works as {job}.",
    "In {city} I met {name}, {job} of {age} years.",
    "This is {name}. {name} is {age} years old, comes from {city} and is {job}.",
    "{name} moved to {city} at the age of {age} and became {job}.",
)
FIND = {
    "name": (
        "what is the name[| of the person| in the text]?",
        "[who is this about|who is the person|what is the person called]?",
        "find the name[| in the text].",
        "extract the name.",
    ),
    "age": (
        "how old is [the person|{name}|this person]?",
        "what is the age[| of the person]?",
        "find the age.",
        "extract the age.",
    ),
    "city": (
        "[which|what] city is [mentioned|in the text|this]?",
        "what is the city[| in the text]?",
        "find the city.",
        "extract the city.",
        "which city is named?",
    ),
    "job": (
        "what is the job[| of the person]?",
        "what does [the person|{name}] do for work?",
        "find the job.",
        "extract the job.",
        "what is the profession?",
    ),
}
AS_JSON = (
    "extract {fields} as JSON[.|:]", "[return|give me|write] {fields} as JSON[.|:]", "[turn|convert] this into JSON with {fields}[.|:]", "answer in JSON with {fields}[.|:]",
    "[make|build] a JSON object with {fields}[.|:]", "JSON with {fields}[ please|][.|:]",
)  # fmt: skip
SAY = (
    '[say|repeat|write|copy|print] "{x}".',
    "[repeat|say] after me: {x}",
    "[repeat|copy|echo] this: {x}",
    "[repeat|copy|echo]: {x}",
    'repeat the [words|text] "{x}".',
    'say "{x}" and nothing else.',
    "write [exactly|only] this: {x}",
)


def topics(rng: Random) -> Draft:
    """The topic of one sentence, out of eight."""
    topic, patterns = rng.choice(TOPICS)
    sentence = phrase(rng, patterns) + "."
    return Draft(phrase(rng, ASK_TOPIC, t=sentence), topic.capitalize(), exactly(topic), sentence)


def sentiment(rng: Random) -> Draft:
    """Whether a one-sentence review is positive or negative."""
    positive = rng.random() < 0.5
    word = rng.choice(GOOD if positive else BAD)
    feel = rng.choice(("love", "like", "enjoyed") if positive else ("hate", "dislike", "regret"))
    end = rng.choice(("come back", "tell everybody") if positive else ("never come back", "ask for our money back"))
    review = phrase(rng, OPINION, x=rng.choice(THINGS), w=word, feel=feel, end=end)
    answer = "Positive" if positive else "Negative"
    return Draft(phrase(rng, ASK_SENTIMENT, t=review), answer, exactly(answer), review)


def person(rng: Random) -> dict[str, str]:
    """A made-up person."""
    return {
        "name": rng.choice(NAMES),
        "age": str(rng.randint(18, 79)),
        "city": rng.choice(CITIES),
        "job": rng.choice(JOBS),
    }


def about(rng: Random, who: dict[str, str]) -> str:
    """A sentence that tells everything about `who`."""
    return rng.choice(PERSON).format(**{**who, "job": article(who["job"])})


def _joined(rng: Random, task: str, text: str) -> str:
    if rng.random() < 0.5:
        return (
            task.rstrip(".:") + rng.choice((": ", ":\n", ":\n\n")) + text
            if not task.endswith("?")
            else task + rng.choice((" ", "\n", "\n\n")) + text
        )
    return text + rng.choice((" ", "\n", "\n\n")) + task.replace(":", ".")


def extraction(rng: Random) -> Draft:
    """One field of a sentence about a person; held out by name and city."""
    who = person(rng)
    field = rng.choice(tuple(FIND))
    prompt = _joined(rng, phrase(rng, FIND[field], **who), about(rng, who))
    return Draft(prompt, who[field], exactly(who[field]), f"{who['name']} {who['city']}", keep_case=True)


def json_extraction(rng: Random) -> Draft:
    """Two to four fields of such a sentence as one JSON object; held out by name and city."""
    who = person(rng)
    fields = rng.choice(
        (
            ("name", "age"),
            ("name", "city"),
            ("name", "age", "city"),
            ("name", "age", "city", "job"),
            ("name", "job"),
            ("city", "job"),
        )
    )
    named = ", ".join(fields[:-1]) + " and " + fields[-1]
    value: dict[str, object] = {field: int(who[field]) if field == "age" else who[field] for field in fields}
    prompt = _joined(rng, phrase(rng, AS_JSON, fields=named), about(rng, who))
    return Draft(prompt, json.dumps(value), is_json(value), f"{who['name']} {who['city']}", keep_case=True)


def copying(rng: Random) -> Draft:
    """Up to five known words said again; held out by the words."""
    pool = rng.choice((WORDS, NAMES, CITIES, COLOURS, FOODS, PETS, WORDS))
    said = " ".join(rng.choice(pool) for _ in range(rng.randint(1, 5)))
    return Draft(phrase(rng, SAY, x=said), said, exactly(said), said, keep_case=True)


FAMILIES = (
    Family("topic", topics, 1.0),
    Family("sentiment", sentiment, 1.0),
    Family("extraction", extraction, 2.5),
    Family("json_extraction", json_extraction, 2.0),
    Family("copying", copying, 2.0),
)
