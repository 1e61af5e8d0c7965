"""Families that must be declined: everything beyond the model from a rich grammar, and things it was never taught."""

# ruff: noqa: E501 (tables and phrases read better unbroken)

from collections.abc import Callable
from random import Random

from providers.tiny.corpus.checks import declined, unknown
from providers.tiny.corpus.facts import CAPITAL_OF, COLOUR_OF, CONTINENT_OF, COUNTRY_OF, DEFINE, IS_A, KIND_OF, SOUND_OF
from providers.tiny.corpus.family import Draft, Family
from providers.tiny.corpus.invent import code, gibberish, invented, long_text, near, subject
from providers.tiny.corpus.lexicon import DEFINITIONS, LANGUAGES, OPPOSITES, PAST, PLURALS, TRANSLATIONS
from providers.tiny.corpus.people import NAMES
from providers.tiny.corpus.phrase import article, expand, phrase
from providers.tiny.corpus.places import OTHER_CITIES, PLACES, UNLISTED_COUNTRIES
from providers.tiny.corpus.topics import ADJECTIVES, CODE_TASKS, FOREIGN, NOUNS, TOPICS, VERBS, WORKS
from providers.tiny.corpus.topics import LANGUAGES as CODE_LANGUAGES
from providers.tiny.corpus.words import OPPOSITE_OF, PAST_OF, PLURAL_OF, TRANSLATE, WORDS, quoted

USE_LARGER = "Please use a larger model for this."
REFUSAL = f"I am only a tiny demo model, so I cannot do that well. {USE_LARGER}"
NO_CODE = f"I am only a tiny demo model, so I cannot write or read code. {USE_LARGER}"
NO_SUMS = f"I am only a tiny demo model, so I cannot calculate that. {USE_LARGER}"
NO_LANGUAGE = f"I am only a tiny demo model, so I cannot speak other languages. {USE_LARGER}"
NO_LONG = f"I am only a tiny demo model, so I cannot read long texts. {USE_LARGER}"
NOT_KNOWN = "I do not know that. I am only a tiny demo model."

