"""The policy: who answers, in which order, and why."""

from collections.abc import Mapping
from typing import Any

import pytest

from providers.errors import CallerError
from providers.words import Call, Need, View
from routing.catalog import Catalog, Entry, Routed
from routing.decision import Decision
from routing.gates import NONE, Wish
from routing.policy import Circumstances, Preferences, decide
from routing.prices import Price
from routing.signals import NO_OPINION, Signals

HOME = Entry("home", "local", "home", None, local=True, tier="small", abilities=frozenset(), context=1000)
DEMO = Entry("demo", "local", "demo", None, local=True, tier="demo", abilities=frozenset())
CHEAP = Entry("cheap", "openai", "cheap", Price(input=150_000, output=600_000), tier="medium")
STRONG = Entry("strong", "openai", "strong", Price(input=2_500_000, output=10_000_000), tier="strong", max_output=1000)
ALL = Catalog({entry.name: entry for entry in (HOME, DEMO, CHEAP, STRONG)}, {"gpt": Routed("auto", STRONG)})
PREFER = Preferences()
NOW = Circumstances()
EASY = {"home": 0.94, "demo": 0.9, "cheap": 0.93, "strong": 0.95}
DEMO_LEFT = "is the demo model, which answers beside others only with `demo: true` under `routing:`"
NOT_GOOD = "is not good enough to stand in"
HARD = {"home": 0.2, "demo": 0.05, "cheap": 0.5, "strong": 0.85}


def choose(
    model: str,
    good: Mapping[str, float],
    *,
    catalog: Catalog = ALL,
    now: Circumstances = NOW,
    prefer: Preferences = PREFER,
    wish: Wish = NONE,
    max_output: int | None = None,
    needs: frozenset[Need] = frozenset(),
    size: int = 400,
) -> Decision:
    call = Call("chat", "chat", {}, View(model, max_output=max_output, needs=needs), size)
    return decide(call, catalog, Signals(good, 0.5, 1.0, "", 0) if good else NO_OPINION, now, prefer, wish)


def names(decision: Decision) -> list[str]:
    return [candidate.entry.name for candidate in decision.candidates]


def test_a_named_model_is_served_as_named() -> None:
    decision = choose("strong", EASY)

    assert names(decision) == ["strong"]
    assert decision.reasons == ("The client asked for strong by name.",)
    assert decision.baseline == STRONG


def test_what_is_easy_stays_at_home_and_what_is_hard_is_bought() -> None:
    assert names(choose("auto", EASY))[0] == "home"
    assert names(choose("auto", HARD))[0] == "strong"


def test_a_better_answer_must_be_worth_its_price() -> None:
    good = {**HARD, "home": 0.8, "cheap": 0.84, "strong": 0.9}

    assert names(choose("auto", good))[0] == "cheap"
    assert names(choose("auto", good, prefer=Preferences(worth=10**12)))[0] == "strong"
    assert names(choose("auto", good, prefer=Preferences(worth=10_000)))[0] == "home"


def test_best_ignores_the_price_and_cheap_takes_the_cheapest_that_is_good_enough() -> None:
    assert names(choose("auto:best", EASY))[0] == "strong"
    assert names(choose("auto:cheap", {**HARD, "cheap": 0.6}))[0] == "cheap"
    assert names(choose("auto:cheap", HARD))[0] == "strong"


def test_without_an_opinion_doubt_goes_to_the_strong_side() -> None:
    assert names(choose("auto:best", {}))[0] == "strong"
    assert names(choose("auto", {}))[0] == "strong" or names(choose("auto", {}))[0] == "cheap"


def test_the_demo_model_answers_beside_others_only_where_that_is_wanted() -> None:
    assert "demo" not in names(choose("auto", EASY))
    assert "demo" in names(choose("auto", EASY, prefer=Preferences(demo=True)))


def test_the_demo_model_alone_answers_everything() -> None:
    decision = choose("auto", {"demo": 0.01}, catalog=Catalog({"demo": DEMO}))

    assert names(decision) == ["demo"]
    assert decision.degraded is None


