"""What single upstreams that speak OpenAI's format do not know of it; which ones, is data in config.yaml."""

from collections.abc import Collection, Mapping

import msgspec
from msgspec import Raw

from providers.dialects.parameters import asks, unsupported

DEVELOPER = b'"developer"'
SYSTEM = Raw(b'"system"')
_messages = msgspec.json.Decoder(list[dict[str, Raw]])


def adapted(
    body: Mapping[str, Raw], drop: Collection[str], refuse: Collection[str], rename: Mapping[str, str]
) -> dict[str, Raw]:
    """A copy of the body without what the upstream does not know. Raises CallerError for what must not be ignored."""
    for name in refuse:
        if name in body and name not in drop and asks(name, body[name]):
            raise unsupported(name)
    unknown = {*drop, *refuse}
    return {rename.get(name, name): raw for name, raw in body.items() if name not in unknown}


def without_developers(messages: Raw) -> Raw:
    """The messages, those of the role `developer` as `system`."""
    read = _messages.decode(messages)
    for message in read:
        if bytes(message["role"]) == DEVELOPER:
            message["role"] = SYSTEM
    return Raw(msgspec.json.encode(read))
