"""What becomes of a prompt on real models: exact counts, prefixes that stay with their tenant, odd wishes."""

from pathlib import Path
from typing import Any

import pytest

from providers.engine.client import Engine
from providers.engine.engine import Loaded
from providers.engine.frames import Done, Failed, Options, Piece, Start, Turn
from providers.engine.llama import Model
from providers.tiny import MODEL_PATH
from tests.doubles import ggufs
from tests.doubles.engines import GREETED
from tests.doubles.rooms import Room

SPM_TEMPLATE = "{{ bos_token }}{% for m in messages %}[INST]{{ m.content }}[/INST]{% endfor %}"


def counted(model: Model, rendered: str) -> int:
    """llama.cpp's own count of a rendered template."""
    begin = model.begin()
    tokens = model.tokenize(rendered, special=True)
    return len(tokens) + (begin is not None and tokens[:1] != [begin])


def answered(path: Path, text: str) -> int:
    loaded: Loaded[str] = Loaded(Engine(model=str(path), slots=1), lambda _share: True, None)
    loaded.submit("me", Start(1, "", (Turn("user", text),), Options(1, temperature=0)))
    said = []
    while loaded.scheduler.busy:
        said += [saying for _, saying in loaded.scheduler.step()]
    loaded.close()
    (done,) = (saying for saying in said if isinstance(saying, Done))
    return done.usage.input


@pytest.mark.parametrize("text", ["hi", "don't  12345 é€😀 漢字", "a\nb\t c", "x" * 300])
def test_prompt_tokens_are_those_of_the_rendered_template(tmp_path: Path, text: str) -> None:
    chatml = f"<|im_start|>user\n{text}<|im_end|>\n<|im_start|>assistant\n"
    assert answered(MODEL_PATH, text) == counted(Model(MODEL_PATH, lambda _share: True), chatml)
    foreign = ggufs.sentencepiece(tmp_path / "foreign.gguf", SPM_TEMPLATE)
    assert answered(foreign, text) == counted(Model(foreign, lambda _share: True), f"<s>[INST]{text}[/INST]")


def test_no_tenant_is_given_anothers_prefix_idle_or_busy() -> None:
    made = Room(MODEL_PATH, slots=3)
    question = "Tell me a short story about a dog"
    made.ask("busy", question, "a", max_tokens=30)
    made.step(3)
    made.ask("stranger", question, "b", max_tokens=2)
    made.ask("friend", question, "a", max_tokens=2)
    made.run()
    made.ask("later stranger", question, "c", max_tokens=2)
    made.ask("later friend", question, "a", max_tokens=2)
    made.run()
    length = made.done("busy").usage.input
    who = ("busy", "stranger", "friend", "later stranger", "later friend")
    assert [made.done(each).usage.cached for each in who] == [0, 0, length - 1, 0, length - 1]


@pytest.mark.parametrize("seed", [-1, -(2**63), 2**63 - 1, 2**64 - 1])
@pytest.mark.parametrize("n", [1, 3])
def test_any_seed_is_one(greeting: Path, seed: int, n: int) -> None:
    made = Room(greeting, slots=3)
    for who in ("once", "again"):
        made.ask(who, seed=seed, n=n, temperature=2.0, top_k=0, min_p=0.0, top_p=1.0, repeat_penalty=10.0)
        made.run()
    assert [made.text("once", at) for at in range(n)] == [made.text("again", at) for at in range(n)]


@pytest.mark.parametrize("wish", [{"max_tokens": 2**62}, {"stop": ("😀" * 100,)}, {"top_k": 2**31 - 1}])
def test_a_huge_wish_is_an_ordinary_one(greeting: Path, wish: dict[str, Any]) -> None:
    made = Room(greeting)
    made.ask("a", **wish)
    made.run()
    assert (made.text("a"), made.done("a").finish) == (GREETED, "stop")


def test_a_stop_of_a_character_that_is_several_tokens(greeting: Path) -> None:
    made = Room(greeting)
    made.ask("a", stop=("€",), logprobs=0)
    made.run()
    assert (made.text("a"), made.done("a").finish, made.done("a").usage.output) == ("Hello world! ", "stop", 6)
    assert sum(piece.tokens for piece in made.pieces("a")) <= 6


def test_a_prompt_of_nothing_is_refused(greeting: Path) -> None:
    settings = Engine(model=str(greeting), chat_template="{{ '' }}")
    loaded: Loaded[str] = Loaded(settings, lambda _share: True, None)
    refused = loaded.submit("me", Start(1, "", (Turn("user", "x"),), Options(1)))
    assert isinstance(refused, Failed) and refused.status == 400
    loaded.close()


def test_choices_end_where_the_context_does(counting: Path) -> None:
    made = Room(counting, slots=2, context=64)
    job = made.ask("a", n=3, max_tokens=1000)
    made.run()
    room = 64 - len(job.prompt)
    assert made.ends("a") == dict.fromkeys(range(3), "length")
    assert made.done("a").usage.output == 3 * room
    assert not [saying for saying in made.told["a"] if isinstance(saying, Piece) and saying.tokens < 1]
