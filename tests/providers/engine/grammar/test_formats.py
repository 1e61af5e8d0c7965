import pytest

from providers.engine.grammar.formats import FORMATS
from providers.engine.grammar.limits import Refusal
from providers.engine.grammar.strings import of_format

EXAMPLES = {
    "date": ("2026-11-21 2024-02-29 2000-02-29", "2026-02-29 1900-02-29 2026-13-01 2026-04-31 26-01-01 0000-01-01"),
    "time": ("12:34:56Z 00:00:00.5+02:30", "24:00:00Z 12:60:00Z 12:34:56 12:34Z"),
    "date-time": ("2026-11-21T12:34:56Z", "2026-11-21 2026-11-21t12:34:56Z 2026-02-30T00:00:00Z"),
    "uuid": ("123e4567-e89b-12d3-a456-426614174000", "123e4567e89b12d3a456426614174000 x"),
    "email": ("ada@example.org a.b+c@x-y.co.uk", "ada @example.org ada@ a..b@example.org ada@example"),
    "hostname": ("localhost a-1.example.org", "-a a- a..b a_b"),
    "ipv4": ("127.0.0.1 255.255.255.0", "256.1.1.1 1.2.3 01.2.3.4 1.2.3.4.5"),
    "ipv6": (":: ::1 1:2:3:4:5:6:7:8 fe80::1 1::8 1:: 1:2::3:4", "1:2:3 1::2::3 1:2:3:4:5:6:7:8:9 12345:: :::"),
    "duration": ("P1D PT5M P1Y2M3DT4H5M6S P2W PT1H30M", "P PT 1D P1S P1YT P1W1D"),
    "uri": ("https://example.org http://a.b:80/c?d=e#f https://x/%20", "example.org https:// https://a/%2 ftp:x"),
}


@pytest.mark.parametrize("name", FORMATS)
def test_formats_are_what_they_should_be(name: str) -> None:
    good, bad = (texts.split() for texts in EXAMPLES[name])
    assert [text for text in good if not of_format(name).accepts(text)] == []
    assert [text for text in (*bad, "") if of_format(name).accepts(text)] == []


def test_a_format_that_nobody_enforces_is_refused() -> None:
    with pytest.raises(Refusal, match="'idn-email'"):
        of_format("idn-email")
