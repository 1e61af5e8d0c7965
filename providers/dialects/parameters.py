"""A chat call's parameters, read by a dialect that does not know them all: what asks for nothing, what is refused."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, TypeVar

import msgspec
from msgspec import Raw

from providers.errors import CallerError

T = TypeVar("T")

NEUTRAL: Mapping[str, tuple[Any, ...]] = MappingProxyType(
    {
        "n": (1,),
        "logprobs": (False,),
        "top_logprobs": (0,),
        "logit_bias": ({},),
        "frequency_penalty": (0,),
        "presence_penalty": (0,),
        "modalities": (["text"],),
        "service_tier": ("auto", "default"),
        "store": (False,),
        "tools": ([],),
        "functions": ([],),
        "response_format": ({"type": "text"},),
        "verbosity": ("medium",),
    }
)
"""Values that OpenAI documents as the default: sending them is the same as not sending the parameter, like null."""


def asks(name: str, raw: Raw) -> bool:
    """Whether this value of a parameter asks for anything."""
    value = bytes(raw)
    if value == b"null":
        return False
    return name not in NEUTRAL or msgspec.json.decode(value) not in NEUTRAL[name]


def read(fields: Mapping[str, Raw], name: str, decoder: msgspec.json.Decoder[T]) -> T | None:
    """A parameter, decoded; None when it is absent. Raises CallerError naming it when it is of the wrong kind."""
    if name not in fields:
        return None
    try:
        return decoder.decode(fields[name])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise CallerError(f"Invalid value for '{name}'.", param=name, code="invalid_value") from None


def unsupported(param: str, why: str = "") -> CallerError:
    """A 400 for what the chosen model's provider cannot be asked."""
    message = f"'{param}' cannot be asked of the model that this request goes to{': ' + why if why else ''}."
    return CallerError(message, param=param, code="unsupported_feature")
