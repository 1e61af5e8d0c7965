"""`langchain-openai`'s embeddings as they come out of the box: token ids of cl100k, changed by the base URL alone."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from langchain_openai import OpenAIEmbeddings

from providers.minilm import MODEL_PATH
from providers.tiktokens import FOLDER
from tests.doubles.encoders import known, likeness, needs_vocabularies
from tests.doubles.serving import Served, serving

pytestmark = [
    needs_vocabularies,
    pytest.mark.skipif(not MODEL_PATH.exists(), reason="MiniLM is not installed: make minilm"),
]
CONFIG = """
server: {port: 0}
providers:
  encoder: {dialect: encoder, threads: 1}
models:
  text-embedding-3-small: {provider: encoder}
"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One server for the file."""
    with serving(tmp_path_factory.mktemp("served"), CONFIG) as started:
        yield started


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """LangChain's own tokeniser would fetch its vocabulary."""
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(FOLDER))


@pytest.mark.parametrize("model", ["text-embedding-3-small", "auto"])
def test_documents_and_questions_are_the_references_vectors(served: Served, model: str) -> None:
    cases = [case for case in known() if case.text.strip()]
    theirs = OpenAIEmbeddings(model=model, base_url=served.url, api_key=served.key, max_retries=0)  # type: ignore[arg-type]

    found = theirs.embed_documents([case.text for case in cases])
    for vector, case in zip(found, cases, strict=True):
        assert likeness(vector, case.vector) > 0.9999, case.text
    assert likeness(theirs.embed_query(cases[0].text), cases[0].vector) > 0.9999


def test_the_setting_that_sends_text_gives_the_same(served: Served, tmp_path: Path) -> None:
    case = known()[0]
    theirs = OpenAIEmbeddings(
        model="auto",
        base_url=served.url,
        api_key=served.key,  # type: ignore[arg-type]
        check_embedding_ctx_length=False,
        dimensions=128,
        max_retries=0,
    )
    assert likeness(theirs.embed_query(case.text), case.vector[:128]) > 0.9999
