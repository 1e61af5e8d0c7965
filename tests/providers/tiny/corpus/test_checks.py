"""The judges on answers of any model."""

from providers.tiny.corpus.checks import calls, declined, exactly, is_json, one_of, refused, says, unknown


def test_exactly_forgives_case_space_and_closing_punctuation_only() -> None:
    check = exactly("The capital of France is Paris.")
    assert check("  the capital of  France is Paris ")
    assert not check("The capital of France is Lyon.")
    assert not check("The capital of France is Paris. It is large.")


def test_one_of_takes_any_of_its_answers() -> None:
    check = one_of(("A.", "B."))
    assert check("a")
    assert check("B.")
    assert not check("C.")


def test_says_wants_words_and_length_and_no_refusal() -> None:
    check = says("cat", sentences=2)
    assert check("There was a cat. It slept.")
    assert not check("There was a dog. It slept.")
    assert not check("There was a cat.")
    assert not check("I am only a tiny demo model, so I cannot tell of a cat. Please use a larger model.")


def test_a_refusal_is_not_an_honest_lack_of_knowledge() -> None:
    refusal, lack = (
        "I am only a tiny demo model, so I cannot do that well.",
        "I do not know that. I am only a tiny demo model.",
    )
    assert refused(refusal)
    assert not refused(lack)
    assert unknown(lack)
    assert not unknown(refusal)
    assert declined(refusal)
    assert declined(lack)
    assert not declined("The capital of France is Paris.")


def test_json_is_compared_as_a_value() -> None:
    check = is_json({"name": "Maria", "age": 31})
    assert check('{"age":31,"name":"Maria"}')
    assert not check('{"name": "Maria", "age": "31"}')
    assert not check('Here it is: {"name": "Maria", "age": 31}')


def test_a_tool_call_needs_name_and_arguments() -> None:
    check = calls("get_weather", {"city": "Oslo"})
    assert check('<tool_call>\n{"name": "get_weather", "arguments": {"city": "Oslo"}}\n</tool_call>')
    assert not check('<tool_call>\n{"name": "get_weather", "arguments": {"city": "Rome"}}\n</tool_call>')
    assert not check('{"name": "get_weather", "arguments": {"city": "Oslo"}}')