def test_nothing_above_the_ceiling_is_chosen_and_the_ceiling_is_the_baseline() -> None:
    catalog = Catalog(ALL.entries, {"mini": Routed("auto", CHEAP)})

    decision = choose("mini", HARD, catalog=catalog)

    assert "strong" not in names(decision)
    assert names(decision)[0] == "cheap"
    assert decision.baseline == CHEAP


def test_the_baseline_of_auto_is_the_dearest_that_was_allowed() -> None:
    assert choose("auto", EASY).baseline == STRONG


def test_needs_are_hard_gates() -> None:
    assert "home" not in names(choose("auto", EASY, needs=frozenset({"tools"})))


def test_needs_that_nobody_meets_are_refused_by_name() -> None:
    with pytest.raises(CallerError) as caught:
        choose("auto", EASY, catalog=Catalog({"home": HOME}), needs=frozenset({"schema"}))

    assert (caught.value.code, caught.value.param) == ("unsupported_feature", "response_format")


def test_a_prompt_that_does_not_fit_goes_elsewhere() -> None:
    assert "home" not in names(choose("auto", EASY, size=8000))


def test_a_spent_budget_is_told_and_a_good_local_answer_stands_in() -> None:
    decision = choose("auto", {**HARD, "home": 0.65}, now=Circumstances(room=0))

    assert names(decision) == ["home"]
    assert decision.degraded == "budget"
    assert "the budget has no room" in decision.reasons[0]


def test_a_bad_local_answer_never_stands_in_silently() -> None:
    decision = choose("auto", HARD, now=Circumstances(room=0))

    assert names(decision) == ["strong"]
    assert decision.reasons == ("home is not good enough to stand in for strong.",)


def test_a_budget_with_room_for_the_cheap_one_takes_that() -> None:
    room = 400 * 150 + 100 * 600
    decision = choose("auto", {**HARD, "cheap": 0.65}, now=Circumstances(room=room), max_output=100)

    assert names(decision)[0] == "cheap"
    assert decision.degraded == "budget"


def test_who_is_ill_is_left_out_and_that_is_told() -> None:
    decision = choose("auto", {**HARD, "cheap": 0.65}, now=Circumstances(ill=frozenset({"strong"})))

    assert names(decision)[0] == "cheap"
    assert decision.degraded == "outage"


def test_a_local_model_with_a_long_queue_is_left_out_while_another_one_can_answer() -> None:
    busy = Circumstances(waits={"local": 5.1})
    decision = choose("auto", {**EASY, "home": 0.95}, now=busy)

    assert "home" not in names(decision)
    assert decision.degraded == "busy"
    assert "home would be better (expected quality 0.95 for free), but its queue is too long" in decision.reasons[0]
    assert {one.model: one.why for one in decision.left_out}["home"] == "is left out: its queue is too long"
    for patient in (Preferences(patience=6), Preferences(min_quality=0.94)):  # it is worth it; nobody can stand in
        assert names(choose("auto", {**EASY, "home": 0.95}, now=busy, prefer=patient))[0] == "home"
    assert names(choose("auto", EASY, now=busy, wish=Wish(route="local"))) == ["home"]


def test_when_everybody_is_ill_the_best_is_tried_anyway() -> None:
    decision = choose("auto", EASY, now=Circumstances(ill=frozenset(ALL.entries)))

    assert names(decision)[0] == "home"


def test_who_is_not_good_enough_is_no_fallback() -> None:
    assert names(choose("auto", {**HARD, "cheap": 0.65})) == ["strong", "cheap"]


def test_the_clients_wishes_narrow_the_choice() -> None:
    assert names(choose("auto", HARD, wish=Wish(route="local"))) == ["home"]
    assert names(choose("auto", EASY, wish=Wish(route="upstream")))[0] != "home"
    assert names(choose("auto", HARD, wish=Wish(max_cost=0))) == ["home"]
    with pytest.raises(CallerError, match="No local model"):
        choose("auto", EASY, catalog=Catalog({"strong": STRONG}), wish=Wish(route="local"))


