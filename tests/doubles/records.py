"""Records as tests need them."""

from proxy.record import Choice, Opinion, Record, Tried, Weighed
from routing.decision import LeftOut

TRIED = Tried(0, "demo", "local", 2000, "settled", "ok", 1500, 4000, 3, 4, 2, 1, "provider", "demo-1", 10_000_000, 9)
RECORD = Record(
    id="0" * 32,
    at=1_700_000_000_123_456_789,
    key="alice",
    surface="chat",
    asked="auto",
    model="demo",
    provider="local",
    route="local",
    reason="because",
    status=200,
    outcome="ok",
    stream=True,
    input=3,
    output=4,
    usage_source="provider",
    cost=1500,
    duration=30_000_000,
    first_token=10_000_000,
    baseline=4000,
    attempts=(TRIED,),
    opinion=Opinion({"demo": 0.9, "strong": 0.95}, 0.1, 0.8, "heads-1", 210),
    choice=Choice(
        candidates=(Weighed("demo", 0.9, 0, 0, 0.9), Weighed("strong", 0.95, 5_000_000, 400_000, 0.7)),
        reasons=("because",),
        left_out=(LeftOut("tiny", "cannot do tools"),),
        baseline="strong",
        mode="auto",
        tier="demo",
    ),
)
