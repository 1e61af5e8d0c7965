"""Prompts of three kinds that Dolly has no category for: code, mathematics, translation. Generated, by a seed.

Half of the ways of saying is for training and half is kept for evaluation, so that a figure says something about ways
that the head has not heard; it is still the figure of generated prompts.
"""

# ruff: noqa: E501 (phrases read better unbroken)

from collections.abc import Iterator
from random import Random
from typing import Literal

from msgspec import Struct

from providers.tiny.corpus.phrase import phrase

Kind = Literal["code", "math", "translation"]
Side = Literal["train", "evaluate"]


class Kinds(Struct, frozen=True):
    """Ways of saying, by side."""

    train: tuple[str, ...]
    evaluate: tuple[str, ...]


_LANGUAGE = "[Python|JavaScript|TypeScript|Java|C|C++|C#|Go|Rust|Ruby|PHP|Kotlin|Swift|SQL|bash|R|Scala|Haskell]"
_JOB = "[reverse a string|sort a list of {noun}s by date|parse a CSV file of {noun}s|merge two sorted lists|find duplicate {noun}s|read a file line by line|compute the average {noun}|validate an email address|count words in a text|flatten a nested list|cache results|send an HTTP request|check whether a {noun} exists|convert JSON to a table|implement a queue|remove {noun}s from a dictionary|binary search an array|retry a failed call|log every {noun}|paginate {noun}s]"
_BUG = "[TypeError: cannot read properties of undefined|IndexError: list index out of range|segmentation fault|NullPointerException|SyntaxError: unexpected token|KeyError: '{noun}'|undefined is not a function|ModuleNotFoundError: No module named '{noun}'|borrow of moved value: `{noun}`|connection refused]"
_SNIPPET = '[def {noun}(x):%    return x * {a}|for i in range({a}):%    print({noun}s[i])|const {noun} = items.filter(i => i.id === {a});|public int {noun}(int n) {{ return n + {a}; }}|SELECT {noun}, count(*) FROM {noun}s WHERE id > {a} GROUP BY {noun};|int main() {{ printf("%d", {a}); }}|class {noun}:%    def __init__(self):%        self.n = {a}|if ({noun} == null) {{ throw new Error("{a}"); }}|fn {noun}(v: Vec<i32>) -> i32 {{ v.len() as i32 + {a} }}|import {noun}%{noun}.run({a})]'
_TONGUE = "[French|German|Spanish|Italian|Portuguese|Dutch|Polish|Russian|Chinese|Japanese|Korean|Arabic|Turkish|Hindi|Swedish|Greek|Vietnamese|Latin]"
_SAID = "[the {noun} is on the table|where is the nearest {noun}?|I would like to buy {a} {noun}s|my {noun} arrives tomorrow morning|thank you for the {noun}|we lost our {noun} in the mountains|the weather was cold and the {noun} was late|please bring your {noun} to the meeting|she has never seen such a {noun}|how much does this {noun} cost?]"
_FOREIGN = "[Wo ist der Bahnhof?|Je ne comprends pas cette phrase.|El libro está sobre la mesa.|Vorrei prenotare un tavolo per due.|Obrigado pela sua ajuda.|Ik kom morgen terug.|Gdzie jest apteka?|Я люблю читать книги.|今日は天気がいいです。|我想喝一杯茶。|저는 학생입니다.|أين المحطة؟|Bugün hava çok güzel.|Jag förstår inte.]"
_SUM = "[{a} + {b} * {c}|({a} - {b}) / {c}|{a}x + {b} = {c}|x^2 - {a}x + {b} = 0|{a}/{b} + {c}/{a}|sqrt({a}) + {b}|{a}% of {b}|{a}^2 - {b}^2|log_2({a})|sin(x) = {a}/{b}]"

