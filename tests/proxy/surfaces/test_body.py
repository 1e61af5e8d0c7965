"""Request bytes into fields: what cannot be read is a 400 that says why."""

import msgspec
import pytest

from providers.errors import CallerError
from proxy.surfaces.body import fields

UNREADABLE = {
    "empty": b"",
    "an array": b"[]",
    "truncated": b'{"a":',
    "trailing junk": b'{"a":1} x',
    "two objects": b'{"a":1}{"b":2}',
    "invalid UTF-8 key": b'{"\xff":1}',
    "invalid UTF-8 in a field nobody reads": b'{"a":"\xff"}',
    "UTF-16": '{"a":1}'.encode("utf-16"),
    "byte order mark": b'\xef\xbb\xbf{"a":1}',
    "deep arrays": b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "deep objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "NaN": b'{"a":NaN}',
    "Infinity": b'{"a":-Infinity}',
    "lone surrogate": b'{"\\ud800":1}',
    "raw NUL": b'{"a":"\x00"}',
}


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_unreadable_json_is_a_400(body: bytes) -> None:
    """F56."""
    with pytest.raises(CallerError) as caught:
        fields(body)

    assert (caught.value.status, caught.value.code) == (400, "invalid_json")


def test_of_duplicate_keys_the_last_wins_and_alone_travels_on() -> None:
    """F57."""
    assert msgspec.json.encode(fields(b'{"model":"cheap","model":"dear"}')) == b'{"model":"dear"}'


def test_values_keep_their_bytes() -> None:
    body = '{"a": 1.50, "b": {"z": [1,  2]}, "ü": "é"}'.encode()

    assert {name: bytes(raw) for name, raw in fields(body).items()} == {
        "a": b"1.50",
        "b": b'{"z": [1,  2]}',
        "ü": '"é"'.encode(),
    }
