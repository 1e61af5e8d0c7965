"""The gate of limits: a request asks twice, when its headers are known and when its body is, and leaves once.

Tokens are charged before dispatch by an estimate (a quarter of the body's bytes, and the output cap that the client
named, as OpenAI counts `max_tokens`) and corrected to the truth at the end.
"""

from providers.words import Call
from proxy.keys import Key
from proxy.limits.bucket import Bucket, Charge, Level, Measure, Meter
from proxy.limits.refusal import headers, refusal
from proxy.limits.rules import Rulebook
from routing.catalog import Catalog, Entry

BYTES_PER_TOKEN = 4
Headers = tuple[tuple[bytes, bytes], ...]


class Free:
    """The permit of a request that no rule is about."""

    __slots__ = ()
    headers: Headers = ()

    async def begin(self) -> None:
        """The headers are known. Raises TooFast; nothing was taken then."""

    async def ask(self, call: Call) -> None:
        """The body is known. Raises TooFast, and CallerError 404 for a model that nobody knows."""

    def leave(self, input: int, output: int) -> None:
        """The request has ended, and used so many tokens. The second call changes nothing."""


FREE = Free()


class Limits:
    """All limits of one runtime."""

    def __init__(self, rules: Rulebook, meter: Meter, catalog: Catalog) -> None:
        self.rules, self.meter, self._catalog = rules, meter, catalog
        self._concerned: dict[tuple[str, str], bool] = {}

    def permit(self, id: str, key: Key) -> Free:
        """The permit of a request of this key; one that no rule is about touches nothing."""
        who = (key.name, key.team)
        concerned = self._concerned.get(who)
        if concerned is None:
            concerned = self._concerned[who] = self.rules.concerns(*who)
        return Permit(self, id, key) if concerned else FREE

    def model(self, call: Call) -> str:
        """The name that rules know the asked model by: another name of it is no way round. Raises CallerError 404."""
        meaning = self._catalog.meaning(call.view.model)
        return meaning.name if isinstance(meaning, Entry) else call.view.model


class Permit(Free):
    """One request's way through its limits. `headers` are what its answer says of them, as far as it came."""

    __slots__ = ("_asked", "_id", "_key", "_limits", "_shown", "_tokens")

    def __init__(self, limits: Limits, id: str, key: Key) -> None:
        self._limits, self._id, self._key = limits, id, key
        self._shown: dict[str, tuple[Bucket, Level]] = {}
        self._tokens: tuple[Charge, ...] = ()
        self._asked = False

    @property
    def headers(self) -> Headers:  # type: ignore[override]
        """OpenAI's six, of the tightest limit of each kind; those of one kind alone when only that is limited."""
        found: Headers = ()
        for kind, (bucket, level) in self._shown.items():
            found += headers(kind, bucket, level)
        return found

    async def begin(self) -> None:
        """See `Free.begin`."""
        charges = self._limits.rules.early(self._key.name, self._key.team)
        if charges:
            await self._admit(charges)

    async def ask(self, call: Call) -> None:
        """See `Free.ask`."""
        buckets = self._limits.rules.late(self._key.name, self._key.team, self._limits.model(call))
        if not buckets:
            return
        input, output = _estimate(call)
        charges = tuple([Charge(bucket, _amount(bucket.measure, input, output)) for bucket in buckets])
        await self._admit(charges)
        self._tokens = charges

    def leave(self, input: int, output: int) -> None:
        """See `Free.leave`."""
        if self._asked:
            self._asked = False
            self._limits.meter.leave(self._id, self._corrections(input, output) if self._tokens else ())

    def _corrections(self, input: int, output: int) -> tuple[Charge, ...]:
        truths = [(c.bucket, _amount(c.bucket.measure, input, output) - c.amount) for c in self._tokens]
        return tuple([Charge(bucket, more) for bucket, more in truths if more])

    async def _admit(self, charges: tuple[Charge, ...]) -> None:
        self._asked = True
        verdict = await self._limits.meter.admit(self._id, charges)
        for charge, level in zip(charges, verdict.levels, strict=True):
            self._show(charge.bucket, level)
        if verdict.denied >= 0:
            raise refusal(charges, verdict)

    def _show(self, bucket: Bucket, level: Level) -> None:
        if bucket.measure == "parallel":
            return
        kind = "requests" if bucket.measure == "requests" else "tokens"
        shown = self._shown.get(kind)
        if shown is None or level.remaining < shown[1].remaining:
            self._shown[kind] = (bucket, level)


def _estimate(call: Call) -> tuple[int, int]:
    """Input and output tokens. Without a cap of the client's own no output is charged until it is known."""
    return -(-call.size // BYTES_PER_TOKEN), (call.view.max_output or 0) * call.view.n


def _amount(measure: Measure, input: int, output: int) -> int:
    if measure == "tokens":
        return input + output
    return input if measure == "input" else output if measure == "output" else 1
