"""What is said on the accountant's unix socket: length-prefixed msgpack frames, as tagged Structs.

A worker says `Hello` first and is answered `Welcome`; what it asks after that carries a number, which its answer
repeats. `Leave` has no answer.
"""

from collections.abc import Iterable
from typing import Literal

import msgspec
from msgspec import Struct

from providers.engine.frames import FrameReader
from proxy.limits.bucket import Charge, Verdict
from proxy.money.books import Attempt
from proxy.money.ledger import Denied, Ending, Granted, Hold
from routing.budget import Scope


class Hello(Struct, frozen=True, array_like=True, tag="hello"):
    """Which worker this is, by the name of its journal, and which holds it believes to have."""

    worker: str
    attempts: tuple[Attempt, ...]


class Reserve(Struct, frozen=True, array_like=True, tag="reserve"):
    """`Ledger.reserve`; answered by Judged."""

    n: int
    hold: Hold
    before: Ending | None


class Settle(Struct, frozen=True, array_like=True, tag="settle"):
    """`Ledger.settle`; answered by Done."""

    n: int
    ending: Ending


class Post(Struct, frozen=True, array_like=True, tag="post"):
    """`Ledger.post`; answered by Done."""

    n: int
    hold: Hold
    ending: Ending


class Room(Struct, frozen=True, array_like=True, tag="room"):
    """`Ledger.room`; answered by Done."""

    n: int
    scopes: tuple[Scope, ...]


class Admit(Struct, frozen=True, array_like=True, tag="admit"):
    """`Meter.admit`; answered by Metered."""

    n: int
    id: str
    charges: tuple[Charge, ...]


class Leave(Struct, frozen=True, array_like=True, tag="leave"):
    """`Meter.leave`."""

    id: str
    corrections: tuple[Charge, ...] = ()


class Welcome(Struct, frozen=True, array_like=True, tag="welcome"):
    """The ledger's time, and which of the believed holds have ended meanwhile."""

    now: int
    ended: tuple[Attempt, ...]


class Judged(Struct, frozen=True, array_like=True, tag="judged"):
    """A hold was granted or denied."""

    n: int
    value: Granted | Denied


class Done(Struct, frozen=True, array_like=True, tag="done"):
    """It was written; of `Room`, how much there is."""

    n: int
    value: int | None = None


class Metered(Struct, frozen=True, array_like=True, tag="metered"):
    """What the limits say."""

    n: int
    value: Verdict


class Failed(Struct, frozen=True, array_like=True, tag="failed"):
    """The ledger raised this."""

    n: int
    kind: Literal["unavailable", "ended", "unknown", "wrong"]
    cause: str


Question = Reserve | Settle | Post | Room | Admit
Asked = Hello | Question | Leave
Told = Welcome | Judged | Done | Metered | Failed

_ENCODE = msgspec.msgpack.Encoder().encode


def encode(frames: Iterable[Asked | Told]) -> bytes:
    """The bytes of these frames, for one write."""
    payloads = [_ENCODE(frame) for frame in frames]
    return b"".join([len(payload).to_bytes(4, "big") + payload for payload in payloads])


def questions() -> FrameReader[Asked]:
    """Reads what workers say."""
    return FrameReader(Asked)


def answers() -> FrameReader[Told]:
    """Reads what the accountant says."""
    return FrameReader(Told)