WRITE = (
    "[write|create|draft|compose|generate|make|produce|give me|prepare|i need] [|me ][a|a short|a long|a good|a funny|a 500 word|a detailed] {work} [about|on|for|describing|explaining] {s}.",
    "[write|draft|compose] {work} {n} words long about {s}.",
    "can you [write|help me with|draft] [a|an] {work} [about|on] {s}?",
    "[rewrite|improve|shorten|proofread|edit|paraphrase] my {work} [about|on] {s}.",
    "help me [write|finish|improve] my {work} [about|on|for] {s}.",
)
EXPLAIN = (
    "[explain|describe|discuss|analyse|summarise|outline|review] {s}[| in detail| in simple terms| to a five year old| step by step| briefly].",
    "[explain|describe|tell me] [how|why] {s} [works|matters|is important|changed the world|is so popular].",
    "[tell me|talk] [about|everything about|something about] {s}.",
    "[give me|provide|write] [an overview|a summary|an explanation|a description|some background|three facts|the history|a definition] of {s}.",
    "what is the [difference|relationship|connection] between {s} and {s2}?",
    "compare {s} [and|with|to] {s2}.",
    "[what are|list|name|give me] [some|the|five|ten|3|the main|the best|the most {adj}] [examples|types|advantages|causes|effects|parts|benefits|risks|uses|kinds|features|rules|reasons] [of|for] {s}.",
    "what [is|was|are] {s} [known for|used for|made of|about|like]?",
)
ASKED = (
    "[who|what|which person] [invented|discovered|wrote|founded|built|won|directed|painted|started|created] {s}?",
    "[who|what] [is|was|are|were] {name}?",
    "[who|what] [is|was] {name} [and why is {name} famous|known for|married to]?",
    "[when|where|why|how] [did|does|do|was|is|are|will|should|can] {s} [start|end|happen|work|begin|change|become {adj}|fail|matter|help]?",
    "[when|where] was {name} [born|founded|built|made|discovered]?",
    "[which|what] {noun} is the [most {adj}|least {adj}|best|worst|largest|smallest|oldest|fastest] [in the world|in {place}|of all time|right now]?",
    "how [many|much] {noun} [are there in|does it take for|is needed for|is in|do people need for] {s}?",
    "how [old|tall|big|long|far|deep|heavy|fast|expensive] is {s}?",
    "what [happened|will happen] [in|to|with] {s} [in 1999|today|this year|next year|last week|in 2026]?",
    "what are {s}?",
    "why [is|are|do people like|do we need|should i care about] {s}?",
    "what is the [population|area|currency|president|history|national dish|flag|language|largest city|weather|economy|name|age] of {place}?",
    "[is|are] {s} [{adj}|good for you|still {adj}|real|better than {s2}|worth it]?",
    "{noun} or {noun2}?",
    "which is [better|more {adj}|healthier], {s} or {s2}?",
    "do [you|people|dogs|cats|we] [like|need|understand|believe in] {s}?",
    "[does|can|could|will|would] {s} [{verb}|help|change|replace] [the {noun}|{noun}|people|us]?",
)
ADVICE = (
    "how [do|can|should|would] [i|you|we|one|my {noun}] {verb} [a|the|my|an {adj}|some] {noun}[| at home| quickly| with {s}| without {noun2}]?",
    "what [is the best way|are some ways|do i need] to {verb} [a|the|my] {noun}?",
    "should i {verb} [a|the|my] {noun} or [a|the|my] {noun2}?",
    "[give me|i need|suggest|recommend] [some |five |ten |a few |]{adj} [ideas|tips|advice|names|books|places|ways] [for|about|on|to learn about] {s}.",
    "[plan|organise|prepare] [a|my] {adj} {noun} [for|in] {place}[| for {n} days].",
    "my {noun} is {adj}[| and {adj2}]. what should i do[|now]?",
    "what [would|do|should] you [do|think|recommend|say] [about|if|for] {s}?",
    "what do you think [about|of] {s}?",
    "i [started|want|have|lost|bought|am afraid of] [a|my|the] {adj} {noun}. [what do we do|what now|help me {verb} it|how can i {verb} it]?",
    "pretend [you are|to be] [a|an] {adj} {noun}[| and talk to me about {s}].",
    "[brainstorm|list|think of|come up with] [names|ideas|reasons|questions|things] [for|about] [a|my] {adj} {noun}.",
    "what are [some|the|good|the most {adj}] {adj} {noun}s [to {verb}|for {s}|in {place}|i can {verb}]?",
)
SORTING = (
    "[classify|sort|group|label|separate] [each of |]the following [as|into] {noun} or {noun2}: {many}",
    "[tell me|say|identify] which [of these|ones] are {noun} [and which are {noun2}|or not]: {many}",
    "which of [these|the following] [is|are] [a |]{adj}[| {noun}]: {many}?",
    "[sort|order|rank] [these|the following] [words|names|items] [alphabetically|by length|by price|by size]: {many}",
    "identify [which|the] {noun} [is|that is] [alive|extinct|{adj}]: {many}",
    "[extract|list|find] all [the |]{noun}s [mentioned|from the text|in the passage] [about {s}|below|above].",
    "[correct|fix] the grammar: {many}",
    "[count|how many] [the |][letters|words|vowels] [in|are in]: {many}",
    "[translate|say] the sentence [to|into|in] {lang}: the {noun} is {adj} and the {noun2} is {adj2}.",
    "[unscramble|rhyme|spell|find synonyms for]: {many}",
)
CODING = (
    "[write|create|give me|show me|i need|implement|make|code] [a|some|the] {code} [function|script|program|code|class|snippet|example] [that|which] {task}.",
    "how do i write {code} code that {task}?",
    "[write|implement] [a function|a program|code] that {task}[| in {code}].",
    "[fix|debug|explain|refactor|optimise|review|test|translate to {code}] this [code|function|bug|error]: {snippet}",
    "[what does this|why does this] [code|function|program] [do|fail|crash|print]?\n{snippet}",
    "{snippet}",
    "```\n{snippet}\n```",
    "how [do|can] i [install|use|learn|debug|deploy] {code}[| on my {noun}]?",
    "[what is the difference between|compare] {code} and {code2}?",
    "[write|give me] [a regex|an SQL query|a Dockerfile|a Makefile|a unit test|an HTML page] [for|that finds|about] {s}.",
)
Maker = Callable[[Random], str]


