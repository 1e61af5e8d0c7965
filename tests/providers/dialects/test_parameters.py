"""What a parameter asks for."""

import json
from typing import Any

import msgspec
import pytest
from msgspec import Raw

from providers.dialects import parameters
from providers.errors import CallerError

NUMBERS = msgspec.json.Decoder(list[int])


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("n", 1, False),
        ("n", 2, True),
        ("anything", None, False),
        ("anything", 0, True),
        ("logprobs", False, False),
        ("service_tier", "auto", False),
        ("service_tier", "priority", True),
        ("frequency_penalty", 0.0, False),
        ("response_format", {"type": "text"}, False),
        ("response_format", {"type": "json_object"}, True),
    ],
)
def test_asks(name: str, value: Any, expected: bool) -> None:
    assert parameters.asks(name, Raw(json.dumps(value).encode())) is expected


def test_read() -> None:
    fields = {"a": Raw(b"[1]"), "b": Raw(b'["x"]'), "c": Raw(b"[" * 100_000)}
    assert parameters.read(fields, "a", NUMBERS) == [1]
    assert parameters.read(fields, "missing", NUMBERS) is None
    for name in ("b", "c"):
        with pytest.raises(CallerError) as raised:
            parameters.read(fields, name, NUMBERS)
        assert (raised.value.param, raised.value.code) == (name, "invalid_value")
