"""Grammars and candidates, with real llama.cpp under them."""

from pathlib import Path

import numpy as np
import pytest

from providers.engine.chain import Candidates, Chain, Grammar, GrammarError
from providers.engine.llama import Model


@pytest.fixture
def model(greeting: Path) -> Model:
    return Model(greeting, lambda _share: True)


def test_a_chain_chooses_among_candidates_and_a_ban_holds(model: Model) -> None:
    candidates, chain = Candidates(model.size), Chain()
    chain.greedy()
    logits = np.zeros(model.size, np.float32)
    logits[[5, 9]] = 3, 2
    candidates.fill(logits)
    assert (chain.choose(candidates), candidates.likeliest()) == (5, 5)
    candidates.fill(logits, np.array([5], np.int32))
    assert chain.choose(candidates) == 9
    chain.close()


def test_a_grammar_allows_what_may_come_next(model: Model) -> None:
    grammar, room = Grammar(model, 'root ::= "ab" "c"?'), Candidates(model.size)
    a, b, c = (model.tokenize(letter, special=False)[0] for letter in "abc")
    (end,) = model.tokenize("<|im_end|>", special=True)
    allowed = []
    for token in (a, b, c):
        allowed.append([grammar.allows(each, room) for each in (a, b, c, end)])
        grammar.accept(token)
    allowed.append([grammar.allows(each, room) for each in (a, b, c, end)])
    grammar.close()
    assert allowed == [
        [True, False, False, False],
        [False, True, False, False],
        [False, False, True, True],
        [False, False, False, True],
    ]


def test_a_grammar_leaves_of_all_candidates_what_it_allows(model: Model) -> None:
    grammar, room = Grammar(model, "root ::= [xy]"), Candidates(model.size)
    room.fill(np.zeros(model.size, np.float32))
    grammar.restrict(room)
    assert model.piece(room.likeliest()) in (b"x", b"y")
    assert room.possible()
    grammar.close()


@pytest.mark.parametrize(
    "text", ["", "root ::= (", "root ::= missing", 'start ::= "a"', 'root ::= "a"\0', 'root ::= root "a"']
)
def test_a_bad_grammar_is_an_error_and_no_crash(model: Model, text: str) -> None:
    with pytest.raises(GrammarError):
        Grammar(model, text)
