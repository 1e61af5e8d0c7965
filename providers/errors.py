"""The error tree: what went wrong, whose it is, and what a client may do about it.

    HalfpennyError                status, type, code, param, retry_after
    ├── CallerError               you: the request itself is at fault; never retried
    └── ProviderError             they: an upstream or the local engine failed
        ├── Rejected              they refuse this request for what it says (400, 404, 413, 422): passed through
        ├── Unreachable           no connection: refused, DNS, TLS; nothing was dispatched
        ├── TimedOut              connect, first byte, idle or total time ran out
        ├── RateLimited           429 that goes away by waiting
        ├── QuotaExhausted        the operator's account with the provider is empty
        ├── Unauthorised          the operator's credential is refused (401, 403): never shown, may quote it
        ├── Unavailable           5xx, overload, a crashed engine: the provider says that it did nothing
        └── Broken                bytes that make no sense, or a connection that ends before the answer does

`dispatched` says whether the provider may have begun (and may bill) the work. Messages are written for the client and
never hold a credential; upstream text is shown only in `Rejected`.
"""

from typing import Self

QUEUE_FULL = "local_queue_full"
"""The code of a local model's refusal when too many wait for it."""


class HalfpennyError(Exception):
    """Root of the tree. `retry_after` is in seconds; `type` and `code` are OpenAI's words where one fits."""

    status = 500
    type = "server_error"
    code: str | None = "internal_error"
    retryable = False

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        type: str | None = None,
        code: str | None = None,
        param: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status or self.status
        self.type = type or self.type
        self.code = code or self.code
        self.param = param
        self.retry_after = retry_after

    def let_go(self) -> Self:
        """Drop the stack that it came through, whose frames hold it: only the cycle collector would free them."""
        self.__traceback__ = self.__context__ = self.__cause__ = None
        return self


class CallerError(HalfpennyError):
    """The request cannot be served as it is: bad input, wrong key, unknown model, spent budget."""

    status = 400
    type = "invalid_request_error"
    code: str | None = None


class ProviderError(HalfpennyError):
    """A model's side failed. `retryable`: another try or candidate may succeed."""

    status = 502
    type = "upstream_error"
    code: str | None = "upstream_error"
    retryable = True
    dispatched = True


class Rejected(ProviderError):
    """The provider refuses the request for what it says; its own status, code and text pass through."""

    status = 400
    type = "invalid_request_error"
    code: str | None = None
    retryable = False
    dispatched = False


class Unreachable(ProviderError):
    """No connection came about; nothing was sent."""

    code = "upstream_unreachable"
    dispatched = False


class TimedOut(ProviderError):
    """A time limit ran out."""

    status = 504
    code = "upstream_timeout"


class RateLimited(ProviderError):
    """The provider asks us to wait."""

    status = 429
    type = "rate_limit_error"
    code = "rate_limit_exceeded"
    dispatched = False


class QuotaExhausted(ProviderError):
    """The operator's account is out of money: not the user's quota."""

    status = 503
    code = "upstream_quota_exhausted"
    dispatched = False


class Unauthorised(ProviderError):
    """The operator's credential was refused."""

    code = "upstream_auth"
    dispatched = False


class Unavailable(ProviderError):
    """The provider is down, overloaded, or its process died."""

    status = 503
    code = "upstream_unavailable"
    dispatched = False


class Broken(ProviderError):
    """Malformed bytes, or an answer cut before its end."""

    code = "upstream_malformed"
