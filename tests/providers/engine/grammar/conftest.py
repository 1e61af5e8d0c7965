"""What a grammar allows, asked of llama.cpp itself: a text goes in byte by byte, then the end."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import providers.tiny
from providers.engine.chain import Candidates, Grammar
from providers.engine.grammar import gbnf
from providers.engine.llama import Model

Allows = Callable[[str | bytes, str], bool]


@pytest.fixture(scope="session")
def tiny() -> Iterator[Model]:
    model = Model(Path(providers.tiny.__file__).with_name("tiny.gguf"), lambda _share: True)
    yield model
    model.close()


@pytest.fixture(scope="session")
def allows(tiny: Model) -> Allows:
    """`allows(schema, text)`: whether the text is a whole answer by the schema (bytes) or grammar (str)."""
    room = Candidates(tiny.size)
    letters = {tiny.piece(token): token for token in range(tiny.size) if len(tiny.piece(token)) == 1}
    end = next(token for token in range(tiny.size) if tiny.ends(token))

    def ask(schema: str | bytes, text: str) -> bool:
        grammar = Grammar(tiny, schema if isinstance(schema, str) else gbnf(schema))
        try:
            for byte in text.encode():
                token = letters[bytes((byte,))]
                if not grammar.allows(token, room):
                    return False
                grammar.accept(token)
            return grammar.allows(end, room)
        finally:
            grammar.close()

    return ask
