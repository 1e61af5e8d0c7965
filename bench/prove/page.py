"""docs/proof.md: what was measured last, between marks."""

from collections.abc import Sequence
from pathlib import Path

from bench.conditions import conditions

PAGE = Path(__file__).resolve().parents[2] / "docs" / "proof.md"


def write(section: str, how: str, lines: Sequence[str]) -> None:
    """Put these lines, and how they came about, into the section in place of the last ones."""
    begin, end = f"<!-- {section} -->\n", f"<!-- end of {section} -->\n"
    text = PAGE.read_text()
    before, after = text.split(begin)[0], text.split(end)[1]
    body = "\n".join(["  \n".join(conditions(how)), "", *lines, ""])
    PAGE.write_text(f"{before}{begin}{body}{end}{after}")
