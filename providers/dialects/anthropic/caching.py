"""`cache_control`: where a prefix worth caching ends.

Only the five-minute kind is asked for: a token written for an hour costs more, and our price list counts one kind.
"""

import msgspec
from msgspec import Raw, Struct

from providers.dialects.parameters import read, unsupported

NULL = b"null"
FIVE_MINUTES = "5m"


class _Control(Struct):
    type: str
    ttl: str = FIVE_MINUTES


_control = msgspec.json.Decoder(_Control)


def checked(raw: Raw, param: str) -> Raw:
    """The mark as it came. Raises CallerError naming `param` for one that lasts longer or is no mark."""
    mark = read({param: raw}, param, _control)
    if mark is None or mark.ttl != FIVE_MINUTES:
        raise unsupported(param, f"cache_control takes the ttl {FIVE_MINUTES} only")
    return raw


def marked(block: dict[str, object], control: Raw, param: str) -> dict[str, object]:
    """The block with its mark, if it has one."""
    if bytes(control) not in (b"", NULL):
        block["cache_control"] = checked(control, param)
    return block
