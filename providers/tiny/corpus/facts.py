"""Families about the world: capitals, continents, definitions, kinds, colours, sounds and counted things."""

from random import Random

from providers.tiny.corpus.checks import exactly
from providers.tiny.corpus.family import Draft, Family
from providers.tiny.corpus.lexicon import COLOURS, DEFINITIONS, KINDS, MASS, SOUNDS
from providers.tiny.corpus.phrase import article, capital, phrase
from providers.tiny.corpus.places import PLACES, named

CAPITAL_OF = (
    "[what is|what's|whats|name|tell me|give me|say|state] the capital [|city ]of {x}?",
    "which city is the capital of {x}?",
    "{x}'s capital [|city ][is what|is which city]?",
    "what is {x}'s capital?",
    "[capital of|capital city of|the capital of] {x}[?|]",
    "what city is the capital [of|in] {x}?",
    "[which|what] is the capital city of {x}?",
    "do you know [the capital of {x}|what the capital of {x} is]?",
    "what do you call the capital of {x}?",
    "the capital of {x} is [what|which city|called what]?",
    "i [want|need] to know the capital of {x}.",
    "{x}: what is [the|its] capital?",
    "where is the capital of {x}?",
    "what is the name of the capital [|city ]of {x}?",
    "[{x}, capital|{x} capital]?",
)
COUNTRY_OF = (
    "{x} is the capital of [which|what] country?",
    "[which|what] country has {x} as its capital?",
    "[which|what] country has the capital {x}?",
    "of which country is {x} the capital?",
    "what is {x} the capital of?",
    "{x} is the capital of what?",
    "name the country whose capital is {x}.",
    "tell me [which|what] country {x} is the capital of.",
    "whose capital is {x}?",
)
CONTINENT_OF = (
    "[which|what] continent is {x} [in|on|part of]?",
    "on [which|what] continent is {x}?",
    "{x} is [in|on|part of] [which|what] continent?",
    "in [which|what] continent [is {x}|does {x} lie|can i find {x}]?",
    "[name|tell me] the continent of {x}.",
    "what is the continent of {x}?",
    "to which continent does {x} belong?",
)
DEFINE = (
    "[what is|what's|whats] {x}?",
    "[define|explain] [|the word ]{noun}.",
    "[define|explain] {x}.",
    "what does [the word |]{noun} mean?",
    "what is the [meaning|definition] of [the word |]{noun}?",
    "[give me|tell me] [a|the] [short |]definition of {x}.",
    "[tell me|explain] what {x} is.",
    "[{noun}: what is it|what exactly is {x}|so what is {x}]?",
    "explain in one sentence what {x} is.",
    "can you [explain|define] {x}?",
    "describe {x} in one sentence.",
    "what do we mean by {x}?",
    "how would you define {x}?",
    "definition of {noun}",
)
KIND_OF = (
    "[what kind|what sort|what type] of thing is {x}?",
    "[is {x} an animal, a fruit, a tool or something else|what is {x}, an animal, a fruit or a tool]?",
    "[to|in] which category does {x} belong?",
    "what category is {x}?",
    "[put|sort] {x} into a category.",
)
IS_A = (
    "is {x} {kind}?",
    "[tell me, |]is {x} {kind} or not?",
    "is it true that {x} is {kind}?",
    "true or false: {x} is {kind}.",
    "would you say that {x} is {kind}?",
    "{x} is {kind}, [right|correct|yes or no|isn't it]?",
    "[can you say if|tell me if|say whether] {x} is {kind}.",
    "yes or no: is {x} {kind}?",
)
COLOUR_OF = (
    "what [colour|color] is {x}?",
    "what is the [colour|color] of {x}?",
    "which [colour|color] does {x} have?",
    "[tell me|name] the [colour|color] of {x}.",
    "{x} is what [colour|color]?",
    "what [colour|color] does {x} have?",
    "[colour|color] of {x}?",
)
SOUND_OF = (
    "what sound does {x} make?",
    "what does {x} say?",
    "what noise does {x} make?",
    "which [sound|noise] does {x} make?",
    "how does {x} sound?",
    "[tell me|name] the [sound|noise] {x} makes.",
    "{x} makes [what|which] [sound|noise]?",
    "the sound of {x}?",
)
COUNTED = tuple(
    tuple(row.split("|"))
    for row in """
days|a week|has|7;months|a year|has|12;hours|a day|has|24;minutes|an hour|has|60;seconds|a minute|has|60
weeks|a year|has|52;days|a year|has|365;legs|a spider|has|8;legs|a dog|has|4;legs|a cat|has|4;legs|a bird|has|2
legs|an insect|has|6;legs|a horse|has|4;legs|a snake|has|0;arms|an octopus|has|8;wheels|a bicycle|has|2
wheels|a car|has|4;wheels|a tricycle|has|3;sides|a triangle|has|3;sides|a square|has|4;sides|a hexagon|has|6
sides|a pentagon|has|5;letters|the English alphabet|has|26;fingers|a hand|has|5;seasons|a year|has|4
planets|the solar system|has|8;continents|the world|has|7;years|a century|has|100;years|a decade|has|10
cents|a dollar|has|100;strings|a violin|has|4;strings|a guitar|has|6;keys|a piano|has|88;faces|a cube|has|6
corners|a square|has|4;eyes|a person|has|2;toes|a foot|has|5;eggs|a dozen|has|12
""".strip()
    .replace("\n", ";")
    .split(";")
)
HOW_MANY = (
    "how many {what} does {x} have?",
    "how many {what} are [there |]in {x}?",
    "what is the number of {what} [in|of] {x}?",
    "{x} has how many {what}?",
    "[tell me|say] how many {what} {x} has.",
    "[count|give me] the {what} [of|in] {x}.",
    "number of {what} in {x}?",
)


