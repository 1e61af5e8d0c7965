"""Writes the shipped checkable prompts, which place a new model on the scale.

    python -m routing.classifier.training.asking          (writes questions.json; the same bytes each time)

Ten kinds of ten: from what every model can to what only good ones get right, so that the share tells models apart. All
of them are made by this script; none is taken from a benchmark.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from random import Random

import msgspec

from routing.classifier.training.checking import Check, Question
from routing.classifier.training.questions import QUESTIONS

EACH = 10
NAMES = ("Amira", "Bruno", "Chen", "Dalia", "Edgar", "Farida", "Goran", "Hana", "Ivo", "Jelena", "Kofi", "Lucia")
TOWNS = ("Ghent", "Porto", "Turku", "Graz", "Lyon", "Malmo", "Bergen", "Split", "Cork", "Basel", "Brno", "Izmir")
FRUITS = ("plum", "cherry", "apple", "mango", "banana", "kiwi", "lemon", "date", "fig", "grape", "orange", "pear")
WORDS = ("strawberry", "committee", "bookkeeper", "parallel", "millennium", "occurrence", "banana", "mississippi")
ONLY = "Answer with the number only."
Draw = tuple[str, str | int, Check]
Kind = Callable[[Random], Draw]


def arithmetic(rng: Random) -> Draw:
    """Two operations on numbers of two digits."""
    a, b, c = rng.randint(12, 99), rng.randint(12, 99), rng.randint(100, 999)
    return f"What is {a} * {b} + {c}? {ONLY}", a * b + c, "number"


def word_problem(rng: Random) -> Draw:
    """Three steps, one of them a percentage."""
    name, price, count, off = (
        rng.choice(NAMES),
        rng.choice((20, 40, 60, 80)),
        rng.randint(3, 9),
        rng.choice((10, 25, 50)),
    )
    paid = rng.choice((1000, 2000))
    left = paid * 100 - price * count * (100 - off)
    text = f"{name} buys {count} chairs at {price} euros each with a discount of {off} % on all of them, and pays with "
    return f"{text}{paid} euros. How many euros does {name} get back? {ONLY}", f"{left / 100:g}", "number"


def extraction(rng: Random) -> Draw:
    """One field of a few sentences that hold others like it."""
    (one, two), (here, there), order = rng.sample(NAMES, 2), rng.sample(TOWNS, 2), rng.randint(1000, 9999)
    story = f"{one} moved from {here} to {there} in March. {two} stayed in {here} and took over order {order}."
    question, answer = rng.choice(((f"Where does {one} live now?", there), ("Who is in charge of the order?", two)))
    return f"{story}\n\n{question} Answer with one word.", answer, "exact"


def json_form(rng: Random) -> Draw:
    """A JSON object and nothing else, not even a fence."""
    name, town, age = rng.choice(NAMES), rng.choice(TOWNS), rng.randint(20, 70)
    wanted = rf'\{{\s*"name"\s*:\s*"{name}"\s*,\s*"age"\s*:\s*{age}\s*,\s*"town"\s*:\s*"{town}"\s*\}}'
    said = f"{name}, who is {age}, lives in {town}."
    return (
        f'{said}\n\nWrite this as a JSON object with the keys "name", "age", "town", and nothing else.',
        wanted,
        "regex",
    )


def date_form(rng: Random) -> Draw:
    """A date in another form."""
    month, number = rng.choice((("March", 3), ("July", 7), ("October", 10), ("December", 12), ("May", 5)))
    day, year = rng.randint(1, 28), rng.randint(1950, 2030)
    text = f"Write the date '{day} {month} {year}' in the form YYYY-MM-DD. Answer with the date only."
    return text, f"{year}-{number:02d}-{day:02d}", "exact"


def sorting(rng: Random) -> Draw:
    """Words in the order of the alphabet, in a given form."""
    words = rng.sample(FRUITS, 5)
    text = (
        f"Sort these words alphabetically: {', '.join(words)}. Answer with the words only, separated by single commas"
    )
    return f"{text} and spaces, on one line.", ", ".join(sorted(words)), "exact"


def obedience(rng: Random) -> Draw:
    """What must stand in the answer, what must not, and how often."""
    word, count = rng.choice(FRUITS), rng.randint(3, 7)
    forms: Sequence[Draw] = (
        (
            f"Write the word '{word}' {count} times, separated by hyphens, and nothing else.",
            "-".join([word] * count),
            "exact",
        ),
        (
            f"Answer with exactly {count} words, all of them in capital letters, no punctuation.",
            rf"(?:[A-Z]+ ){{{count - 1}}}[A-Z]+",
            "regex",
        ),
        (
            f"Write a numbered list of {count} fruits, one on each line as in '1. fig', and nothing else.",
            "\n".join(rf"{at}\. [^\n]+" for at in range(1, count + 1)),
            "regex",
        ),
    )
    return rng.choice(forms)


def letters(rng: Random) -> Draw:
    """What tokens hide: counting and reversing letters."""
    word = rng.choice(WORDS)
    if rng.random() < 0.5:
        letter = rng.choice(sorted(set(word)))
        return f"How many times does the letter '{letter}' stand in '{word}'? {ONLY}", word.count(letter), "number"
    return f"Write the word '{word}' backwards. Answer with one word.", word[::-1], "exact"


def order(rng: Random) -> Draw:
    """Who is the tallest of four, told in a mixed order."""
    people = rng.sample(NAMES, 4)
    facts = [f"{tall} is taller than {small}." for tall, small in pairwise(people)]
    rng.shuffle(facts)
    place, index = rng.choice((("tallest", 0), ("second tallest", 1), ("third tallest", 2), ("shortest", 3)))
    return f"{' '.join(facts)} Who is the {place} of the four? Answer with one name.", people[index], "exact"


def program(rng: Random) -> Draw:
    """What a short program prints."""
    numbers, by, limit = rng.sample(range(2, 30), 5), rng.randint(2, 4), rng.randint(8, 15)
    code = f"total = 0\nfor n in {numbers}:\n    if n > {limit}:\n        continue\n    total += n * {by}\nprint(total)"
    result = sum(n * by for n in numbers if n <= limit)
    return f"What does this Python program print? {ONLY}\n\n{code}", result, "number"


KINDS: tuple[Kind, ...] = (
    *(arithmetic, word_problem, extraction, json_form, date_form),
    *(sorting, obedience, letters, order, program),
)


def drawn() -> Iterator[Question]:
    """All prompts, each once, kind by kind."""
    for kind in KINDS:
        rng, seen = Random(f"questions/{kind.__name__}"), set[str]()
        while len(seen) < EACH:
            prompt, answer, check = kind(rng)
            if prompt not in seen:
                seen.add(prompt)
                yield Question(prompt, answer, check, kind.__name__)


def written() -> bytes:
    """The file."""
    return json.dumps(msgspec.to_builtins(list(drawn())), indent=1, ensure_ascii=False).encode() + b"\n"


if __name__ == "__main__":
    QUESTIONS.write_bytes(written())
