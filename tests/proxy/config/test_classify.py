"""`classify:` and `doors:`: S2's variables and defaults, and when a sequence classifier is to be served."""

from pathlib import Path

import pytest

from providers.labelling.client import Labeller
from proxy.config.classify import SOCKET, Classify
from proxy.config.load import parse
from proxy.config.report import ConfigError
from proxy.config.schema import processes

S2 = {
    "CONFIDENCE_THRESHOLD": ("confidence_threshold", "0.8", 0.8),
    "MODEL_PATH": ("model_path", "/srv/router", "/srv/router"),
    "MODEL_DEVICE": ("model_device", "cuda", "cuda"),
    "HF_MODEL_ID": ("hf_model_id", "you/router", "you/router"),
    "BATCH_MAX_SIZE": ("batch_max_size", "16", 16),
    "BATCH_MAX_WAIT_MS": ("batch_max_wait_ms", "5", 5.0),
    "CACHE_L1_SIZE": ("cache_l1_size", "100", 100),
    "CACHE_L1_TTL_SEC": ("cache_l1_ttl_sec", "60", 60.0),
}


def read(text: str = "", **environ: str) -> Classify:
    return parse(text, environ, "test.yaml").classify


def test_the_defaults_are_s2s(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = read()
    assert (found.confidence_threshold, found.model_path, found.model_device) == (0.7, "./models/router", "cpu")
    assert (found.batch_max_size, found.batch_max_wait_ms) == (32, 10)
    assert (found.cache_l1_size, found.cache_l1_ttl_sec) == (10_000, 300)
    assert not found.redis_url
    assert found.labeller() is None


@pytest.mark.parametrize("name", S2)
def test_each_variable_sets_its_field_over_the_file(name: str) -> None:
    field, written, value = S2[name]
    assert getattr(read(f"classify: {{{field}: {written}}}", **{name: ""}), field) == value
    assert getattr(read("classify: {confidence_threshold: 0.1}", **{name: written}), field) == value


def test_the_address_of_redis_is_a_secret() -> None:
    found = read(REDIS_URL="redis://:hidden@cache:6379/1")
    assert found.redis_url.reveal() == "redis://:hidden@cache:6379/1"
    assert "hidden" not in repr(found)


def test_a_wrong_value_names_its_variable() -> None:
    with pytest.raises(ConfigError) as refused:
        read(MODEL_DEVICE="tpu", CONFIDENCE_THRESHOLD="7")
    said = str(refused.value)
    assert "MODEL_DEVICE" in said and "expected one of: cpu, cuda, mps" in said and "CONFIDENCE_THRESHOLD" in said


def test_a_model_is_served_when_it_is_named_or_lies_at_the_usual_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    named = read(MODEL_PATH="/srv/router", BATCH_MAX_WAIT_MS="5", MODEL_DEVICE="mps").labeller()
    assert named == Labeller(model="/srv/router", device="mps", batch=32, window=0.005)
    from_hub = read(HF_MODEL_ID="you/router").labeller()
    assert from_hub == Labeller(model="./models/router", repository="you/router")
    (tmp_path / "models" / "router").mkdir(parents=True)
    (tmp_path / "models" / "router" / "config.json").write_text("{}")
    config = parse("", {}, "test.yaml")
    assert processes(config) == {SOCKET: Labeller(model="./models/router")}
