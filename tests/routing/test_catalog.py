"""The catalogue: names and what they mean."""

import pytest

from providers.errors import CallerError
from routing.catalog import Catalog, Entry, Routed

DEMO = Entry("demo", "local", "demo", None, local=True)
MINI = Entry("gpt-4o-mini", "openai", "gpt-4o-mini", None)
LARGE = Entry("large", "openai", "gpt-4o", None, abilities=frozenset({"tools"}))
UNLISTED = Entry("gpt-5", "openai", "gpt-5", None)
CATALOG = Catalog(
    entries={"demo": DEMO, "gpt-4o-mini": MINI, "large": LARGE},
    names={"gpt-4o": Routed("auto", LARGE), "mini": MINI},
    known={"openai/gpt-5": UNLISTED},
)


@pytest.mark.parametrize(
    ("name", "meaning"),
    [
        ("auto", Routed("auto")),
        ("auto:cheap", Routed("auto:cheap")),
        ("auto:best", Routed("auto:best")),
        ("gpt-4o-mini", MINI),
        ("mini", MINI),
        ("gpt-4o", Routed("auto", LARGE)),
        ("openai/gpt-4o-mini", MINI),
        ("openai/gpt-4o", LARGE),
        ("openai/gpt-5", UNLISTED),
    ],
)
def test_names_have_meanings(name: str, meaning: Routed | Entry) -> None:
    assert CATALOG.meaning(name) == meaning


def test_an_unknown_name_is_a_404_with_the_nearest_names() -> None:
    with pytest.raises(CallerError) as caught:
        CATALOG.meaning("gpt-4o-mimi")

    error = caught.value
    assert (error.status, error.code, error.param) == (404, "model_not_found", "model")
    assert "Nearest: gpt-4o-mini" in error.message


@pytest.mark.parametrize("name", ["auto:fast", "gpt-5", "ollama/gpt-4o-mini", "openai/", ""])
def test_what_nobody_serves_is_unknown(name: str) -> None:
    with pytest.raises(CallerError):
        CATALOG.meaning(name)


def test_a_name_like_no_other_is_told_what_there_is() -> None:
    with pytest.raises(CallerError, match="auto, demo, gpt-4o-mini, large, gpt-4o, mini"):
        CATALOG.meaning("zzz")


def test_local_models_are_those_at_home() -> None:
    assert [entry.name for entry in CATALOG.local()] == ["demo"]


def test_needs_are_met_by_abilities_and_unknown_abilities_rule_nothing_out() -> None:
    assert LARGE.can(frozenset({"tools"}))
    assert not LARGE.can(frozenset({"tools", "images"}))
    assert MINI.can(frozenset({"tools", "images"}))
