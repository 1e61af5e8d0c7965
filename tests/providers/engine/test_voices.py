"""What can be asked of an answer, said by real models: choices, likelihoods, biases, schemas, and the refusals."""

import math
from pathlib import Path
from typing import Any

import msgspec
import pytest

from providers.engine.frames import Options
from providers.engine.voices import CannotSay
from providers.tiny import MODEL_PATH
from tests.doubles.engines import GREETED
from tests.doubles.rooms import Room

STORY = "Tell me a short story about a dog"
PERSON = msgspec.json.encode(
    {
        "type": "object",
        "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
        "required": ["name", "age"],
        "additionalProperties": False,
    }
)


@pytest.fixture(scope="module")
def tiny() -> Room:
    return Room(MODEL_PATH, slots=4)


@pytest.mark.parametrize("count", [2, 4, 7])
def test_choices_share_one_prompt_whatever_the_slots(greeting: Path, count: int) -> None:
    made = Room(greeting, slots=3)
    job = made.ask("a", n=count)
    made.run()
    assert [made.text("a", choice) for choice in range(count)] == [GREETED] * count
    assert made.ends("a") == dict.fromkeys(range(count), "stop")
    assert (made.done("a").usage.input, made.done("a").usage.output) == (len(job.prompt), 8 * count)


def test_choices_of_one_seed_differ_and_repeat_themselves(tiny: Room) -> None:
    asked: dict[str, Any] = {"n": 4, "seed": 3, "temperature": 1.5, "max_tokens": 30}
    for who in ("once", "again"):
        tiny.ask(who, STORY, **asked)
        tiny.run()
    once, again = ([tiny.text(who, choice) for choice in range(4)] for who in ("once", "again"))
    assert len(set(once)) > 1
    assert once == again


def test_others_speak_while_one_asks_for_many_choices(counting: Path) -> None:
    made = Room(counting, slots=2)
    made.ask("many", tenant="a", n=5, max_tokens=3)
    made.ask("one", tenant="b", max_tokens=3)
    made.run()
    assert [made.text("many", choice) for choice in range(5)] == [" one two three"] * 5
    assert made.text("one") == " one two three"


def test_a_cancelled_answer_takes_all_its_choices_along(counting: Path) -> None:
    made = Room(counting, slots=3)
    job = made.ask("a", n=5)
    made.step(3)
    made.loop.cancel(job)
    assert not made.loop.busy
    assert made.loop.stats().active == 0


def test_likelihoods_are_of_every_token_that_was_shown(tiny: Room) -> None:
    tiny.ask("told", STORY, max_tokens=12, logprobs=3)
    tiny.ask("cut", STORY, max_tokens=12, logprobs=0, stop=(" dog called",))
    tiny.run()
    told = tiny.likelihoods("told")
    assert "".join(token["token"] for token in told) == tiny.text("told")
    for token in told:
        tops = token["top_logprobs"]
        assert bytes(token["bytes"]).decode() == token["token"]
        assert (len(tops), tops[0]["token"], tops[0]["logprob"]) == (3, token["token"], token["logprob"])
        assert [top["logprob"] for top in tops] == sorted((top["logprob"] for top in tops), reverse=True)
        assert 0 < sum(math.exp(top["logprob"]) for top in tops) <= 1 + 1e-5
    assert "".join(token["token"] for token in tiny.likelihoods("cut")) == tiny.text("cut") == "There was once a"


def test_likelihoods_are_the_models_own_whatever_is_done_to_them(tiny: Room) -> None:
    tiny.ask("plain", STORY, max_tokens=1, logprobs=2)
    tiny.run()
    (first,) = tiny.likelihoods("plain")
    (other,) = tiny.model.tokenize(first["top_logprobs"][1]["token"], special=False)
    tiny.ask("biased", STORY, max_tokens=1, logprobs=2, logit_bias=((other, 100.0),))
    tiny.run()
    (forced,) = tiny.likelihoods("biased")
    assert forced["token"] == first["top_logprobs"][1]["token"]
    assert [top["logprob"] for top in forced["top_logprobs"]] == pytest.approx(
        [top["logprob"] for top in first["top_logprobs"]], abs=0.05
    )


def test_half_characters_have_bytes(greeting: Path) -> None:
    made = Room(greeting)
    made.ask("a", logprobs=0)
    made.run()
    tokens = made.likelihoods("a")
    assert b"".join(bytes(token["bytes"]) for token in tokens).decode() == GREETED
    assert [0x82] in [token["bytes"] for token in tokens]


def test_a_bias_of_a_hundred_forces_and_bans(counting: Path) -> None:
    made = Room(counting)
    token = {made.model.piece(token): token for token in range(made.model.size)}
    made.ask("banned", logit_bias=((token[b" one"], -100.0),), max_tokens=1)
    made.ask("forced", logit_bias=((token[b" three"], 100.0),), max_tokens=3, temperature=1.0)
    made.run()
    assert made.text("banned") != " one"
    assert made.text("forced") == " three three three"


@pytest.mark.parametrize("temperature", [0.0, 1.5])
def test_an_answer_keeps_its_schema(tiny: Room, temperature: float) -> None:
    who = f"keeps at {temperature}"
    tiny.ask(who, "Extract: Maria is 31 years old.", schema=PERSON, temperature=temperature, seed=1, max_tokens=100)
    tiny.run()
    assert tiny.done(who).finish == "stop"
    person = msgspec.json.decode(tiny.text(who))
    assert (type(person["name"]), type(person["age"]), len(person)) == (str, int, 2)


def test_what_a_schema_wants_is_said_by_a_model_that_would_not(greeting: Path) -> None:
    made = Room(greeting)
    made.ask("a", schema='{"enum":["é€😀"]}'.encode(), max_tokens=30)
    made.run()
    assert (made.text("a"), made.done("a").finish) == ('"é€😀"', "stop")


def test_no_control_token_stands_for_its_name_in_a_schema(greeting: Path) -> None:
    made = Room(greeting)
    made.ask("a", schema=b'{"enum":["<|im_start|>"]}', max_tokens=40)
    made.run()
    assert (made.text("a"), made.done("a").finish) == ('"<|im_start|>"', "stop")


def test_a_bias_does_not_break_a_schema(tiny: Room) -> None:
    tokens = tuple((token, -100.0) for token in range(0, tiny.model.size, 2))
    tiny.ask("biased in red", STORY, schema=b'{"enum":["red","green"]}', logit_bias=tokens, max_tokens=30)
    tiny.run()
    assert tiny.text("biased in red") in ('"red"', '"green"')


@pytest.mark.parametrize(
    ("options", "param", "code"),
    [
        ({"logit_bias": ((10**6, 1.0),)}, "logit_bias", "invalid_value"),
        ({"logit_bias": ((-1, 1.0),)}, "logit_bias", "invalid_value"),
        ({"n": 0}, "n", "invalid_value"),
        ({"n": 10**6}, "n", "invalid_value"),
        ({"logprobs": 10**6}, "top_logprobs", "invalid_value"),
        ({"max_tokens": 0}, "max_tokens", "invalid_value"),
        ({"schema": b'{"enum":[]}'}, "response_format", "invalid_schema"),
        ({"schema": b"{"}, "response_format", "invalid_schema"),
    ],
)
def test_what_cannot_be_said_is_refused_by_name(tiny: Room, options: dict[str, Any], param: str, code: str) -> None:
    with pytest.raises(CannotSay) as refused:
        tiny.voices.of(Options(**({"max_tokens": 5} | options)))
    assert refused.value.param.startswith(param)
    assert refused.value.code == code
