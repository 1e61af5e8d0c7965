from hashlib import sha256

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.words import Message, Part
from routing.classifier.features import BUCKETS, FIRST, LAST, SURFACE, features

FRANCE = "What is the capital of France?"


def of(text: str, *before: Message) -> dict[str, float]:
    return dict(zip(SURFACE, features((*before, Message("user", text))).surface.tolist(), strict=True))


def test_the_buckets_are_the_same_on_every_machine() -> None:
    read = features((Message("user", "My name is Ann."), Message("assistant", "Hi."), Message("user", FRANCE)))
    ids = np.concatenate((read.words, read.pairs, read.earlier)).astype("<u4").tobytes()
    assert sha256(ids).hexdigest()[:16] == "263ec16f55785c87"


def test_case_digits_and_sentence_marks_do_not_move_the_grams() -> None:
    one, other = (features((Message("user", text),)) for text in ("Is 17 a prime?", "is 23 a prime"))
    assert one.words.tolist() == other.words.tolist()
    assert one.pairs.tolist() == other.pairs.tolist()


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("def f(x):\n    return x", "code"),
        ("What is 3 + x?", "maths"),
        ("List ten ideas", "listing"),
        ("Answer as JSON", "structure"),
        ("Really?", "question"),
        ("é" * 9, "non_ascii"),
        ("x" * (FIRST + LAST + 1), "cut"),
        ("{{{}}}", "signs"),
        ("SHOUT", "capitals"),
        ("a\nb", "lines"),
        ("1234", "digits"),
        ("what is it for you", "english"),
    ],
)
def test_each_surface_feature_sees_its_sign_and_plain_words_lack_it(text: str, name: str) -> None:
    assert of(text)[name] > 0
    assert of("tell cats")[name] == 0


def test_what_stands_around_the_last_turn_is_seen() -> None:
    long = "Be brief. " * 40
    around = of("Go on", Message("system", long), Message("user", long), Message("assistant", "Paris."))
    assert min(around["long_system"], around["turns"], around["long_context"]) > 0
    usual = of("Go on", Message("system", "Be brief."))
    assert usual["long_system"] == usual["turns"] == usual["long_context"] == 0
    assert around["chars"] == usual["chars"]


def test_the_last_user_turn_is_read_and_earlier_ones_elsewhere() -> None:
    last = features((Message("user", FRANCE), Message("assistant", "Paris."), Message("user", "Thanks")))
    assert last.words.tolist() == features((Message("user", "Thanks"),)).words.tolist()
    assert len(last.earlier) == len(features((Message("user", FRANCE),)).words)
    assert not set(last.earlier.tolist()) & set(features((Message("user", FRANCE),)).words.tolist())


def test_content_parts_are_read_like_text() -> None:
    parts = (Part("text", "What is the"), Part("image_url"), Part("text", "capital of France?"))
    assert features((Message("user", parts),)).words.tolist() == features((Message("user", FRANCE),)).words.tolist()


def test_a_long_turn_is_read_by_its_head_and_tail() -> None:
    middle = ["wibble " * 5_000, "wobble " * 5_000]
    one, other = (features((Message("user", "a " * FIRST + text + "z " * LAST),)) for text in middle)
    assert one.words.tolist() == other.words.tolist()
    assert len(one.words) == 2


@given(
    st.lists(st.tuples(st.sampled_from(["user", "assistant", "system", "tool", ""]), st.none() | st.text()), max_size=6)
)
def test_any_conversation_becomes_finite_numbers(turns: list[tuple[str, str | None]]) -> None:
    read = features([Message(role, content) for role, content in turns])
    assert np.isfinite(read.surface).all()
    assert read.surface.shape == (len(SURFACE),)
    assert all(int(ids.max(initial=0)) < BUCKETS for ids in (read.words, read.pairs, read.earlier))


def test_a_lone_surrogate_is_read_too() -> None:
    assert len(features((Message("user", "a \ud800 b"),)).words) == 3