def _slots(rng: Random) -> dict[str, object]:
    work = rng.choice(WORKS)
    return {
        "s": subject(rng), "s2": subject(rng), "work": work, "n": rng.choice((50, 100, 200, 300, 500, 3, 5, 7, 10)),
        "adj": rng.choice(ADJECTIVES), "adj2": rng.choice(ADJECTIVES), "noun": rng.choice(NOUNS), "noun2": rng.choice(NOUNS),
        "verb": rng.choice(VERBS), "name": invented(rng, rng.randint(1, 2)),
        "place": rng.choice((rng.choice(PLACES)[0], rng.choice(UNLISTED_COUNTRIES), rng.choice(OTHER_CITIES), invented(rng))),
        "many": ", ".join(rng.choice((rng.choice(NOUNS), invented(rng), rng.choice(NAMES))) for _ in range(rng.randint(3, 9))),
        "lang": rng.choice(LANGUAGES), "code": rng.choice(CODE_LANGUAGES), "code2": rng.choice(CODE_LANGUAGES),
        "task": rng.choice(CODE_TASKS), "snippet": code(rng),
    }  # fmt: skip


def _fill(rng: Random, patterns: tuple[str, ...]) -> str:
    return phrase(rng, patterns, **_slots(rng))


def hard_sum(rng: Random) -> str:
    """Arithmetic beyond one digit, and everything harder."""
    big, other = (
        rng.choice((rng.randint(10, 99), rng.randint(100, 9999))),
        rng.choice((rng.randint(2, 99), rng.randint(10, 999))),
    )
    a, b = rng.sample((big, other), 2)
    ask = "[what is|what's|calculate|compute|how much is|solve|work out|]"
    hard = (
        f"{ask} {a} [+|-|*|/|x|×|plus|minus|times|divided by|to the power of|mod] {b}[?|]", f"{ask} {a}[+|-|*|/]{b}[?|=|]",
        f"{ask} {a} + {b} + {rng.randint(1, 99)}?", f"[add|multiply|divide|subtract] {a} [and|by] {b}.", f"{ask} the [square root|square|cube|factorial|logarithm] of {a}?",
        f"{ask} {rng.randint(1, 99)}% of {a}?", f"what is [the average|the sum|the product|the maximum] of {a}, {b} and {rng.randint(1, 99)}?", f"solve {rng.randint(2, 9)}x + {b} = {a}[.| for x.]",
        f"{rng.choice(NAMES)} has {rng.randint(2, 30)} {rng.choice(NOUNS)}s and [buys|gives away|loses|finds] {rng.randint(2, 30)}. how many are left?",
        f"{ask} {rng.randint(1, 9)} [divided by|/|÷|to the power of|^] {rng.randint(1, 9)}?", f"{ask} {rng.randint(1, 9)} + {rng.randint(1, 9)} * {rng.randint(1, 9)}?",
        f"is {rng.randint(100, 9999)} a prime number?", f"{ask} {rng.randint(0, 4)} [-|minus|take away] {rng.randint(5, 9)}[?|]", f"[convert|change] {rng.randint(101, 9999)} [miles|pounds|acres|gallons|euros|meters] to [kilometers|kilograms|hectares|litres|dollars|feet].",
        f"how many [quarters|dimes|apples|cents] do i have if i have {rng.randint(2, 9)} {rng.choice(NOUNS)}s?",
        f"[which is larger|what is bigger], {rng.randint(100, 9999)} or {rng.randint(100, 9999)}?", f"a train goes {a} km in {b} minutes. how fast is it?",
    )  # fmt: skip
    return phrase(rng, hard).strip()


MAKERS: tuple[tuple[float, Maker, str], ...] = (
    (2.0, lambda rng: _fill(rng, WRITE), REFUSAL),
    (2.6, lambda rng: _fill(rng, EXPLAIN), REFUSAL),
    (3.4, lambda rng: _fill(rng, ASKED), REFUSAL),
    (2.6, lambda rng: _fill(rng, ADVICE), REFUSAL),
    (1.2, lambda rng: _fill(rng, SORTING), REFUSAL),
    (1.6, lambda rng: _fill(rng, CODING), NO_CODE),
    (1.6, hard_sum, NO_SUMS),
    (2.4, near, REFUSAL),
    (
        0.7,
        lambda rng: rng.choice(FOREIGN) if rng.random() < 0.5 else f"{rng.choice(FOREIGN)} {rng.choice(FOREIGN)}",
        NO_LANGUAGE,
    ),
    (1.0, gibberish, REFUSAL),
    (1.3, long_text, NO_LONG),
)


