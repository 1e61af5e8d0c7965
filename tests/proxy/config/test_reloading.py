"""What a configuration that is read again changes at once, and what it says must wait."""

import pytest
from msgspec import structs

from providers.engine.client import Engine
from providers.engine.encoder_client import Encoder
from proxy.config.load import parse
from proxy.config.reloading import reload
from proxy.config.schema import processes

BEFORE = """
providers:
  small: {dialect: engine, model: a.gguf, max_output: 10}
  other: {dialect: engine, model: b.gguf}
  show: {dialect: engine, model: demo}
  encoder: {dialect: encoder, model: c.gguf}
  up: {dialect: openai, base_url: "http://127.0.0.1:1/v1", credential: s}
models:
  small: {provider: small}
classify: {model_path: ./here, batch_max_size: 8}
"""
SERVING = parse(BEFORE, {}, "config.yaml")


def told(*changes: tuple[str, str]) -> tuple[dict[str, object], tuple[str, ...]]:
    """The swaps and what waits after these replacements in the text."""
    text = BEFORE
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    found = reload(SERVING, processes(SERVING), parse(text, {}, "config.yaml"))
    return dict(found.swaps), found.waiting


def test_nothing_new_is_nothing_to_do() -> None:
    assert told() == ({}, ())


def test_an_engines_settings_are_swapped_and_no_other_engine() -> None:
    swaps = {"small": Engine(model="d.gguf", max_output=20, temperature=0.1)}
    assert told(("model: a.gguf, max_output: 10", "model: d.gguf, max_output: 20, temperature: 0.1")) == (swaps, ())


def test_what_the_workers_caches_are_made_with_waits_and_the_rest_is_swapped() -> None:
    fields = "model: c.gguf, cache_bytes: 0, cache_shared: true"
    waiting = ("providers.encoder.cache_bytes", "providers.encoder.cache_shared")
    assert told(("model: c.gguf", fields)) == ({}, waiting)
    swaps = {"encoder": structs.replace(Encoder(model="c.gguf"), dimensions="none")}
    assert told(("model: c.gguf", fields + ", dimensions: none")) == (swaps, waiting)


def test_a_classifiers_process_is_swapped_and_what_the_workers_read_of_it_waits() -> None:
    swaps, waiting = told(("batch_max_size: 8", "batch_max_size: 16"))
    assert (list(swaps), waiting) == (["_classifier"], ())
    assert told(("batch_max_size: 8", "batch_max_size: 8, confidence_threshold: 0.5")) == ({}, ("classify",))


@pytest.mark.parametrize(
    ("old", "new", "waits"),
    [
        ("model: demo", "model: own.gguf", "providers.show.model (routing tells"),
        ("model: b.gguf", "model: demo", "providers.other.model (routing tells"),
        ("other: {dialect: engine", "other: {dialect: encoder", "providers.other.dialect"),
        ("  other: {dialect: engine, model: b.gguf}\n", "", "providers.other"),
        ("models:", "  new: {dialect: engine, model: b.gguf}\nmodels:", "providers.new"),
        ("credential: s", "credential: t", "providers.up"),
        ("small: {provider: small}", "small: {provider: other}", "models"),
        ("models:", "budgets: [{name: all, limit: $5, window: month}]\nmodels:", "budgets"),
        ("models:", "server: {port: 9}\nmodels:", "server"),
    ],
)
def test_what_cannot_change_while_it_runs_is_kept_and_named(old: str, new: str, waits: str) -> None:
    swaps, waiting = told((old, new))
    assert swaps == {}
    assert len(waiting) == 1
    assert waiting[0].startswith(waits)
