"""One request's life, told as it happens: what `crash_points` cuts short and `aftermath` looks at."""

from collections.abc import Callable
from pathlib import Path

from proxy.money.ledger import Granted
from proxy.money.sqlite import SqliteLedger
from routing.budget import Scope
from tests.doubles.ledgers import hold, settled, void

SCOPES = (Scope("month", 0, 2_000_000_000, 1_000),)
BOOT = "this boot"
NOW = 10**9


async def life(folder: Path, tell: Callable[[str], None]) -> None:
    """Open over what an earlier life left; an attempt that fails over to another; a free one; one that is voided."""
    ledger = SqliteLedger(folder / "ledger.db", lambda: NOW, lambda notice: None, boot=BOOT, ballast=4096)
    tell("asked a 0")
    if await ledger.reserve(hold("a", 300, *SCOPES)) == Granted():
        tell("granted a 0")
        ledger.dispatched("a", 0)
        tell("dispatched a 0")
        tell("asked a 1")
        if await ledger.reserve(hold("a", 200, *SCOPES, k=1), before=settled("a", 111)) == Granted():
            tell("acked a 0")
            tell("granted a 1")
            ledger.dispatched("a", 1)
            tell("dispatched a 1")
            await ledger.settle(settled("a", 60, k=1))
            tell("acked a 1")
    tell("asked b 0")
    if await ledger.reserve(hold("b", 400, *SCOPES)) == Granted():
        await ledger.settle(void("b"))
    await ledger.aclose()
