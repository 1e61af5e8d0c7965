"""config.yaml, `.env` and the environment: what they become, and every mistake with its line, path and hint."""

from pathlib import Path

import pytest

from providers.dialects.openai import OpenAI
from providers.endpoint import Secret
from providers.engine.client import Engine
from providers.engine.encoder_client import Encoder
from proxy.config.load import load, parse
from proxy.config.report import ConfigError
from proxy.config.schema import Config, Server, off

ROOT = Path(__file__).resolve().parents[3]
SECRET = "sk-very-secret-indeed"

MISTAKES = [
    ("server: {prot: 1}", 1, "server.prot", "unknown field", "did you mean `port`?"),
    ("modls: {}", 1, "modls", "unknown field", "did you mean `models`?"),
    ("server:\n  port: abc", 2, "server.port", "expected a whole number", ""),
    ("server: {port: 70000}", 1, "server.port", "expected a whole number <= 65535", ""),
    ("server: 7", 1, "server", "expected a mapping of fields", ""),
    ("server:\n  port: 1\n  port: 2", 3, "server.port", "stands twice (first in line 2)", ""),
    ("providers:\n  a: {dialect: opnai}", 2, "providers.a.dialect", "names nothing", "did you mean `openai`?"),
    ("providers:\n  a: {model: demo}", 2, "providers.a", "`dialect` is missing", "openai, engine"),
    ("providers: {a: {dialect: openai}}", 1, "providers.a", "`base_url` is missing", ""),
    *(
        (f"providers: {{a: {{dialect: openai, base_url: '{url}'}}}}", 1, "providers.a.base_url", said, hint)
        for url, said, hint in (
            ("api.openai.com/v1", "is no http:// or https:// address", "https://api"),
            ("htp://x/v1", "is no http://", ""),
            ("https:///v1", "is no http://", ""),
            ("https://x:99999/v1", "is no http://", ""),
            ("http://[::1/v1", "is no http://", ""),
            ("https://x/v1?api-version=1", "is no http://", "without a query"),
            ("https://me:word@x/v1", "has a user in it", "credential"),
        )
    ),
    ("providers: {a b: {dialect: engine}}", 1, "providers.a b", "must be plain", "letters"),
    ("models:\n  m: {provider: none}", 2, "models.m.provider", "there is no provider `none`", ""),
    ("models: {auto: {provider: x}}", 1, "models.auto", "this name is taken", ""),
    ("providers:\n  - a", 1, "providers", "expected a mapping of names", ""),
    ("limits:\n  - {name: a}", 2, "limits[0]", "it limits nothing", ""),
    ("limits:\n  - {name: a, parallel: 0}", 2, "limits[0].parallel", "expected a whole number >= 1", ""),
    ("limits:\n  - {name: a, key: b, per_key: true, parallel: 1}", 2, "limits[0]", "not both", ""),
    ("limits:\n  - {name: a, model: gpt, parallel: 1}", 2, "limits[0].model", "there is no model `gpt`", ""),
    ("limits:\n  - {name: a, parallel: 1}\n  - {name: a, parallel: 2}", 3, "limits[1]", "two rules named", ""),
    ("budgets: {name: x}", 1, "budgets", "expected a list", ""),
    ("budgets:\n  - {name: a, limit: 200}", 2, "budgets[0].limit", "an amount is written like `$200`", ""),
    ("budgets:\n  - {name: a, limit: $1, alert_at: 70}", 2, "budgets[0].alert_at", "a share is written like", ""),
    (
        "budgets:\n  - {name: a, limit: $1, window: year}",
        2,
        "budgets[0].window",
        "expected one of: hour, day, month",
        "",
    ),
    ("budgets:\n  - {name: a, limit: $1, timezone: Mars}", 2, "budgets[0]", "no time zone `Mars`", ""),
    ("budgets:\n  - {name: a, limit: $1}\n  - {name: a, limit: $2}", 3, "budgets[1]", "two rules named `a`", ""),
    ("server: {host: [a}", 1, "", "not readable as YAML", ""),
    ("server:\n\tport: 1", 2, "", "not readable as YAML", "spaces"),
    ("server: {host: ${A}}", 1, "", "not readable as YAML", 'in quotes: "${NAME}"'),
    ("server: {host: '${A}'}", 1, "server.host", "the environment has no A", "${A:-}"),
    ("server: {host: '${A-b}'}", 1, "server.host", "cannot be read", "${NAME:-default}"),
    ("server: &a {port: 1}\nproviders: *a", 1, "server", "anchors", ""),
    ("server: !!python/name:os.system", 1, "server", "tags", ""),
    ("server: !x 3", 1, "server", "tags", ""),
    ("- a", 1, "", "expected a mapping of sections", ""),
    ("[" * 3000, None, "", "nested too deeply", ""),
    ("#" * (1 << 20) + "\n", None, "", "larger than 1048576 bytes", ""),
    ("server: 1\n---\nserver: 2", 2, "", "not readable as YAML", ""),
]


