"""Request bytes into fields: unreadable JSON is a 400 with a reason, a wrong field a 400 with its `param`."""

import re
from typing import TypeVar

import msgspec
from msgspec import Raw

from providers.errors import CallerError

T = TypeVar("T")
_FIELDS = msgspec.json.Decoder(dict[str, Raw])
_WHERE = re.compile(r" - at `\$\.([^`.\[]+)")
_MISSING = re.compile(r"missing required field `([^`]+)`$")


def fields(body: bytes) -> dict[str, Raw]:
    """Every top-level field as raw JSON; of duplicate keys the last wins, as for every later reader.

    Raises CallerError 400 `invalid_json`.
    """
    try:
        # Raw values are skipped, not decoded, so that invalid UTF-8 would pass through them.
        if not body.isascii():
            body.decode()
        return _FIELDS.decode(body)
    except RecursionError:
        raise invalid_json("it is nested too deeply") from None
    except UnicodeDecodeError:
        raise invalid_json("it is not valid UTF-8") from None
    except msgspec.DecodeError as error:
        raise invalid_json(str(error)) from None


def typed(decoder: msgspec.json.Decoder[T], body: bytes) -> T:
    """The fields that we read ourselves. Raises CallerError 400 naming `param`."""
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        raise _wrong_field(str(error)) from None
    except RecursionError:
        raise invalid_json("it is nested too deeply") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise invalid_json(str(error)) from None


def invalid_json(why: str) -> CallerError:
    """A 400 for a body that is no JSON object."""
    return CallerError(f"The request body is not a JSON object that can be read: {why}.", code="invalid_json")


def _wrong_field(message: str) -> CallerError:
    missing = _MISSING.search(message)
    if missing:
        param = missing[1]
        return CallerError(f"Missing required field '{param}'.", param=param, code="missing_required_parameter")
    where = _WHERE.search(message)
    param = where[1] if where else None
    text = message.replace("`", "'")
    return CallerError(f"Invalid value for '{param}': {text}." if param else text, param=param, code="invalid_value")
