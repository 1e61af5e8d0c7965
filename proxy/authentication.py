"""Who asks: the key in a request's headers, or a 401 that is the same for unknown, revoked and malformed ones."""

from collections.abc import Callable, Mapping

from providers.errors import CallerError
from proxy.keys import Key, Keyring

Headers = Mapping[bytes, bytes]
_BEARER = b"bearer "


class Authentication:
    """Finds the key of a request. `clock` is monotonic, in seconds."""

    def __init__(self, keys: Keyring, clock: Callable[[], float]) -> None:
        self._keys = keys
        self._clock = clock

    def key(self, headers: Headers) -> Key:
        """The live key. Raises CallerError 401 `invalid_api_key`."""
        secret = presented(headers)
        key = self._keys.find(secret, self._clock()) if secret else None
        if key is None:
            what = "This API key is not known here" if secret else "No API key came with this request"
            raise CallerError(
                f"{what}. Send `Authorization: Bearer sk-hp-…`; `halfpenny keys create NAME` makes a key.",
                status=401,
                code="invalid_api_key",
            )
        return key


def presented(headers: Headers) -> str:
    """The secret in OpenAI's header, Anthropic's, or Azure's; empty when there is none."""
    bearer = headers.get(b"authorization", b"")
    if bearer[:7].lower() == _BEARER:
        return bearer[7:].strip().decode("latin-1")
    return (headers.get(b"x-api-key") or headers.get(b"api-key") or b"").decode("latin-1")
