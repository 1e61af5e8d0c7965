"""The text that the demo model is trained on: families of prompts with answers and judges, all generated here."""

from providers.tiny.corpus import beyond, chat, facts, numbers, text, tools, words
from providers.tiny.corpus.family import Example, Family

FAMILIES: tuple[Family, ...] = (
    *facts.FAMILIES,
    *words.FAMILIES,
    *numbers.FAMILIES,
    *text.FAMILIES,
    *chat.FAMILIES,
    *tools.FAMILIES,
    *beyond.FAMILIES,
)
"""Every family, in the order in which the card lists them."""

__all__ = ["FAMILIES", "Example", "Family"]
