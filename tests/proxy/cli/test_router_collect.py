"""`halfpenny router collect` and `place` against a real Halfpenny over scripted upstreams: rows, money, going on."""

import asyncio
import io
import json
from argparse import ArgumentParser
from collections.abc import AsyncIterator, Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from proxy.cli import router
from routing.classifier.training.answered import Answered, of_one, read
from routing.classifier.training.questions import questions
from tests.doubles.house import House, house
from tests.doubles.upstream import Upstream, chat_json, refusal

CONFIG = """
providers:
  up: {{dialect: openai, base_url: "{url}", credential: x}}
models:
  small: {{provider: up, price: {{input: $1, output: $1}}}}
  large: {{provider: up, price: {{input: $10, output: $10}}}}
  judge: {{provider: up, price: {{input: $10, output: $10}}}}
  free: {{provider: up, price: free}}
"""
PROMPTS = (
    {"prompt": "The capital of France?", "answer": "Paris", "check": "contains"},
    {"prompt": "What is 2 + 2?", "answer": 4, "check": "number"},
)
OPEN = {"prompt": "Write a poem about Paris."}


@pytest.fixture
async def home(upstream: Upstream, tmp_path: Path) -> AsyncIterator[House]:
    """Every model says `Paris.`"""
    async with house(tmp_path, CONFIG.format(url=upstream.base_url)) as served:
        yield served


Command = Callable[..., Any]


@pytest.fixture
def halfpenny(home: House, tmp_path: Path) -> Command:
    """Runs an action in a thread; (exit status, output)."""

    async def run(action: str, *words: str, rows: tuple[dict[str, Any], ...] = PROMPTS) -> tuple[int, str]:
        (tmp_path / "prompts.jsonl").write_text("\n".join(map(json.dumps, rows)))
        first = [str(tmp_path / "prompts.jsonl"), "--models", "small,large"] if action == "collect" else []
        parser = ArgumentParser()
        router.add(parser.add_subparsers())
        common = ["--out", str(tmp_path / "rows.jsonl"), "--url", home.url]
        args = parser.parse_args(["router", action, *first, *common, *words])
        args.environ = {"HALFPENNY_KEY": home.key}
        out = io.StringIO()
        return await asyncio.to_thread(router.run, args, out), out.getvalue()

    return run


def spent(home: House) -> Decimal:
    """Dollars in the ledger."""
    return sum((Decimal(row["cost"]) for row in home.rows()), Decimal(0)) / 10**9


async def test_both_models_are_asked_and_their_answers_checked(halfpenny: Command, home: House, tmp_path: Path) -> None:
    status, said = await halfpenny("collect")
    assert status == 0
    assert "4 answers scored now, 0 before" in said
    assert read(tmp_path / "rows.jsonl") == [
        Answered("The capital of France?", {"small": 1.0, "large": 1.0}),
        Answered("What is 2 + 2?", {"small": 0.0, "large": 0.0}),
    ]
    assert spent(home) > 0
    assert f"${spent(home):f} spent of $5" in said


async def test_what_was_asked_is_not_asked_again_not_even_after_half_a_line(
    halfpenny: Command, home: House, tmp_path: Path
) -> None:
    await halfpenny("collect", rows=PROMPTS[:1])
    lines = (tmp_path / "rows.jsonl").read_text()
    (tmp_path / "rows.jsonl").write_text(lines + '{"prompt": "What is 2 + 2?", "mod')
    status, said = await halfpenny("collect")
    assert status == 0
    assert "2 answers scored now, 2 before" in said
    assert len(home.rows()) == 4
    assert len(read(tmp_path / "rows.jsonl")) == 2


async def test_never_more_is_spent_than_allowed_in_all_runs_together(halfpenny: Command, home: House) -> None:
    limit = "0.004"
    many = tuple({"prompt": f"Question {at}?", "answer": "x"} for at in range(40))
    for _ in range(2):
        status, said = await halfpenny("collect", "--max-cost", limit, "--max-tokens", "100", rows=many)
        assert status == 0
        assert "the next call could cost more than is left" in said
    assert 0 < spent(home) <= Decimal(limit)
    assert 2 <= len(home.rows()) < 80


async def test_a_judge_scores_what_nothing_can_check_and_is_paid_from_the_same_purse(
    halfpenny: Command, home: House, upstream: Upstream, tmp_path: Path
) -> None:
    status, _ = await halfpenny("collect", rows=(OPEN,))
    assert status == 1
    for said in ("A poem.", "Yes.", "No poem.", "no"):
        upstream.script(*chat_json(said))
    status, said = await halfpenny("collect", "--judge", "judge", rows=(OPEN,))
    assert status == 0, said
    assert read(tmp_path / "rows.jsonl") == [Answered(OPEN["prompt"], {"small": 1.0, "large": 0.0})]
    assert "A poem." in upstream.requests[1].json()["messages"][0]["content"]
    assert f"${spent(home):f} spent" in said and len(home.rows()) == 4


async def test_a_model_that_is_not_there_is_told(
    halfpenny: Command, upstream: Upstream, capsys: pytest.CaptureFixture[str]
) -> None:
    status, _ = await halfpenny("collect", "--models", "smal,large")
    assert status == 1
    assert "The model 'smal' does not exist here. Nearest: small" in capsys.readouterr().err
    status, _ = await halfpenny("collect", "--key", "hp-wrong")
    assert status == 1
    assert "refused with 401" in capsys.readouterr().err
    upstream.script(*refusal("400 Bad Request", b'{"error": {"message": "no such thing", "type": "x"}}'))
    assert (await halfpenny("collect"))[0] == 1
    assert "no such thing" in capsys.readouterr().err


async def test_a_new_model_is_placed_by_its_answers(halfpenny: Command, home: House, tmp_path: Path) -> None:
    status, said = await halfpenny("place", "free")
    assert status == 0
    assert len(home.rows()) == 0 or spent(home) == 0
    assert "0 of 100 right" in said
    assert f"models: {{free: {{…, placement: {tmp_path / 'rows.jsonl'}}}}}" in said
    assert [good for _, good in of_one(tmp_path / "rows.jsonl", "free")] == [0.0] * len(questions())
