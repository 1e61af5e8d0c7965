"""Families about listed words: opposites, plurals, past tenses, translations, letters, days, months."""

# ruff: noqa: SIM905 (a table of words reads better as a sentence)

from random import Random

from providers.tiny.corpus.checks import exactly
from providers.tiny.corpus.family import Draft, Family
from providers.tiny.corpus.lexicon import DEFINITIONS, LANGUAGES, OPPOSITES, PAST, PLURALS, TRANSLATIONS
from providers.tiny.corpus.phrase import phrase

DAYS = tuple("Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split())
MONTHS = tuple("January February March April May June July August September October November December".split())
QUOTED = ("{w}", '"{w}"', "'{w}'", "the word {w}", 'the word "{w}"')

OPPOSITE_OF = (
    "[what is|what's|whats] the opposite of {x}?",
    "[give me|tell me|name|say] the opposite of {x}.",
    "what is the antonym of {x}?",
    "[opposite of|antonym of|the opposite of|antonym for] {x}[?|]",
    "[which word|what word] is the opposite of {x}?",
    "[what|which word] means the opposite of {x}?",
    "[give|find|name] an antonym [of|for] {x}.",
    "{x}: [what is the opposite|opposite]?",
    "i need the opposite of {x}.",
)
PLURAL_OF = (
    "[what is|what's|whats] the plural of {x}?",
    "[give me|tell me|write|form|say] the plural of {x}.",
    "[what is|what's] the plural form of {x}?",
    "[plural of|plural form of|the plural of|plural for] {x}[?|]",
    "how do [you|i|we] [write|say|form] the plural of {x}?",
    "one {w}, two [what|...]?",
    "[make|turn] {x} [plural|into the plural].",
    "put {x} [in the plural|into plural form].",
)
PAST_OF = (
    "[what is|what's|whats] the past tense of {x}?",
    "[give me|tell me|write|form|say] the past tense of {x}.",
    "[what is|what's] the [simple past|past form] of {x}?",
    "[past tense of|simple past of|the past tense of|past form of] {x}[?|]",
    "how do [you|i|we] [write|say] {x} in the past [tense|]?",
    "[put|turn] {x} [in|into] the past tense.",
    "today i {w}, yesterday i [what|...]?",
)
TRANSLATE = (
    "[translate|translate the word] {x} [to|into] {lang}.",
    "[what is|what's|how do you say|how do i say|how to say] {x} in {lang}?",
    "[what is|what's] the {lang} word for {x}?",
    "{x} in {lang}[?| please.| is what?]",
    "[give me|tell me] the {lang} [word|translation] for {x}.",
    "[what does {x} mean in|what do you call {x} in] {lang}?",
    "[say|write] {x} in {lang}.",
    "how do [they|people] say {x} in {lang}?",
    "which {lang} word means {x}?",
)
LETTER_OF = (
    "what is the {end} letter of {x}?",
    "[which|what] letter does {x} {verb} with?",
    "[tell me|give me|name] the {end} letter of {x}.",
    "{end} letter of {x}[?|]",
    "what letter is {end} in {x}?",
)
NEIGHBOUR = (
    "[what|which] {unit} [comes|is] {side} {x}?",
    "[what|which] is the {unit} {side} {x}?",
    "[name|tell me|give me] the {unit} {side} {x}.",
    "[what|which {unit}] [comes|is] [right|directly|just] {side} {x}?",
    "{x}: [which|what] {unit} [is|comes] {side} it?",
)
AFTER_ONLY = ("what comes after {x}?", "[what|which {unit}] follows {x}?", "what is the next {unit} after {x}?")
TODAY = ("[today is|it is|if today is] {x}[.|,] [what day is|which day is|what day will it be] tomorrow?",)
YESTERDAY = ("[today is|it is|if today is] {x}[.|,] what day was [it |]yesterday?",)


def quoted(rng: Random, word: str) -> str:
    """The word as people set it into a question."""
    return rng.choice(QUOTED).format(w=word) if rng.random() < 0.6 else word


def opposites(rng: Random) -> Draft:
    """The opposite of a listed word."""
    word, other = rng.choice(OPPOSITES)
    answer = f'The opposite of "{word}" is "{other}".'
    return Draft(phrase(rng, OPPOSITE_OF, x=quoted(rng, word)), answer, exactly(answer))


def plurals(rng: Random) -> Draft:
    """The plural of a listed noun."""
    word, other = rng.choice(PLURALS)
    answer = f'The plural of "{word}" is "{other}".'
    return Draft(phrase(rng, PLURAL_OF, x=quoted(rng, word), w=word), answer, exactly(answer))


def past(rng: Random) -> Draft:
    """The past tense of a listed verb."""
    word, other = rng.choice(PAST)
    answer = f'The past tense of "{word}" is "{other}".'
    shown = quoted(rng, word) if rng.random() < 0.8 else rng.choice((f"to {word}", f"the verb {word}"))
    return Draft(phrase(rng, PAST_OF, x=shown, w=word), answer, exactly(answer))


def translation(rng: Random) -> Draft:
    """A listed word in French, Spanish or German."""
    row = rng.choice(TRANSLATIONS)
    index = rng.randrange(3)
    answer = f'"{row[0]}" in {LANGUAGES[index]} is "{row[index + 1]}".'
    return Draft(phrase(rng, TRANSLATE, x=quoted(rng, row[0]), lang=LANGUAGES[index]), answer, exactly(answer))


def known_words() -> tuple[str, ...]:
    """Single words that the model meets in other families too, sorted."""
    found = {word for word, _ in (*OPPOSITES, *PLURALS, *PAST, *DEFINITIONS)} | {row[0] for row in TRANSLATIONS}
    return tuple(sorted(word for word in found if " " not in word and word not in ("hello", "goodbye", "please")))


WORDS = known_words()
SPELT = WORDS[::4]
"""The words whose letters it is taught: all of them would take a larger model."""


def letters(rng: Random) -> Draft:
    """The first or last letter of a word of `SPELT`."""
    word, first = rng.choice(SPELT), rng.random() < 0.5
    end, verb = ("first", rng.choice(("start", "begin"))) if first else ("last", "end")
    answer = f'The {end} letter of "{word}" is "{word[0] if first else word[-1]}".'
    return Draft(phrase(rng, LETTER_OF, x=quoted(rng, word), end=end, verb=verb), answer, exactly(answer))


def alphabet(rng: Random) -> Draft:
    """The letter after or before a letter."""
    index = rng.randrange(1, 25)
    side = rng.choice(("after", "before"))
    letter, other = chr(65 + index), chr(65 + index + (1 if side == "after" else -1))
    answer = f"The letter {side} {letter} is {other}."
    shown = rng.choice((letter, letter, letter.lower(), f"the letter {letter}"))
    patterns: tuple[str, ...] = NEIGHBOUR if side == "before" or rng.random() < 0.6 else AFTER_ONLY
    text = phrase(rng, patterns, x=shown, side=side, unit="letter")
    return Draft(text + (" In the alphabet." if rng.random() < 0.05 else ""), answer, exactly(answer))


def calendar(rng: Random) -> Draft:
    """The day or month after or before one."""
    unit, names = rng.choice((("day", DAYS), ("month", MONTHS)))
    index, side = rng.randrange(len(names)), rng.choice(("after", "before"))
    name, other = names[index], names[(index + (1 if side == "after" else -1)) % len(names)]
    answer = f"The {unit} {side} {name} is {other}."
    patterns: tuple[str, ...]
    if unit == "day" and rng.random() < 0.2:
        patterns = TODAY if side == "after" else YESTERDAY
    else:
        patterns = NEIGHBOUR if side == "before" or rng.random() < 0.7 else AFTER_ONLY
    return Draft(phrase(rng, patterns, x=name, side=side, unit=unit), answer, exactly(answer))


FAMILIES = (
    Family("opposites", opposites, 1.5),
    Family("plurals", plurals, 1.2),
    Family("past_tense", past, 1.2),
    Family("translation", translation, 2.2),
    Family("letters", letters, 1.5),
    Family("alphabet", alphabet, 0.8),
    Family("calendar", calendar, 1.0),
)
