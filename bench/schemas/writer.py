"""Writes answers by a grammar with llama.cpp's own sampler: every choice that the grammar leaves is as likely.

So whatever a grammar allows is met sooner or later, which no sensible model would write.
"""

import codecs

import numpy as np
from numpy.random import Generator

from providers.engine.chain import Candidates, Grammar
from providers.engine.llama import Model

SPREAD = 3.0
"""Of the random logits."""
CLOSING = (b'"', b"}", b"]", b'"}', b'"]', b"}}", b"]]")
PATIENCE = 25.0
"""Tokens after which closing becomes likelier, by one logit each time."""


class Writer:
    """Random answers in a model's vocabulary. `tokens` is how long one may become."""

    def __init__(self, model: Model, random: Generator, tokens: int = 400) -> None:
        self._model, self._random, self._tokens = model, random, tokens
        self._room = Candidates(model.size)
        pieces = [model.piece(token) for token in range(model.size)]
        ends = [token for token in range(model.size) if model.ends(token)]
        self._closing = np.array([*ends, *(token for token, piece in enumerate(pieces) if piece in CLOSING)])
        silent = [token for token, piece in enumerate(pieces) if not piece and token not in ends]
        self._silent = np.array(silent, np.int32)

    def answer(self, gbnf: str) -> str | None:
        """A text that the grammar says is complete; None when it became too long. Raises GrammarError."""
        grammar = Grammar(self._model, gbnf)
        decoder = codecs.getincrementaldecoder("utf-8")()
        text = ""
        try:
            for written in range(self._tokens):
                token = self._next(grammar, decoder, written)
                if self._model.ends(token):
                    return text + decoder.decode(b"", True)
                grammar.accept(token)
                text += decoder.decode(self._model.piece(token))
            return None
        finally:
            grammar.close()

    def _next(self, grammar: Grammar, decoder: codecs.IncrementalDecoder, written: int) -> int:
        """A random token that the grammar allows and that is no broken UTF-8."""
        logits = self._random.normal(0, SPREAD, self._model.size).astype(np.float32)
        logits[self._closing] += min(25.0, written / PATIENCE)
        banned = self._silent
        while True:
            self._room.fill(logits, banned)
            grammar.restrict(self._room)
            if not self._room.possible():
                raise AssertionError("the grammar leaves no token")
            token = self._room.likeliest()
            if self._model.ends(token) or _decodes(decoder, self._model.piece(token)):
                return token
            banned = np.append(banned, np.int32(token))


def _decodes(decoder: codecs.IncrementalDecoder, piece: bytes) -> bool:
    state = decoder.getstate()
    try:
        decoder.decode(piece)
    except UnicodeDecodeError:
        return False
    finally:
        decoder.setstate(state)
    return True
