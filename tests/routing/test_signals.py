import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from providers.words import Call, Message, View
from routing.signals import NO_OPINION, Classifier, Placement, Signals, shipped

ALL = [Placement("tiny", "demo"), Placement("llama", "small"), Placement("mini", "medium"), Placement("gpt", "strong")]
CLASSIFIER = Classifier(shipped(), ALL)


def call(*turns: tuple[str, str | None]) -> Call:
    return Call("chat", "chat", {}, View("auto", tuple(Message(role, text) for role, text in turns)), 100)


def read(*turns: tuple[str, str | None], by: Classifier = CLASSIFIER) -> Signals:
    return by.read(call(*turns), iter((5_000, 47_000)).__next__)


@pytest.mark.parametrize(
    "text",
    ["What is the capital of France?", "hello", "2 + 2", "plural of foot", "Tell me a joke.", "Thanks!"],
)
def test_what_the_demo_model_claims_is_expected_of_it(text: str) -> None:
    assert read(("user", text)).good["tiny"] > 0.5


@pytest.mark.parametrize(
    "text",
    [
        "Schreibe ein Gedicht über den Herbst",
        "请用中文解释量子力学",
        "def f(x):\n    return x + 1\nWhy does this fail?",
        "What is 123 * 456?",
        "How do I center a div?",
        "Summarise this:\n" + "The committee met on Tuesday to discuss the merger. " * 400,
        "",
        "asdf",
    ],
)
def test_what_is_beyond_the_demo_model_is_not(text: str) -> None:
    assert read(("user", text)).good["tiny"] < 0.3


def test_the_demo_model_s_own_context_counts() -> None:
    told = (("user", "My name is Emma."), ("assistant", "Nice to meet you, Emma!"))
    assert read(*told, ("user", "What is my name?")).good["tiny"] > read(("user", "What is my name?")).good["tiny"]


def test_a_system_prompt_does_not_hide_the_question() -> None:
    found = read(("system", "You are a helpful assistant."), ("user", "What is the capital of France?"))
    assert found.good["tiny"] > 0.5


def test_a_stronger_model_is_expected_to_be_better_on_a_hard_question() -> None:
    found = read(("user", "Find the order of the factor group (Z_11 x Z_15)/(<1, 1>)"))
    assert found.good["llama"] < found.good["mini"] < found.good["gpt"]
    assert found.difficulty == pytest.approx(1 - found.good["llama"])
    easy = read(("user", "Which animal is a mammal, and what does the heart pump?"))
    assert easy.difficulty < found.difficulty


def test_the_signals_name_their_heads_their_time_and_only_what_is_placed() -> None:
    heads = shipped()
    found = read(("user", "hello"), by=Classifier(heads, ALL[:2]))
    assert set(found.good) == {"tiny", "llama"}
    assert found.version == heads.version != ""
    assert found.micros == 42


def test_confidence_shrinks_far_from_the_data() -> None:
    near = read(("user", "What is the capital of France?")).confidence
    far = read(("user", "zxqv wrtpl kjhgf bnmvc qwrtz")).confidence
    assert near > 0.9 > 0.1 > far


def test_without_the_demo_model_its_head_is_not_asked() -> None:
    found = read(("user", "hello"), by=Classifier(shipped(), ALL[1:]))
    assert set(found.good) == {"llama", "mini", "gpt"}


def test_an_embeddings_call_gets_no_opinion() -> None:
    assert CLASSIFIER.read(structs.replace(call(), task="embeddings"), lambda: 0) == NO_OPINION


ROLES = st.sampled_from(["user", "assistant", "system", "developer", "tool", "", "ü"])


@given(st.lists(st.tuples(ROLES, st.none() | st.text(st.characters(codec=None))), max_size=5))
def test_any_conversation_gets_an_opinion(turns: list[tuple[str, str | None]]) -> None:
    found = read(*turns)
    assert found.version, "reading failed"
    assert all(0 < p < 1 for p in (*found.good.values(), found.difficulty))
    assert 0 <= found.confidence <= 1


@pytest.mark.parametrize("text", ["x" * 10**6, "{" * 10**5, "\x00" * 10**5, "🙂" * 10**5, "def " * 10**5, "$" * 9999])
def test_a_huge_turn_gets_one_too(text: str) -> None:
    assert read(("user", text)).version


def test_nothing_heavier_than_numpy_is_loaded() -> None:
    script = "import sys, routing.signals; print(*{name.split('.')[0] for name in sys.modules})"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert "numpy" in loaded
    assert not {"scipy", "sklearn", "torch", "llama_cpp", "transformers"} & set(loaded)