def capitals(rng: Random) -> Draft:
    """The capital of a listed country."""
    country, city, _ = rng.choice(PLACES)
    answer = f"The capital of {named(country)} is {city}."
    return Draft(phrase(rng, CAPITAL_OF, x=named(country)), answer, exactly(answer))


def countries(rng: Random) -> Draft:
    """The country whose capital this is."""
    country, city, _ = rng.choice(PLACES)
    answer = f"{city} is the capital of {named(country)}."
    return Draft(phrase(rng, COUNTRY_OF, x=city), answer, exactly(answer))


def continents(rng: Random) -> Draft:
    """The continent of a listed country."""
    country, _, continent = rng.choice(PLACES)
    answer = f"{capital(named(country))} is in {continent}."
    return Draft(phrase(rng, CONTINENT_OF, x=named(country)), answer, exactly(answer))


def definitions(rng: Random) -> Draft:
    """What a listed word means."""
    noun, meaning = rng.choice(DEFINITIONS)
    lead = "the moon" if noun == "moon" and rng.random() < 0.3 else article(noun)
    answer = f"{capital(article(noun))} is {meaning}."
    return Draft(phrase(rng, DEFINE, x=lead if rng.random() < 0.9 else noun, noun=noun), answer, exactly(answer))


def kinds(rng: Random) -> Draft:
    """The category of a listed thing."""
    kind, words = rng.choice(KINDS)
    thing = with_article(rng.choice(words))
    answer = f"{capital(thing)} is {article(kind)}."
    return Draft(phrase(rng, KIND_OF, x=thing), answer, exactly(answer))


def yes_no(rng: Random) -> Draft:
    """Whether a listed thing is of a listed kind; as many yes as no."""
    kind, words = rng.choice(KINDS)
    true = rng.random() < 0.5
    asked = kind if true else rng.choice([other for other, _ in KINDS if {other, kind} != {"bird", "animal"}])
    thing, asked_kind = with_article(rng.choice(words)), article(asked)
    answer = f"Yes, {thing} is {asked_kind}." if asked == kind else f"No, {thing} is not {asked_kind}."
    return Draft(phrase(rng, IS_A, x=thing, kind=asked_kind), answer, exactly(answer))


def yes_no_capitals(rng: Random) -> Draft:
    """Whether a listed city is the capital of a listed country."""
    country, city, _ = rng.choice(PLACES)
    asked = city if rng.random() < 0.5 else rng.choice(PLACES)[1]
    place = named(country)
    right = f"Yes, {city} is the capital of {place}."
    answer = right if asked == city else f"No, the capital of {place} is {city}."
    return Draft(phrase(rng, IS_A, x=asked, kind=f"the capital of {place}"), answer, exactly(answer))


def colours(rng: Random) -> Draft:
    """The usual colour of a listed thing."""
    thing, colour = rng.choice(COLOURS)
    answer = f"{capital(thing)} is {colour}."
    return Draft(phrase(rng, COLOUR_OF, x=thing), answer, exactly(answer))


def sounds(rng: Random) -> Draft:
    """The sound of a listed animal."""
    animal, sound = rng.choice(SOUNDS)
    answer = f"{capital(article(animal))} says {sound}."
    return Draft(phrase(rng, SOUND_OF, x=article(animal)), answer, exactly(answer))


def quantities(rng: Random) -> Draft:
    """How many parts a listed thing has."""
    what, thing, verb, number = rng.choice(COUNTED)
    answer = f"{capital(thing)} {verb} {number} {what}."
    return Draft(phrase(rng, HOW_MANY, x=thing, what=what), answer, exactly(answer))


def with_article(word: str) -> str:
    """The noun as it stands in a sentence: "a cat", but "milk"."""
    return word if word in MASS else article(word)


FAMILIES = (
    Family("capitals", capitals, 3.0),
    Family("countries", countries, 1.5),
    Family("continents", continents, 1.2),
    Family("definitions", definitions, 2.5),
    Family("kinds", kinds, 0.8),
    Family("yes_no", yes_no, 1.5),
    Family("yes_no_capitals", yes_no_capitals, 1.2),
    Family("colours", colours, 0.8),
    Family("sounds", sounds, 0.8),
    Family("quantities", quantities, 1.0),
)
