"""Whom a door lets in without a key, and which configuration may not be served."""

from pathlib import Path

import pytest

from providers.errors import CallerError
from proxy.authentication import Authentication
from proxy.config.classify import Doors
from proxy.doors.entrance import Entrance, refusal
from proxy.keys import FILE, Keyring, KeyStore
from routing.budget import Allowance, Rule


@pytest.fixture
def store(tmp_path: Path) -> KeyStore:
    return KeyStore(tmp_path / FILE, lambda: 1)


def entrance(folder: Path, anonymous: str) -> Entrance:
    keys = Keyring(folder / FILE)
    return Entrance(Authentication(keys, lambda: 0.0), keys, anonymous, lambda: 0.0)


def test_who_has_no_key_is_taken_for_the_named_one(store: KeyStore, tmp_path: Path) -> None:
    guest, _ = store.create("guest")
    key, secret = store.create("own")
    door = entrance(tmp_path, "guest")
    assert door.key({}) == guest
    assert door.key({b"authorization": b"Bearer " + secret.encode()}) == key
    with pytest.raises(CallerError, match="not known here"):
        door.key({b"authorization": b"Bearer sk-hp-wrong"})


@pytest.mark.parametrize("name", ["", "revoked", "nobody"])
def test_without_such_a_key_everybody_needs_one(store: KeyStore, tmp_path: Path, name: str) -> None:
    store.create("revoked")
    store.revoke("revoked")
    with pytest.raises(CallerError, match="No API key came"):
        entrance(tmp_path, name).key({})


DAY = Rule(name="r", window="day", limit=10**9, key="guest")
EACH = Rule(name="r", window="day", limit=10**9, per_key=True)
OTHER = Rule(name="r", window="day", limit=10**9, key="other")
ALL = Rule(name="r", window="day", limit=10**9)


@pytest.mark.parametrize(
    ("budgets", "allowance", "why"),
    [
        ([DAY], None, ""),
        ([EACH], None, ""),
        ([], Allowance(10**9, "day"), ""),
        ([], None, "which has no budget"),
        ([OTHER, ALL], None, "which has no budget"),
    ],
)
def test_only_a_key_with_a_budget_may_stand_for_everybody(
    store: KeyStore, budgets: list[Rule], allowance: Allowance | None, why: str
) -> None:
    store.create("guest", allowance)
    said = refusal(Doors(anonymous_key="guest"), budgets, store.list())
    assert why in said and bool(why) == bool(said)


def test_a_name_that_no_live_key_has_is_refused(store: KeyStore) -> None:
    store.create("gone")
    store.revoke("gone")
    for name in ("gone", "never"):
        assert "there is no such key" in refusal(Doors(anonymous_key=name), [EACH], store.list())
    assert refusal(Doors(), [], ()) == ""
