"""`halfpenny doctor` finds what would not work, over real sockets, and spends nothing."""

import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from proxy.cli import main
from tests.doubles.answers import response
from tests.doubles.upstream import Script, Send, Upstream, refusal, serving

KEY = "sk-canary-1234"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HALFPENNY_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("KEY", KEY)


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    """A scripted upstream on a thread of its own."""
    with serving() as served:
        yield served


def told(config: str, capsys: pytest.CaptureFixture[str], code: int) -> str:
    """What it says of this configuration."""
    Path("config.yaml").write_text(config)
    assert main(["doctor"]) == code
    out = capsys.readouterr().out
    assert KEY not in out
    return out


def config(url: str, dialect: str = "openai", more: str = "") -> str:
    return f"""
providers:
  up: {{dialect: {dialect}, base_url: "{url}", credential: "${{KEY}}"{more}}}
models:
  paid: {{provider: up, price: {{input: $1, output: $1}}}}
budgets:
  - {{name: month, window: month, limit: $1}}
"""


MODELS: Script = (Send(response(b'{"data":[]}')),)


@pytest.mark.parametrize(
    ("dialect", "path", "header", "value"),
    [
        ("openai", "/v1/models", "authorization", f"Bearer {KEY}"),
        ("anthropic", "/v1/models", "x-api-key", KEY),
        ("gemini", "/v1/models", "x-goog-api-key", KEY),
        ("slm", "/v1/healthz", "authorization", f"Bearer {KEY}"),
    ],
)
def test_a_provider_that_works(
    upstream: Upstream, capsys: pytest.CaptureFixture[str], dialect: str, path: str, header: str, value: str
) -> None:
    upstream.script(*MODELS)
    out = told(config(upstream.base_url, dialect), capsys, 0)
    assert "ok       provider up: it can be reached and takes the credential" in out
    (request,) = upstream.requests
    assert (request.method, request.path, request.headers[header]) == ("GET", path, value)


def test_a_credential_that_is_refused(upstream: Upstream, capsys: pytest.CaptureFixture[str]) -> None:
    upstream.script(*refusal("401 Unauthorized", f'{{"error":{{"message":"wrong key {KEY}"}}}}'.encode()))
    assert "BROKEN   provider up: it refuses the credential (status 401)" in told(config(upstream.base_url), capsys, 1)


def test_nobody_there(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
        assert f"BROKEN   provider up: {url}" in told(config(url), capsys, 1)


def test_a_clock_that_is_wrong(upstream: Upstream, capsys: pytest.CaptureFixture[str]) -> None:
    then = format_datetime(datetime.now(UTC) - timedelta(hours=1), usegmt=True)
    upstream.script(Send(response(b"{}", headers=f"date: {then}\r\n")))
    assert "set this machine's clock" in told(config(upstream.base_url), capsys, 0)


def test_an_access_key_cannot_be_proved_for_nothing(upstream: Upstream, capsys: pytest.CaptureFixture[str]) -> None:
    upstream.script(*refusal("403 Forbidden", b"{}"))
    text = config(upstream.base_url, "bedrock", ", region: us-east-1").replace("${KEY}", "AKID:${KEY}")
    assert "only a paid call would tell" in told(text, capsys, 0)


def test_a_model_file_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    text = "providers:\n  home: {dialect: engine, model: /nowhere/x.gguf}\nmodels:\n  mine: {provider: home}\n"
    out = told(text, capsys, 1)
    assert "BROKEN   provider home: there is no file /nowhere/x.gguf" in out
    assert "warning  budgets: nothing limits what is spent" in out


def test_stores_that_do_not_answer(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        store = f"store: {{redis: 'redis://127.0.0.1:{port}/0', postgres: 'postgresql://127.0.0.1:{port}/x'}}\n"
        assert "BROKEN   store: " in told(store, capsys, 1)
