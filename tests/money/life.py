"""One request's life, told as it happens: what `crash_points` cuts short and `aftermath` looks at."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from proxy.money.ledger import Granted, Ledger
from proxy.money.sqlite import SqliteLedger
from routing.budget import Scope
from tests.doubles.ledgers import hold, settled, void

SCOPES = (Scope("month", 0, 2_000_000_000, 1_000),)
BOOT = "this boot"
NOW = 10**9
TRUTH = {("a", 0): 111, ("a", 1): 60, ("old", 0): 70}
"""What each attempt truly costs, that of an earlier life too."""
AMOUNT = {("a", 0): 300, ("a", 1): 200, ("old", 0): 100}
T = TypeVar("T")
Tell = Callable[[str], None]
Ask = Callable[[Callable[[], Awaitable[T]]], Awaitable[T]]


async def life(folder: Path, tell: Tell) -> None:
    """Open over what an earlier life left, and live."""
    ledger = SqliteLedger(folder / "ledger.db", lambda: NOW, lambda notice: None, boot=BOOT, ballast=4096)
    await story(ledger, SCOPES, tell, once, nothing)
    await ledger.aclose()


async def story(
    ledger: Ledger, scopes: tuple[Scope, ...], tell: Tell, ask: Ask[object], between: Callable[[], Awaitable[None]]
) -> None:
    """An attempt that fails over to another, `between` coming before that; one that is voided. `ask` asks a question,
    again and again where it has to."""
    tell("asked a 0")
    if await ask(lambda: ledger.reserve(hold("a", AMOUNT["a", 0], *scopes))) == Granted():
        tell("granted a 0")
        ledger.dispatched("a", 0)
        tell("dispatched a 0")
        await between()
        tell("asked a 1")
        again, ended = hold("a", AMOUNT["a", 1], *scopes, k=1), settled("a", TRUTH["a", 0])
        if await ask(lambda: ledger.reserve(again, before=ended)) == Granted():
            tell("acked a 0")
            tell("granted a 1")
            ledger.dispatched("a", 1)
            tell("dispatched a 1")
            await ledger.settle(settled("a", TRUTH["a", 1], k=1))
            tell("acked a 1")
    tell("asked b 0")
    if await ask(lambda: ledger.reserve(hold("b", 400, *scopes))) == Granted():
        await ledger.settle(void("b"))


async def once(question: Callable[[], Awaitable[T]]) -> T:
    """Its answer."""
    return await question()


async def nothing() -> None:
    """Nothing happens."""