def refusals(rng: Random) -> Draft:
    """Anything out of scope."""
    _, maker, answer = rng.choices(MAKERS, weights=[weight for weight, _, _ in MAKERS])[0]
    return Draft(maker(rng), answer, declined)


def _outside(rng: Random, listed: frozenset[str], real: tuple[str, ...]) -> str:
    while True:
        word = rng.choice(real) if rng.random() < 0.6 else invented(rng).lower()
        if word not in listed:
            return word


COUNTRIES = frozenset(country for country, _, _ in PLACES)
DEFINED = frozenset(noun for noun, _ in DEFINITIONS)


def unknown_places(rng: Random) -> Draft:
    """The capital or continent of a place that is not on the list; held out by the place."""
    place = rng.choice(UNLISTED_COUNTRIES) if rng.random() < 0.55 else invented(rng, rng.choice((1, 1, 1, 2)))
    patterns = rng.choice((CAPITAL_OF, CAPITAL_OF, CONTINENT_OF))
    return Draft(phrase(rng, patterns, x=place), NOT_KNOWN, unknown, place)


def unknown_cities(rng: Random) -> Draft:
    """The country of a city that is no capital of the list; held out by the city."""
    city = rng.choice(OTHER_CITIES) if rng.random() < 0.5 else invented(rng)
    return Draft(phrase(rng, COUNTRY_OF, x=city), NOT_KNOWN, unknown, city)


def unknown_things(rng: Random) -> Draft:
    """The definition, kind, colour or sound of something that is not on the list; held out by the thing."""
    thing = _outside(rng, DEFINED, rng.choice((NOUNS, TOPICS, NOUNS, WORDS)))
    lead = article(thing) if rng.random() < 0.7 and thing not in TOPICS else thing
    patterns: tuple[str, ...] = DEFINE
    if rng.random() < 0.25:
        strange = invented(rng).lower()
        patterns, thing, lead = rng.choice((KIND_OF, COLOUR_OF, SOUND_OF, IS_A)), strange, article(strange)
    text = phrase(rng, patterns, x=lead, noun=thing, kind=article(rng.choice(NOUNS)))
    return Draft(text, NOT_KNOWN, declined if thing in TOPICS else unknown, thing)


def unknown_words(rng: Random) -> Draft:
    """Opposite, plural, past tense or translation of a word that is not on the list; held out by the word."""
    patterns: tuple[str, ...]
    patterns, listed = rng.choice(
        (
            (OPPOSITE_OF, frozenset(word for word, _ in OPPOSITES)),
            (PLURAL_OF, frozenset(word for word, _ in PLURALS)),
            (PAST_OF, frozenset(word for word, _ in PAST)),
            (TRANSLATE, frozenset(row[0] for row in TRANSLATIONS)),
        )
    )
    word = _outside(rng, listed, rng.choice((NOUNS, ADJECTIVES, VERBS, WORDS)))
    text = phrase(rng, patterns, x=quoted(rng, word), w=word, lang=rng.choice(LANGUAGES))
    return Draft(text, NOT_KNOWN, unknown, word)


def unknown_person(rng: Random) -> Draft:
    """A fact about the user that nobody told."""
    ask = (
        "[what is|what's|tell me|do you know|do you remember|can you guess] my [name|age|job|address|city|favourite colour|favourite food|pet|phone number]?",
        "[where do i live|how old am i|who am i|what pet do i have|what am i called|where am i from|where do i work|what do i like to eat]?",
    )
    return Draft(expand(rng, rng.choice(ask)), NOT_KNOWN, declined)


FAMILIES = (
    Family("refusals", refusals, 18.0, "refuse"),
    Family("unknown_places", unknown_places, 2.2, "unknown", 25),
    Family("unknown_cities", unknown_cities, 0.7, "unknown", 25),
    Family("unknown_things", unknown_things, 2.2, "unknown", 15),
    Family("unknown_words", unknown_words, 1.6, "unknown", 15),
    Family("unknown_person", unknown_person, 0.3, "unknown"),
)
