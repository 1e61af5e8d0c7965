"""Families about numbers: one-digit sums, comparison, neighbours, parity, number words, units, temperatures."""

# ruff: noqa: E501, SIM905 (tables and phrases read better unbroken)

from random import Random
from typing import NamedTuple

from providers.tiny.corpus.checks import exactly
from providers.tiny.corpus.family import Draft, Family
from providers.tiny.corpus.phrase import phrase


class Unit(NamedTuple):
    """`factor` of `to` make one of `one`; `most` is the largest number asked for; `short` are both signs, or dashes."""

    one: str
    many: str
    to: str
    short: str
    factor: int
    most: int

    @classmethod
    def read(cls, row: str) -> "Unit":
        """A row of the table below."""
        one, many, to, short, factor, most = row.split()
        return cls(one, many, to, short, int(factor), int(most))


DIGIT_WORDS = tuple("zero one two three four five six seven eight nine".split())
NUMBER_WORDS = (
    *DIGIT_WORDS,
    *"ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty".split(),
)
ASK = (
    "[what is|what's|whats|how much is|calculate|compute|solve|work out|tell me] {x}?",
    "{x}[?| =| = ?|=?|]",
    "what is the [result|answer] of {x}?",
    "what does {x} [equal|give|make]?",
    "how much [does {x} make|do you get for {x}]?",
)
ADD = ("{a} + {b}", "{a}+{b}", "{a} plus {b}", "{a} and {b} together", "the sum of {a} and {b}")
ADD_VERB = ("add {a} and {b}.", "add {b} to {a}.", "sum of {a} and {b}?", "what do you get when you add {a} and {b}?")
SUBTRACT = (
    "{a} - {b}",
    "{a}-{b}",
    "{a} minus {b}",
    "{a} take away {b}",
    "the difference of {a} and {b}",
    "{a} less {b}",
)
SUBTRACT_VERB = ("subtract {b} from {a}.", "take {b} away from {a}.", "what is left when you take {b} from {a}?")
MULTIPLY = (
    *("{a} * {b}", "{a}*{b}", "{a} x {b}", "{a}x{b}", "{a} × {b}", "{a} times {b}"),
    *("{a} multiplied by {b}", "the product of {a} and {b}"),
)
MULTIPLY_VERB = ("multiply {a} by {b}.", "multiply {a} and {b}.", "product of {a} and {b}?")
COMPARE = (
    "which [|number ]is {how}, {a} or {b}?",
    "[what|which one] is {how}: {a} or {b}?",
    "which of {a} and {b} is {how}?",
    "{a} or {b}, which [|one |number ]is {how}?",
    "[tell me|name|give me|say] the {how} [number|one] of {a} and {b}.",
    "is {a} or {b} {how}?",
    "the {how} of {a} and {b}?",
)
IS_LARGER = (
    "is {a} {how} than {b}?",
    "true or false: {a} is {how} than {b}.",
    "[tell me if|say whether] {a} is {how} than {b}.",
    "{a} is {how} than {b}, [right|yes or no|correct]?",
)
NEXT = (
    "[what|which] number comes {side} {x}?",
    "what comes {side} {x}?",
    "[what|which] number is [right |directly |]{side} {x}?",
    "[name|tell me|give me] the number {side} {x}.",
    "the number {side} {x}?",
)
PARITY = (
    "is {x} [even or odd|odd or even]?",
    "is {x} an [even or an odd|odd or an even] number?",
    "[tell me if|say whether] {x} is [even or odd|odd or even].",
    "{x}: [even or odd|odd or even]?",
    "is the number {x} [even|odd] or [odd|even]?",
)
IN_DIGITS = (
    "write {x} [in digits|as a number|with digits].",
    "what number is {x}?",
    "{x} [in digits|as a number|as a digit]?",
)
IN_WORDS = ("write {x} [in words|as a word|with letters].", "how do you [write|spell] {x} in words?", "{x} in words?")
UNITS = tuple(
    Unit.read(row)
    for row in """
kilometre kilometres metres km,m 1000 99;metre metres centimetres m,cm 100 99;centimetre centimetres millimetres cm,mm 10 99
metre metres millimetres m,mm 1000 50;kilogram kilograms grams kg,g 1000 99;litre litres millilitres l,ml 1000 99
tonne tonnes kilograms t,kg 1000 50;hour hours minutes h,min 60 12;minute minutes seconds min,s 60 12
day days hours d,h 24 10;week weeks days -,- 7 12;year years months -,- 12 12;foot feet inches ft,in 12 12
yard yards feet yd,ft 3 12;decade decades years -,- 10 12;century centuries years -,- 100 12
dollar dollars cents -,- 100 50;euro euros cents -,- 100 50
""".strip()
    .replace("\n", ";")
    .split(";")
)
CONVERT = (
    "[convert|change|turn] {n} {one} [to|into] {to}.",
    "how many {to} are [there |]in {n} {one}?",
    "{n} {one} in {to}[?|]",
    "{n} {one} is how many {to}?",
    "[what is|what's|how much is] {n} {one} in {to}?",
    "how many {to} [is|are|make] {n} {one}?",
    "[express|give|write] {n} {one} in {to}.",
    "{n} {one} to {to}[?|]",
)
TEMPERATURE = (
    "[convert|change] {n} {a} [to|into] {b}.",
    "[what is|what's|how much is] {n} {a} in {b}?",
    "{n} {a} in {b}[?|]",
    "{n} {a} to {b}[?|]",
    "how [hot|warm] is {n} {a} in {b}?",
    "how many {b} are {n} {a}?",
    "[express|give] {n} {a} in {b}.",
)


