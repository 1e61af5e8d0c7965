"""Who took a charge hears the truth about it: the stand-in about its own, and nobody else about those."""

from proxy.limits.bucket import Bucket, Charge
from proxy.limits.stand_in import StandIn

REQUESTS, TOKENS = Bucket("r:requests", "requests", 60, 60), Bucket("r:tokens", "tokens", 100, 100)
PLACE = Bucket("r:parallel", "parallel", 1, 1)


def test_what_it_did_not_charge_is_handed_on() -> None:
    own = StandIn(lambda: 0)
    told = (Charge(TOKENS, -5),)
    assert own.leave("elsewhere", told) == told
    own.decide("a", (Charge(REQUESTS), Charge(PLACE)))  # its tokens were charged elsewhere
    assert own.leave("a", told) == told
    assert own.decide("b", (Charge(PLACE),)).denied == -1


def test_what_it_charged_is_corrected_here_once() -> None:
    own = StandIn(lambda: 0)
    assert own.decide("a", (Charge(TOKENS, 100),)).denied == -1
    assert own.leave("a", (Charge(TOKENS, -40),)) == ()
    assert own.decide("b", (Charge(TOKENS, 40),)).denied == -1
    assert own.decide("c", (Charge(TOKENS, 1),)).denied == 0


def test_a_refused_request_charged_nothing() -> None:
    own = StandIn(lambda: 0)
    assert own.decide("a", (Charge(TOKENS, 101),)).denied == 0
    assert own.leave("a", (Charge(TOKENS, -101),)) == (Charge(TOKENS, -101),)
