from pathlib import Path

from providers.engine.grammar import keywords, limits
from providers.engine.grammar.formats import FORMATS

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "structured-output.md").read_text()


def test_every_keyword_and_format_is_on_the_page() -> None:
    known = keywords.KNOWN | keywords.ROOT_ONLY | set(FORMATS)
    assert [name for name in sorted(known) if f"`{name}`" not in PAGE] == []


def test_the_caps_on_the_page_are_those_of_the_code() -> None:
    assert limits.SCHEMA_BYTES == limits.GRAMMAR_BYTES == 64 * 1024
    caps = (limits.SCHEMA_DEPTH, limits.NODES, limits.PROPERTIES, limits.VALUES, limits.LENGTH, limits.STATES)
    assert [cap for cap in (*caps, limits.UNROLLED) if f"{cap:,}".replace(",", " ") not in PAGE] == []
