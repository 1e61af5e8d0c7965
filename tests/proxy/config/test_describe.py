"""What `halfpenny check` says of rules and of who keeps them."""

from proxy.config.describe import lines
from proxy.config.load import parse

LIMIT = "limits:\n  - {name: each, per_key: true, tokens_per_minute: 40000, parallel: 4}\n"


def told(text: str) -> str:
    return "\n".join(lines(parse(text, {}, "config.yaml")))


def test_limits_and_workers_and_durability_are_told() -> None:
    said = told(LIMIT + "server: {workers: 4}\nledger: {durability: power}\n")
    assert "  each           4 parallel, 40000 tokens per minute for each key" in said
    assert "for 4 HTTP workers through an accountant; durability power survives kill -9 and a power cut" in said


def test_a_shared_store_is_told_without_its_passwords() -> None:
    said = told('store: {redis: "redis://:geheim@h/0", postgres: "postgresql://u:geheim@h/d"}\n')
    assert "limits: none" in said
    assert "ledger: Redis and Postgres, shared by every machine" in said
    assert "geheim" not in said