WAYS: dict[Kind, Kinds] = {
    "code": Kinds(
        (
            f"[write|create|give me|implement] [a|an efficient|a short] {_LANGUAGE} [function|script|program|snippet] [to|that can] {_JOB}[.|, please|| with tests]",
            f"how [do I|can I|should I|would you] {_JOB} in {_LANGUAGE}[?|]",
            f"[why does this|what is wrong with this|fix this|debug this] [code|function|snippet|program]?%%{_SNIPPET}",
            f"I get [the error|this error:|the message] {_BUG} in my {_LANGUAGE} [code|program|project]. [How do I fix it?|What does it mean?|Help.]",
            f"[refactor|review|optimize|explain|document] [the following|this] {_LANGUAGE} [code|method|function]:%```%{_SNIPPET}%```",
            "[write|show me] [unit tests|type annotations|docstrings|a regex|a SQL query|a Dockerfile|an API endpoint] for [a {noun} class|the {noun} service|{noun}s]",
            f"[what is the difference between|when should I use|explain] [a list and a tuple|async and threads|a class and an interface|git merge and git rebase|a pointer and a reference|let and const|a hash map and a tree] in {_LANGUAGE}[?|]",
            f"[the tests|my program|the server|the compiler|the script|npm|pip|docker] [fails|crashes|stops|complains|says] [with|:|because of] {_BUG}[.|, what now?]",
            f"{_SNIPPET}%%[why does it not work?|explain this|what is the output?|add comments|find the bug]",
            f"{_LANGUAGE}: {_JOB}",
        ),
        (
            f"[can you|could you] code [something|a small tool] in {_LANGUAGE} [which can|to] {_JOB}?",
            f"{_SNIPPET}%%[this crashes, why?|what does this print?|make it faster|convert it to another language|add error handling]",
            f"my [build|test|script] fails with {_BUG}[.| after the last commit.| since I upgraded.]",
            f"[what is the idiomatic way|best way] to {_JOB} using {_LANGUAGE}",
        ),
    ),
    "math": Kinds(
        (
            f"[solve|simplify|evaluate|compute|calculate] {_SUM}[.|| step by step| and show your work]",
            f"[what is|find] [the value of|the result of|the solution of] {_SUM}[?|]",
            "[prove|show] that [the sum of two even numbers is even|{a} divides n^{b} - n for every n|the square root of {a} is irrational|there are infinitely many primes]",
            "a [train|car|cyclist] travels {a} km in {b} hours. [What is its average speed?|How far does it get in {c} hours?]",
            "if {a} {noun}s cost ${b}, how [much|many dollars] do {c} {noun}s cost?",
            "[find|compute] the [derivative|integral|limit|Taylor series] of [x^{a} + {b}x|sin({a}x)|e^({a}x)|ln(x + {a})|{a}x^3 - {b}x][.|| with respect to x]",
            "[what is the|find the] [area|perimeter|volume|circumference] of a [circle|rectangle|sphere|triangle|cylinder] with [radius|side|height|base] {a}[ cm| m|]?",
            "what is the probability [of rolling a {a} twice|that {a} of {b} {noun}s are broken|of drawing {a} aces from {b} cards]?",
        ),
        (
            f"[work out|how do you solve] {_SUM}[?|]",
            "[Anna|Tom|Maria] has {a} {noun}s and [gives away|buys|loses] {b}. How many [are left|does she have now|are there in total]?",
            "[determine|calculate] the [eigenvalues|determinant|inverse] of the matrix [[{a}, {b}], [{c}, {a}]]",
            "[differentiate|integrate] [x^{a}|{b}x^2 + {c}|cos({a}x)][| step by step]",
        ),
    ),
    "translation": Kinds(
        (
            f"[translate|please translate|can you translate] [this|the following|this sentence|the text below] [to|into] {_TONGUE}: {_SAID}",
            f"translate [from English|] to {_TONGUE}:%{_SAID}",
            f'[translate|put] "{_SAID}" into {_TONGUE}[.|]',
            f'how do you say "{_SAID}" in {_TONGUE}?',
            f"[translate|what does this mean in English:|please translate to English:] {_FOREIGN}",
            f"I need a [{_TONGUE}|good] translation of: {_SAID}",
        ),
        (
            f"{_SAID}%%[now in|same in|the above in] {_TONGUE}[, please|]",
            f'what is [the {_TONGUE} for|the translation into {_TONGUE} of] "{_SAID}"',
            f"[English, please:|in English?] {_FOREIGN}",
            f"render this in {_TONGUE}: {_SAID}",
        ),
    ),
}
_NOUNS = [
    "apple",
    "user",
    "order",
    "book",
    "invoice",
    "ticket",
    "bridge",
    "customer",
    "garden",
    "letter",
    "machine",
    "planet",
    "record",
    "river",
    "sensor",
    "student",
    "window",
    "article",
    "bicycle",
    "camera",
    "doctor",
    "engine",
    "friend",
    "guitar",
    "hotel",
    "island",
    "jacket",
    "kettle",
    "ladder",
    "market",
    "number",
    "orange",
]


def written(kind: Kind, side: Side, count: int) -> Iterator[str]:
    """Prompts, the same for the same arguments; few come twice."""
    rng, ways = Random(f"kinds/{kind}/{side}"), WAYS[kind]
    for _ in range(count):
        yield _filled(rng, ways.train if side == "train" else ways.evaluate)


def _filled(rng: Random, ways: tuple[str, ...]) -> str:
    numbers = {name: rng.randint(2, 99) for name in "abc"}
    text = phrase(rng, ways, noun=rng.choice(_NOUNS), **numbers).replace("%%", "\n\n")
    text = text.replace("%d", "\0").replace("% of", "\1").replace("%", "\n").replace("\0", "%d").replace("\1", "% of")
    return text if rng.random() < 0.7 else text[:1].lower() + text[1:]
