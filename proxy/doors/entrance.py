"""Who comes in at a door: a key as everywhere, or nobody, where the configuration names the key that is taken for."""

from collections.abc import Callable, Iterable, Mapping

from proxy.authentication import Authentication, presented
from proxy.config.classify import Doors
from proxy.keys import Key, Keyring, Listed
from routing.budget import Rule


class Entrance:
    """`anonymous` is a key's name, empty for none. `clock` is monotonic, in seconds."""

    def __init__(
        self, authentication: Authentication, keys: Keyring, anonymous: str, clock: Callable[[], float]
    ) -> None:
        self._authentication, self._keys, self._anonymous, self._clock = authentication, keys, anonymous, clock

    def key(self, headers: Mapping[bytes, bytes]) -> Key:
        """The live key; a wrong one is refused though none at all may do. Raises CallerError 401 `invalid_api_key`."""
        if self._anonymous and not presented(headers):
            key = self._keys.named(self._anonymous, self._clock())
            if key is not None:
                return key
        return self._authentication.key(headers)


def budgeted(key: Key, budgets: Iterable[Rule]) -> bool:
    """Whether something of this key's own limits what it may spend."""
    return key.allowance is not None or any(rule.per_key or rule.key == key.name for rule in budgets)


def refusal(doors: Doors, budgets: Iterable[Rule], keys: Iterable[Listed]) -> str:
    """Why nothing may be served with these doors, as a sentence; empty when all is well."""
    name = doors.anonymous_key
    if not name:
        return ""
    live = [listed.key for listed in keys if listed.revoked is None and listed.key.name == name]
    if not live:
        return f"doors.anonymous_key names `{name}`, and there is no such key. `halfpenny keys create {name}` makes it."
    if not budgeted(live[0], budgets):
        return (
            f"doors.anonymous_key names `{name}`, which has no budget: an open door could be spent through without end."
            f" Add a rule `{{name: …, key: {name}, window: day, limit: $1}}` to `budgets`, or leave the field out."
        )
    return ""
