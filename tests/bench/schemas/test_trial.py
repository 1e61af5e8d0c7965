"""A tenth of `make fuzz`, with a fixed seed. A crash of llama.cpp would end the child and be its exit status."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import providers.tiny
from bench.schemas.hostile import hostile
from bench.schemas.strategy import documents, drawn, plain
from bench.schemas.trial import Counts, kept, named
from bench.schemas.validation import problem
from bench.schemas.writer import Writer
from providers.engine.llama import Model

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def writer() -> Iterator[Writer]:
    model = Model(Path(providers.tiny.__file__).with_name("tiny.gguf"), lambda _share: True)
    yield Writer(model, np.random.default_rng(1))
    model.close()


@pytest.fixture(scope="module")
def counted() -> dict[str, Any]:
    asked = ["--schemas", "100", "--hostile", "25", "--answers", "1", "--seed", "5"]
    command = [sys.executable, "-m", "bench.schemas", *asked]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert ended.returncode == 0, ended.stdout + ended.stderr[-2_000:]
    found: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    return found


def test_what_ends_by_itself_keeps_its_schema(counted: dict[str, Any]) -> None:
    documented = counted["documented"]
    assert documented["wrong"] == []
    assert documented["schemas"] == 100 and documented["refused"] <= 20
    assert documented["stopped"] >= 70


def test_every_undocumented_keyword_is_refused_by_name(counted: dict[str, Any]) -> None:
    assert counted["undocumented"]["wrong"] == []
    assert counted["undocumented"]["refused"] == counted["undocumented"]["schemas"] == 20


def test_hostile_schemas_are_refused_or_kept(counted: dict[str, Any]) -> None:
    assert counted["hostile"]["wrong"] == []
    assert counted["hostile"]["schemas"] == 25
    assert len(hostile()) >= 200


def test_the_same_seed_gives_the_same_schemas() -> None:
    assert drawn(documents(), 20, 3) == drawn(documents(), 20, 3) != drawn(documents(), 20, 4)


def test_an_answer_that_does_not_keep_its_schema_would_be_found(writer: Writer) -> None:
    answers = [writer.answer('root ::= "[" [0-9] "]"') for _ in range(5)]
    assert all(problem({"items": {"type": "integer"}}, answer or "") is None for answer in answers)
    assert all(problem({"items": {"type": "string"}}, answer or "") for answer in answers)
    assert problem({"type": "string", "format": "date"}, '"2026-02-30"')
    assert problem({}, '{"a":') and problem({}, "NaN")


def test_an_undocumented_keyword_that_passes_would_be_found() -> None:
    assert [entry.endswith("is let pass") for entry in named([{"type": "null"}]).wrong] == [True]


def test_answers_that_become_too_long_are_counted_as_cut(writer: Writer) -> None:
    counts: Counts = kept([{"const": "x" * 9_000}], writer, 1)
    assert (counts.cut, counts.stopped) == (1, 0)


def test_null_is_one_more_choice_for_a_validator_that_does_not_know_nullable() -> None:
    schema = {"type": "array", "items": {"type": "string", "nullable": True}}
    assert problem(schema, '[null, "a"]') is None
    assert problem(schema, "[1]") is not None
    assert plain({"nullable": False, "type": "null"}) == {"type": "null"}