@pytest.mark.parametrize(("text", "line", "path", "message", "hint"), MISTAKES, ids=[m[0][:70] for m in MISTAKES])
def test_a_mistake_has_line_path_and_hint(text: str, line: int | None, path: str, message: str, hint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(text, {}, "config.yaml")
    found = [mistake for mistake in caught.value.mistakes if message in mistake.message]
    assert [(mistake.line, mistake.path) for mistake in found][:1] == [(line, path)]
    assert hint in found[0].hint


def test_all_mistakes_are_told_at_once() -> None:
    text = "server: {port: x, hots: y}\nmodels:\n  a: {provider: b}\n  a: {}\nbudgets: [{name: n, limit: 2}]\nwhat: 1\n"
    with pytest.raises(ConfigError) as caught:
        parse(text, {"HALFPENNY_SERVER__DRAIN": "soon"}, "config.yaml")
    report = str(caught.value)
    assert report.startswith("config.yaml: 7 mistakes")
    for words in (
        "config.yaml:1  server.port",
        "server.hots",
        "config.yaml:3  models.a.provider",
        "config.yaml:4",
        "what",
    ):
        assert words in report
    assert "environment HALFPENNY_SERVER__DRAIN  server.drain: expected a number" in report


def test_references_and_money() -> None:
    text = (
        "server: {host: '${A:-127.0.0.9}', port: '${P}'}\n"
        "providers: {o: {dialect: openai, base_url: 'http://${B}/v1', credential: '${EMPTY:-}'}}\n"
        "models: {m: {provider: o, price: {input: $2.50, output: $10}}}\n"
        "budgets: [{name: month, limit: $200, alert_at: 70%, stop_at: 95%}]\n"
    )
    config = parse(text, {"P": "81", "B": "here", "A": ""}, "x")
    assert config.server == Server(host="127.0.0.9", port=81)
    provider = config.providers["o"]
    assert isinstance(provider, OpenAI)
    assert provider.base_url == "http://here/v1"
    assert off(provider) == "its credential is empty"
    price = config.models["m"].price
    assert not isinstance(price, str | None)
    assert (price.input, price.output) == (2_500_000, 10_000_000)
    assert config.budgets[0].limit == 200 * 10**9
    assert (config.budgets[0].alert_at, config.budgets[0].stop_at) == ((7000,), 9500)


def test_the_environment_overrides_every_single_value() -> None:
    text = "providers: {gpt-4: {dialect: openai, base_url: 'http://a', credential: b}}\nserver: {port: 1}\n"
    environ = {
        "PORT": "2",
        "HOST": "0.0.0.0",
        "HALFPENNY_SERVER__PORT": "3",
        "HALFPENNY_PROVIDERS__GPT_4__CREDENTIAL": "$" + "{NOT_A_REFERENCE}",
        "HALFPENNY_PROVIDERS__GPT_4__TIMEOUTS__IDLE": "7",
        "HALFPENNY_ROUTING__DEFAULT_OUTPUT": "",
        "HALFPENNY_DATA": "/data",
    }
    config = parse(text, environ, "x")
    assert (config.server.host, config.server.port) == ("0.0.0.0", 3)
    provider = config.providers["gpt-4"]
    assert isinstance(provider, OpenAI)
    assert provider.credential == Secret("${NOT_A_REFERENCE}")
    assert provider.timeouts.idle == 7
    assert config.routing.default_output == 4096


def test_an_override_that_reaches_no_value_is_a_mistake() -> None:
    with pytest.raises(ConfigError) as caught:
        parse("budgets: [{name: a, limit: $1}]\n", {"HALFPENNY_BUDGETS__0__LIMIT": "$9"}, "x")
    assert caught.value.mistakes[0].origin == "HALFPENNY_BUDGETS__0__LIMIT"
    with pytest.raises(ConfigError) as caught:
        parse("", {"HALFPENNY_SEVRER__PORT": "1"}, "x")
    assert caught.value.mistakes[0].hint == "did you mean `server`?"


def test_dotenv_stands_beside_the_file_and_never_beats_the_environment(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("export A='1.1.1.1' # here\nB=5 # five\n# C=6\nPORT=99\n")
    (tmp_path / "config.yaml").write_text("server: {host: '${A}', drain: '${B}'}\n")
    config = load(tmp_path / "config.yaml", {"B": "6"})
    assert config.server == Server(host="1.1.1.1", port=99, drain=6.0)


def test_a_file_that_is_not_there_is_one_mistake(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"cannot be read: No such file[^\n]*\n +hint: name another file"):
        load(tmp_path / "none.yaml", {})


def test_secrets_never_show() -> None:
    quoted = f"'{SECRET}'"
    text = f"providers: {{o: {{dialect: openai, base_url: 'http://b', credential: {quoted}}}}}\n"
    assert SECRET not in repr(parse(text, {}, "x"))
    wrong = [
        text.replace("base_url", "base"),
        text.replace(quoted, f"[{quoted}]"),
        text.replace(quoted, quoted[:-1]),
        f"providers: {quoted}",
        f"server: {{port: {quoted}, drain: {quoted}}}",
    ]
    for broken in wrong:
        with pytest.raises(ConfigError) as caught:
            parse(broken, {}, "x")
        assert SECRET not in str(caught.value)
        assert SECRET not in repr(caught.value.mistakes)


@pytest.mark.parametrize("dialect", ["openai", "anthropic"])
def test_an_unpriced_model_is_refused_and_free_or_known_ones_are_not(dialect: str) -> None:
    head = f"providers: {{o: {{dialect: {dialect}, base_url: 'http://b'}}, e: {{dialect: engine}}}}\nmodels: "
    with pytest.raises(ConfigError, match="its price is not known") as caught:
        parse(head + "{mystery: {provider: o}}", {}, "x")
    assert "price: free" in caught.value.mistakes[0].hint
    served = (
        "{a: {provider: o, price: free}, gpt-4o: {provider: o}, b: {provider: o, upstream: gpt-4o}, c: {provider: e}}"
    )
    assert list(parse(head + served, {}, "x").models) == ["a", "gpt-4o", "b", "c"]


def test_the_shipped_file_is_in_order_and_a_key_switches_openai_on() -> None:
    without = load(ROOT / "config.yaml", {"HALFPENNY_PROVIDERS__OPENAI__CREDENTIAL": ""} | _no_key())
    assert isinstance(without.providers["local"], Engine)
    assert off(without.providers["openai"])
    assert [(rule.name, rule.limit // 10**9) for rule in without.budgets] == [("month", 200), ("development", 2)]
    assert not off(load(ROOT / "config.yaml", {"OPENAI_API_KEY": SECRET}).providers["openai"])


def _no_key() -> dict[str, str]:
    return {"OPENAI_API_KEY": "", "HOST": "", "PORT": ""}


def test_an_empty_file_is_all_defaults() -> None:
    assert parse("", {}, "x") == Config()
    assert parse("server:\nmodels:\nbudgets:\n", {}, "x") == Config()


def test_an_encoder_is_for_embeddings_alone() -> None:
    text = "providers:\n  e: {{dialect: encoder}}\nmodels:\n  m: {{provider: e{}}}\n"
    assert isinstance(parse(text.format(""), {}, "config.yaml").providers["e"], Encoder)
    with pytest.raises(ConfigError, match="is for embeddings, not for chat"):
        parse(text.format(", task: chat"), {}, "config.yaml")
