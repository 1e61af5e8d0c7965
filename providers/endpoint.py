"""Where an HTTP upstream lives: the fields that every HTTP provider has in config.yaml, whatever its dialect."""

from msgspec import Struct

SECRET_BYTES = 8


class Secret:
    """A credential whose repr and str hide it; only `reveal` tells."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The plain text: for the request that needs it and nothing else."""
        return self._value

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __repr__(self) -> str:
        return "Secret(***)" if self._value else "Secret(empty)"

    __str__ = __repr__


class Timeouts(Struct, frozen=True, forbid_unknown_fields=True):
    """All in seconds: to connect, until the first byte, between bytes, and for the whole answer."""

    connect: float = 5.0
    first_byte: float = 120.0
    idle: float = 60.0
    total: float = 600.0


class Endpoint(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An HTTP upstream. `credential` None: the upstream asks for none; an empty one switches the provider off.

    `base_url` includes the version path (`https://api.openai.com/v1`); `connections` is the largest number of
    open ones.
    """

    base_url: str
    credential: Secret | None = None
    headers: dict[str, str] = {}
    timeouts: Timeouts = Timeouts()
    connections: int = 256

    def unquoted(self, refusal: bytes) -> bytes:
        """An upstream's refusal without our credential, which it may quote; what is very short is no secret."""
        secret = self.credential.reveal().encode() if self.credential else b""
        return refusal.replace(secret, b"***") if len(secret) >= SECRET_BYTES else refusal
