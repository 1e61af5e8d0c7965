"""One answer for one Idempotency-Key."""

import pytest

from providers.errors import CallerError
from proxy.idempotency import KEPT_SECONDS, LONGEST_KEY, MOST_BYTES, Claim, Once


class Desk:
    """A clock, and the keys under test."""

    def __init__(self) -> None:
        self.now = 100.0
        self.once = Once(lambda: self.now)

    def claim(self, key: bytes = b"k", body: bytes = b"{}", who: str = "me", path: str = "chat") -> Claim:
        claim = self.once.claim(who, {b"idempotency-key": key}, path, body)
        assert claim is not None
        return claim

    def answered(self, key: bytes, size: int) -> None:
        claim = self.claim(key)
        claim.keep(b"application/json", b"x" * size)
        claim.leave()


def code(desk: Desk, body: bytes = b"{}", path: str = "chat") -> tuple[int, str | None]:
    with pytest.raises(CallerError) as caught:
        desk.claim(body=body, path=path)
    return caught.value.status, caught.value.code


def test_without_a_key_nothing_is_remembered() -> None:
    assert Desk().once.claim("me", {}, "chat", b"{}") is None


def test_f07_the_second_waits_for_the_first_and_then_has_its_answer() -> None:
    desk = Desk()
    first = desk.claim()
    assert first.kept is None
    assert code(desk) == (409, "idempotency_in_progress")

    first.keep(b"application/json", b"answer")
    first.leave()

    kept = desk.claim().kept
    assert kept is not None
    assert (kept.kind, kept.body) == (b"application/json", b"answer")


def test_f07_another_body_or_path_is_another_request() -> None:
    desk = Desk()
    first = desk.claim()
    assert code(desk, body=b"other") == (422, "idempotency_key_reused")
    first.keep(b"application/json", b"answer")
    first.leave()

    assert code(desk, body=b"other") == (422, "idempotency_key_reused")
    assert code(desk, path="embeddings") == (422, "idempotency_key_reused")


def test_what_failed_may_be_asked_again() -> None:
    desk = Desk()
    desk.claim().leave()

    assert desk.claim(body=b"better").kept is None


def test_keys_of_others_are_others_keys() -> None:
    desk = Desk()
    desk.answered(b"k", 1)

    assert desk.claim(who="you").kept is None


def test_answers_are_kept_for_a_while_and_not_without_bound() -> None:
    desk = Desk()
    desk.answered(b"early", 1)
    desk.answered(b"large", MOST_BYTES // 16 + 1)
    assert desk.claim(b"large").kept is None
    for number in range(16):
        desk.answered(b"%d" % number, MOST_BYTES // 16)

    assert desk.claim(b"early").kept is None
    assert desk.claim(b"15").kept is not None
    desk.now += KEPT_SECONDS
    assert desk.claim(b"15").kept is None


@pytest.mark.parametrize("key", [b"", b"x" * (LONGEST_KEY + 1)])
def test_what_is_no_key_is_refused(key: bytes) -> None:
    with pytest.raises(CallerError):
        Desk().claim(key)
