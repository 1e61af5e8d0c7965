"""Reads Bedrock's refusals: the kind stands in a header or in the event, the body has a message.

Source: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html#API_runtime_Converse_Errors.
"""

import re
from collections.abc import Mapping

import msgspec
from msgspec import Struct

from providers.dialects.refusal import Refusal, meaning, retry_after, text
from providers.errors import ProviderError

STATUS_OF = {
    "validationException": 400,
    "accessDeniedException": 403,
    "resourceNotFoundException": 404,
    "modelTimeoutException": 408,
    "modelErrorException": 502,
    "modelStreamErrorException": 502,
    "throttlingException": 429,
    "modelNotReadyException": 503,
    "serviceUnavailableException": 503,
    "internalServerException": 500,
}
TOO_LONG = re.compile(
    r"input is too long|too many input tokens|exceeds? the (?:maximum|context)|prompt is too long", re.I
)
UNSIGNED = re.compile(r"security token|signature|credential", re.I)


class _Body(Struct):
    message: str = ""


_body = msgspec.json.Decoder(_Body)


def of_answer(status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
    """The error of a non-200 answer. Header names are lower case; `body` may be anything."""
    kind = headers.get("x-amzn-errortype", "").partition(":")[0]
    known = STATUS_OF.get(kind[:1].lower() + kind[1:])
    return _failure(status if known is None or status >= 500 else known, body, retry_after(headers))


def of_event(kind: str, body: bytes) -> ProviderError:
    """The error of an exception that came after a 200."""
    return _failure(STATUS_OF.get(kind, 500), body, None)


def _failure(status: int, body: bytes, after: float | None) -> ProviderError:
    try:
        said = text(_body.decode(body).message)
    except (msgspec.DecodeError, UnicodeDecodeError):
        said = ""
    code = None
    if status == 400 and TOO_LONG.search(said):
        code = "context_length_exceeded"
    elif status == 404:
        code = "model_not_found"
    return meaning(status, Refusal(said, code=code), after)