def _operation(rng: Random, nouns: tuple[str, ...], verbs: tuple[str, ...], a: int, b: int) -> str:
    as_words = rng.random() < 0.12
    left, right = (DIGIT_WORDS[a], DIGIT_WORDS[b]) if as_words else (str(a), str(b))
    if rng.random() < 0.2:
        return phrase(rng, verbs, a=left, b=right)
    spoken = tuple(noun for noun in nouns if len(noun.format(a="", b="").strip()) > 1)
    term = rng.choice(spoken if as_words else nouns).format(a=left, b=right)
    return phrase(rng, ASK, x=term)


def addition(rng: Random) -> Draft:
    """The sum of two one-digit numbers."""
    a, b = rng.randrange(10), rng.randrange(10)
    answer = f"{a} + {b} = {a + b}"
    return Draft(_operation(rng, ADD, ADD_VERB, a, b), answer, exactly(answer))


def subtraction(rng: Random) -> Draft:
    """The difference of two one-digit numbers, never negative."""
    a = rng.randrange(10)
    b = rng.randrange(a + 1)
    answer = f"{a} - {b} = {a - b}"
    return Draft(_operation(rng, SUBTRACT, SUBTRACT_VERB, a, b), answer, exactly(answer))


def multiplication(rng: Random) -> Draft:
    """The product of two one-digit numbers."""
    a, b = rng.randrange(10), rng.randrange(10)
    answer = f"{a} × {b} = {a * b}"
    return Draft(_operation(rng, MULTIPLY, MULTIPLY_VERB, a, b), answer, exactly(answer))


def comparison(rng: Random) -> Draft:
    """The larger or smaller of two numbers below a hundred; held out by the pair."""
    low, high = sorted(rng.sample(range(100), 2))
    larger = rng.random() < 0.6
    how = rng.choice(("larger", "bigger", "greater", "higher") if larger else ("smaller", "lower"))
    a, b = rng.sample((low, high), 2)
    key = f"{low} versus {high}"
    if rng.random() < 0.35:
        how = rng.choice(("larger", "bigger", "greater") if larger else ("smaller",))
        true = (a > b) == larger
        answer = f"Yes, {a} is {how} than {b}." if true else f"No, {a} is not {how} than {b}."
        return Draft(phrase(rng, IS_LARGER, a=a, b=b, how=how), answer, exactly(answer), key)
    win, lose = (high, low) if larger else (low, high)
    answer = f"{win} is {how} than {lose}."
    return Draft(phrase(rng, COMPARE, a=a, b=b, how=how), answer, exactly(answer), key)


