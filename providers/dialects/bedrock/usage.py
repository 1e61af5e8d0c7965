"""Token counts as Converse tells them: believed wholly or not at all. What the cache gave and took stands beside
`inputTokens`; ours is the whole prompt. Source: the service model `bedrock-runtime`, TokenUsage."""

from typing import Any

import msgspec
from msgspec import Struct

from providers.dialects.openai.usage import Tokens
from providers.words import Usage


class _Told(Struct, rename="camel"):
    input_tokens: Tokens
    output_tokens: Tokens
    cache_read_input_tokens: Tokens = 0
    cache_write_input_tokens: Tokens = 0


def read(told: Any) -> Usage | None:
    """Usage from a decoded `usage`; None when there is none or it cannot be true."""
    try:
        counts = msgspec.convert(told, _Told)
    except msgspec.ValidationError:
        return None
    cached, written = counts.cache_read_input_tokens, counts.cache_write_input_tokens
    return Usage(counts.input_tokens + cached + written, counts.output_tokens, cached, cache_write=written)
