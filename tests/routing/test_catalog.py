"""The catalogue: names and what they mean."""

import pytest

from providers.errors import CallerError
from routing.catalog import Catalog, Entry

CATALOG = Catalog(
    {
        "demo": Entry("demo", "local", "demo", None, local=True),
        "gpt-4o-mini": Entry("gpt-4o-mini", "openai", "gpt-4o-mini", None),
    }
)


def test_a_name_is_found() -> None:
    assert CATALOG.find("gpt-4o-mini").provider == "openai"


def test_an_unknown_name_is_a_404_with_the_nearest_names() -> None:
    with pytest.raises(CallerError) as caught:
        CATALOG.find("gpt-4o-mimi")

    error = caught.value
    assert (error.status, error.code, error.param) == (404, "model_not_found", "model")
    assert "Nearest: gpt-4o-mini" in error.message


def test_a_name_like_no_other_is_told_what_there_is() -> None:
    with pytest.raises(CallerError, match="auto, demo, gpt-4o-mini"):
        CATALOG.find("zzz")


def test_local_models_are_those_at_home() -> None:
    assert [entry.name for entry in CATALOG.local()] == ["demo"]
