"""How the same thing is said in many ways: alternations, and the dress of a prompt (openings, case, punctuation)."""

import re
from collections.abc import Sequence
from random import Random

_INNERMOST = re.compile(r"\[([^\[\]]*)\]")
_WORD = re.compile(r"[^\W_]+")

OPENINGS = (
    *("Hello! ", "Hi! ", "Hi, ", "Hey, ", "Hello, ", "Hey there! ", "Good morning! ", "Good evening. ", "Hi there. "),
    *("Hello there! ", "Quick question: ", "I have a question. ", "Question: ", "Help me please. ", "Sorry, "),
    *("Excuse me, ", "Hello, can you help me? ", "Hi, I need your help. ", "OK. ", "Okay, ", "So, ", "Well, ", "Now "),
    *("Just tell me: ", "Dear assistant, ", "Hey model, ", "Let me ask you something. ", "One more question: "),
    *("I am curious. ", "My teacher asked me this: ", "For my homework: ", "Another one: ", "Next: ", "And "),
)
ENDINGS = (
    *(" Thanks!", " Thank you.", " Thanks in advance!", " Answer briefly.", " Keep it short.", " Be brief."),
    *(" Please answer in one sentence.", " Please be quick.", " I need to know.", " Do you know?", " Just the answer."),
    *(" Any idea?", " Thanks", " thx", " :)", " I forgot."),
)


def expand(rng: Random, pattern: str) -> str:
    """Choose one alternative of every `[a|b|c]`, innermost first."""
    while True:
        found = _INNERMOST.search(pattern)
        if found is None:
            return pattern
        choice = rng.choice(found.group(1).split("|"))
        pattern = pattern[: found.start()] + choice + pattern[found.end() :]


def phrase(rng: Random, patterns: Sequence[str], **slots: object) -> str:
    """Choose a pattern, expand it, fill its `{slots}` and begin with a capital letter."""
    return capital(expand(rng, rng.choice(patterns)).format(**slots))


def capital(text: str) -> str:
    """Raise the first letter and leave the rest as it is."""
    return text[:1].upper() + text[1:]


def article(noun: str) -> str:
    """Put the indefinite article before a noun."""
    return ("an " if noun[0].lower() in "aeiou" else "a ") + noun


def normalise(text: str) -> str:
    """Lower case, words only, single spaces; the digits keep their signs out."""
    return " ".join(_WORD.findall(text.lower())) or text.strip()


def dress(rng: Random, prompt: str, keep_case: bool = False) -> str:
    """Vary what surrounds a prompt: opening, "please", ending, punctuation, case and stray white space."""
    prompt = _please(rng, prompt)
    if rng.random() < 0.12:
        prompt = rng.choice(OPENINGS) + (prompt if rng.random() < 0.6 else _uncapital(prompt))
    if rng.random() < 0.3:
        prompt = prompt.rstrip("?.! ") if rng.random() < 0.8 else prompt + rng.choice("?!.")
    if rng.random() < 0.05:
        prompt = prompt + rng.choice(ENDINGS)
    if not keep_case and rng.random() < 0.27:
        prompt = prompt.lower() if rng.random() < 0.93 else prompt.upper()
    if rng.random() < 0.04:
        prompt = rng.choice((" ", "\n", "")) + prompt + rng.choice((" ", "\n", "\n\n"))
    return prompt


def _uncapital(prompt: str) -> str:
    return prompt if prompt[:2] == "I " else prompt[:1].lower() + prompt[1:]


def _please(rng: Random, prompt: str) -> str:
    draw = rng.random()
    if draw < 0.05:
        return "Please " + _uncapital(prompt)
    if draw < 0.08 and prompt[-1:] in "?.":
        return prompt[:-1] + rng.choice((" please", ", please")) + prompt[-1]
    if draw < 0.11:
        asking = ("Can you tell me ", "Could you tell me ", "Do you know ", "I would like to know ", "Please tell me: ")
        return rng.choice(asking) + _uncapital(prompt)
    return prompt