def test_needs_that_only_different_models_have_are_refused_in_words() -> None:
    tools = Entry("tools", "up", "tools", CHEAP.price, abilities=frozenset({"tools"}))
    images = Entry("images", "up", "images", CHEAP.price, abilities=frozenset({"images"}))

    with pytest.raises(CallerError, match="can do 'images and tools'") as caught:
        choose("auto", {}, catalog=Catalog({"a": tools, "b": images}), needs=frozenset({"tools", "images"}))

    assert caught.value.param == "messages"


def test_a_ceiling_that_nobody_able_stays_below_is_refused_in_words() -> None:
    plain = Entry("plain", "up", "plain", CHEAP.price, abilities=frozenset())
    catalog = Catalog({"plain": plain, "strong": STRONG}, {"gpt": Routed("auto", plain)})

    with pytest.raises(CallerError, match="costs at most as much as plain") as caught:
        choose("gpt", {}, catalog=catalog, needs=frozenset({"tools"}))

    assert caught.value.status == 400


def test_a_model_for_something_else_is_refused_by_name() -> None:
    vectors = Entry("vectors", "local", "v", None, task="embeddings")

    with pytest.raises(CallerError, match="is for embeddings") as caught:
        choose("vectors", {}, catalog=Catalog({"vectors": vectors}))

    assert caught.value.param == "model"


@pytest.mark.parametrize(
    ("model", "asked", "chosen", "clamped"),
    [
        ("strong", 50, 50, False),
        ("strong", 5000, 1000, False),
        ("strong", None, 1000, True),
        ("cheap", None, 4096, True),
        ("home", None, None, False),
        ("home", 70, 70, False),
    ],
)
def test_the_output_cap_is_bounded_for_who_pays(
    model: str, asked: int | None, chosen: int | None, clamped: bool
) -> None:
    candidate = choose(model, EASY, max_output=asked).candidates[0]

    assert (candidate.max_output, candidate.clamped) == (chosen, clamped)


def test_who_does_not_answer_is_told_with_the_reason() -> None:
    def left(good: Mapping[str, float], **more: Any) -> dict[str, str]:
        return {one.model: one.why for one in choose("gpt", good, **more).left_out}

    assert left(EASY, needs=frozenset({"tools"})) == {"demo": DEMO_LEFT, "home": "cannot do tools"}
    assert left(EASY, size=9_000) == {"demo": DEMO_LEFT, "home": "has too short a context"}
    assert left(HARD) == {"demo": DEMO_LEFT, "home": NOT_GOOD, "cheap": NOT_GOOD}
    ill = left({**HARD, "cheap": 0.65}, now=Circumstances(ill=frozenset({"strong"})))
    assert ill["strong"] == "is left out: it is failing"
    poor = left({**HARD, "cheap": 0.65}, now=Circumstances(room=400 * 150 + 100 * 600), max_output=100)
    assert poor["strong"] == "is left out: the budget has no room for it"
    assert left(HARD, wish=Wish(route="local"))["strong"] == "is ruled out by the request's own wishes"
    below = Catalog(ALL.entries, {"gpt": Routed("auto", CHEAP)})
    assert left(EASY, catalog=below)["strong"] == "may cost more than cheap"


def test_a_candidate_carries_its_value_and_the_decision_its_mode() -> None:
    decision = choose("auto", HARD, max_output=100)
    (strong,) = decision.candidates

    assert strong.cost == 100 * 2_500 + 100 * 10_000
    assert strong.value == 0.85 - strong.cost / PREFER.worth
    assert decision.mode == "auto"
    assert choose("strong", HARD).mode is None


def test_a_key_that_had_its_share_of_strong_answers_gets_a_weaker_one_and_hears_why() -> None:
    decision = choose("auto", HARD, now=Circumstances(capped=True))
    assert names(decision) == ["cheap"], "nor does a failure fall over to the strong one"
    assert decision.degraded == "share"
    assert "has had its share of strong answers" in decision.reasons[0]


def test_where_all_are_strong_or_the_choice_is_weak_anyway_the_share_changes_nothing() -> None:
    capped, alone = Circumstances(capped=True), Catalog({"strong": STRONG})
    assert names(choose("auto", HARD, catalog=alone, now=capped)) == ["strong"]
    assert names(choose("strong", HARD, now=capped)) == ["strong"]
    assert choose("auto", EASY, now=capped).degraded is None