def neighbours(rng: Random) -> Draft:
    """The number after or before one below a hundred."""
    number, side = rng.randrange(1, 99), rng.choice(("after", "before"))
    answer = f"The number {side} {number} is {number + (1 if side == 'after' else -1)}."
    return Draft(phrase(rng, NEXT, x=number, side=side), answer, exactly(answer))


def parity(rng: Random) -> Draft:
    """Whether a number below a hundred is even or odd."""
    number = rng.randrange(100)
    answer = f"{number} is {'odd' if number % 2 else 'even'}."
    return Draft(phrase(rng, PARITY, x=number), answer, exactly(answer))


def number_words(rng: Random) -> Draft:
    """Zero to twenty in words and back."""
    number = rng.randrange(21)
    if rng.random() < 0.5:
        answer = f"{NUMBER_WORDS[number]} is {number}."
        return Draft(phrase(rng, IN_DIGITS, x=NUMBER_WORDS[number]), answer, exactly(answer))
    answer = f"{number} is {NUMBER_WORDS[number]}."
    return Draft(phrase(rng, IN_WORDS, x=number), answer, exactly(answer))


def units(rng: Random) -> Draft:
    """A small whole number of one unit in a smaller one."""
    unit = rng.choice(UNITS)
    n = rng.randint(1, min(unit.most, 20) if rng.random() < 0.7 else unit.most)
    name = unit.one if n == 1 else unit.many
    answer = f"{n} {name} {'is' if n == 1 else 'are'} {n * unit.factor} {unit.to}."
    shown = {"one": name, "to": unit.to}
    if rng.random() < 0.25 and not unit.short.startswith("-"):
        shown = dict(zip(("one", "to"), unit.short.split(","), strict=True))
    shown = {key: _american(rng, name) for key, name in shown.items()}
    return Draft(
        phrase(rng, CONVERT, n="one" if n == 1 and rng.random() < 0.2 else n, **shown), answer, exactly(answer)
    )


def _american(rng: Random, unit: str) -> str:
    return unit.replace("metre", "meter").replace("litre", "liter") if rng.random() < 0.4 else unit


def temperatures(rng: Random) -> Draft:
    """Celsius to Fahrenheit from 0 to 40 and by tens to 100, and back where it is whole."""
    celsius = rng.choice((*range(41), 50, 60, 70, 80, 90, 100))
    fahrenheit = f"{celsius * 1.8 + 32:.1f}".removesuffix(".0")
    a, b = rng.choice((("degrees Celsius", "Fahrenheit"), ("Celsius", "Fahrenheit"), ("°C", "°F"), ("C", "F")))
    if celsius % 5 == 0 and rng.random() < 0.3:
        answer = f"{fahrenheit} degrees Fahrenheit is {celsius} degrees Celsius."
        a, b = (
            a.replace("Celsius", "Fahrenheit").replace("C", "F"),
            b.replace("Fahrenheit", "Celsius").replace("F", "C"),
        )
        return Draft(phrase(rng, TEMPERATURE, n=fahrenheit, a=a, b=b), answer, exactly(answer))
    answer = f"{celsius} degrees Celsius is {fahrenheit} degrees Fahrenheit."
    return Draft(phrase(rng, TEMPERATURE, n=celsius, a=a, b=b), answer, exactly(answer))


FAMILIES = (
    Family("addition", addition, 1.5),
    Family("subtraction", subtraction, 1.2),
    Family("multiplication", multiplication, 1.5),
    Family("comparison", comparison, 1.8),
    Family("neighbours", neighbours, 1.2),
    Family("parity", parity, 0.8),
    Family("number_words", number_words, 0.6),
    Family("units", units, 2.0),
    Family("temperatures", temperatures, 1.2),
)
