import json
from typing import Any

import pytest

from providers.engine.frames import Options
from providers.engine.request import Defaults, options
from providers.errors import CallerError
from tests.doubles.engines import call

DEFAULTS = Defaults(100, 0.7)
SCHEMA = {"type": "object", "properties": {"a": {"type": "integer"}}}


def asked(**fields: Any) -> Options:
    return options(call(**fields), None, DEFAULTS)


def test_options_are_read_and_filled_up() -> None:
    given = call(temperature=0, top_p=0.5, top_k=3, min_p=0, seed=-4, stop="x", presence_penalty=1, max_tokens=7)
    expected = Options(7, 0.0, 0.5, 3, 0.0, presence_penalty=1.0, seed=-4, stop=("x",))
    assert options(given, None, DEFAULTS) == expected
    assert asked(temperature=None, stop=["a", "", "b"]) == Options(100, 0.7, stop=("a", "b"))


def test_our_own_limit_overrides_the_clients() -> None:
    assert options(call(max_tokens=50), 20, DEFAULTS).max_tokens == 20


def test_choices_probabilities_and_biases_are_read() -> None:
    given = asked(n=3, logprobs=True, top_logprobs=5, logit_bias={"12": -100, "0": 1.5}, parallel_tool_calls=False)
    assert (given.n, given.logprobs, given.parallel) == (3, 5, False)
    assert given.logit_bias == ((12, -100.0), (0, 1.5))
    assert asked(logprobs=True).logprobs == 0
    assert asked(logprobs=False, top_logprobs=None).logprobs is None


@pytest.mark.parametrize(
    ("form", "schema"),
    [
        (None, None),
        ({"type": "text"}, None),
        ({"type": "json_object"}, {}),
        ({"type": "json_object", "schema": SCHEMA}, SCHEMA),
        ({"type": "json_schema", "json_schema": {"name": "x", "strict": True, "schema": SCHEMA}}, SCHEMA),
    ],
)
def test_a_form_is_a_schema(form: Any, schema: Any) -> None:
    found = asked(response_format=form).schema
    assert schema is None if found is None else json.loads(found) == schema


@pytest.mark.parametrize("envelope", [None, {"name": "x"}, {"name": "x", "schema": None}])
def test_a_form_without_its_schema_is_refused(envelope: Any) -> None:
    with pytest.raises(CallerError) as refused:
        asked(response_format={"type": "json_schema", "json_schema": envelope})
    assert refused.value.param == "response_format.json_schema.schema"


@pytest.mark.parametrize(
    ("fields", "effort"),
    [
        ({}, None),
        ({"reasoning_effort": "none"}, None),
        ({"reasoning_effort": "high"}, "high"),
        ({"thinking": {"type": "enabled", "budget_tokens": 1000}}, "medium"),
        ({"thinking": {"type": "disabled"}}, None),
        ({"chat_template_kwargs": {"enable_thinking": True}}, "medium"),
        ({"chat_template_kwargs": {"enable_thinking": False}}, None),
    ],
)
def test_thinking_is_asked_for_in_several_words(fields: dict[str, Any], effort: str | None) -> None:
    assert asked(**fields).effort == effort


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("temperature", 2.1),
        ("temperature", "hot"),
        ("top_p", -0.1),
        ("top_k", -1),
        ("top_k", 10**12),
        ("min_p", 2),
        ("presence_penalty", 3),
        ("frequency_penalty", True),
        ("repeat_penalty", 0),
        ("seed", 1.5),
        ("seed", 2**63),
        ("seed", -(2**70)),
        ("stop", 5),
        ("stop", ["x"] * 17),
        ("stop", "x" * 1025),
        ("n", 0),
        ("n", 9),
        ("logprobs", 3),
        ("top_logprobs", 21),
        ("top_logprobs", 2),
        ("logit_bias", {"a": 1}),
        ("logit_bias", {"-1": 1}),
        ("logit_bias", {"1": 101}),
        ("logit_bias", {str(token): 1 for token in range(301)}),
        ("reasoning_effort", "very"),
        ("response_format", "json"),
        ("parallel_tool_calls", "no"),
    ],
)
def test_a_wrong_option_is_named(name: str, value: Any) -> None:
    with pytest.raises(CallerError) as refused:
        asked(**{name: value})
    assert (refused.value.status, refused.value.param) == (400, name)


@pytest.mark.parametrize(
    ("name", "value"),
    [("functions", [{"name": "f"}]), ("modalities", ["audio"]), ("response_format", {"type": "grammar"})],
)
def test_what_the_engine_cannot_do_is_refused(name: str, value: Any) -> None:
    with pytest.raises(CallerError) as refused:
        asked(**{name: value})
    assert (refused.value.code, refused.value.param) == ("unsupported_feature", name)


def test_asking_nothing_of_a_feature_is_fine() -> None:
    nothing = asked(tools=[], response_format={"type": "text"}, logprobs=False, n=1, logit_bias={}, functions=[])
    assert nothing == Options(100, 0.7)
