"""Whether the URL of a server that several machines share can be read at all, without ever saying what stands in it.

Clients' own errors quote what they stumble over: of a password with `#` or `/` that is its beginning.
"""

import re
from collections.abc import Sequence

REDIS = ("redis", "rediss", "unix")
POSTGRES = ("postgresql", "postgres")
_HOST = re.compile(r"(?:\[[0-9A-Fa-f:.%]+\]|[^:\[\]@]*)(?::\d{1,5})?")


def doubt(name: str, url: str, schemes: Sequence[str]) -> str:
    """What is wrong with the URL called so; empty when nothing is. Several hosts may stand there, with commas."""
    scheme, colon, rest = url.partition("://")
    if not colon or scheme not in schemes:
        return f"`{name}` is a URL that begins with {' or '.join(f'{scheme}://' for scheme in schemes)}"
    if scheme == "unix":
        return ""
    place, tail = re.split(r"(?=[/?#])", f"{rest}/", maxsplit=1)
    torn = "@" in tail and "@" not in place
    if torn or not all(_HOST.fullmatch(host) for host in place.rpartition("@")[2].split(",")):
        hint = "in a password write `#` as %23, `/` as %2F, `?` as %3F, `@` as %40, `:` as %3A"
        return f"the host and port of `{name}` cannot be read; {hint}"
    return ""
