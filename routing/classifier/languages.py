"""Which language a text is in, roughly: by its script, and in Latin script by its small words."""

import re
from collections import Counter
from collections.abc import Mapping

UNKNOWN = "und"
READ = 1_000
"""Characters that are looked at."""

_SCRIPTS: Mapping[str, str] = {
    "ja": "\u3040-\u30ff",
    "ko": "\uac00-\ud7af\u1100-\u11ff",
    "zh": "\u4e00-\u9fff\u3400-\u4dbf",
    "uk": "іїєґІЇЄҐ",
    "ru": "\u0400-\u04ff",
    "ar": "\u0600-\u06ff",
    "he": "\u0590-\u05ff",
    "hi": "\u0900-\u097f",
    "bn": "\u0980-\u09ff",
    "ta": "\u0b80-\u0bff",
    "th": "\u0e00-\u0e7f",
    "el": "\u0370-\u03ff",
}
"""Tried in this order: Japanese before the characters that it shares with Chinese, Ukrainian's own letters before
Cyrillic's."""
_RANGES = {language: re.compile(f"[{letters}]") for language, letters in _SCRIPTS.items()}
_OUTSIDE_LATIN = re.compile("[\u0370-\u1fff\u3040-\ud7af]")
_ENOUGH = 0.2
"""Share of letters outside Latin script above which the script decides."""

_SMALL_WORDS: Mapping[str, str] = {
    "en": "the and of to in is what how you that for with are it was can this on my who why when do does write give",
    "de": "der die das und ist nicht ein eine wie was ich du mit für auf den von zu im sind warum wer wo mir einen dem",
    "fr": "le la les et est un une des que qui pour dans je vous avec sur pas du quelle quel comment pourquoi au ce",
    "es": "el la los las y es un una que de en por para con cómo qué cuál mi del se no su al cuáles quién dónde",
    "it": "il lo la gli e è un una che di in per con come cosa qual quale mi del non sono della nel perché dei chi",
    "pt": "o a os as e é um uma que de em por para com como qual meu do da não são no na dos você quem onde",
    "nl": "de het een en is van in op wat hoe ik je met voor niet zijn dat waarom wie er mijn te aan",
    "sv": "och är en ett det som att i på vad hur jag du med för inte av den varför vem mig till",
    "pl": "i w na z jest nie co jak się to do że dla jaki jaka czy mi dlaczego kto o są od po który która ten ta",
    "tr": "ve bir bu ne nasıl için ile mi da de çok nedir neden bana olan ben mı kim nerede",
    "id": "dan yang di apa bagaimana untuk dengan ini itu adalah saya dari tidak ke mengapa siapa pada",
    "vi": "là và của cho tôi không có một những gì như thế nào được với trong các hãy",
}
_LETTERS: Mapping[str, str] = {
    "pl": "ąęłśćńźż",
    "tr": "ışğ",
    "es": "ñ¿¡",
    "de": "ßäü",
    "pt": "ãõ",
    "sv": "å",
    "fr": "êçèœ",
    "vi": "ạơưđếộ",
}
"""A letter that hardly another language has counts as much as a small word."""
_WORD = re.compile(r"[^\W\d_]+")


def _by_word() -> Mapping[str, tuple[str, ...]]:
    """The languages that have each small word."""
    pairs = [(word, name) for name, words in _SMALL_WORDS.items() for word in words.split()]
    return {word: tuple(name for other, name in pairs if other == word) for word, _ in pairs}


_LANGUAGES = _by_word()


def language(text: str) -> str:
    """An ISO 639-1 code, or `und` where nothing tells."""
    read = text[:READ]
    if not read.isascii():
        letters = sum(map(str.isalpha, read))
        if letters and len(_OUTSIDE_LATIN.findall(read)) >= _ENOUGH * letters:
            return next((name for name, found in _RANGES.items() if found.search(read)), UNKNOWN)
    votes = Counter[str]()
    for word in _WORD.findall(read.lower()):
        names = _LANGUAGES.get(word, ())
        for name in names:
            votes[name] += 12 // len(names)
    if not read.isascii():
        votes.update({name: 12 * sum(map(read.lower().count, letters)) for name, letters in _LETTERS.items()})
    best, count = max(votes.items(), key=lambda vote: vote[1], default=(UNKNOWN, 0))
    return best if count else UNKNOWN
