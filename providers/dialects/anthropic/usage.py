"""Token counts as Anthropic tells them: believed wholly or not at all.

Their `input_tokens` leaves out what the cache gave and took; ours is the whole prompt. Counts in a stream are
cumulative: what `message_delta` does not repeat stands as `message_start` told it.
Source: https://platform.claude.com/docs/en/build-with-claude/prompt-caching#tracking-cache-performance.
"""

from typing import Any

import msgspec
from msgspec import Struct

from providers.dialects.openai.usage import Tokens
from providers.words import Usage


class _OutputDetails(Struct):
    thinking_tokens: Tokens | None = None


class _Told(Struct):
    output_tokens: Tokens
    input_tokens: Tokens | None = None
    cache_read_input_tokens: Tokens | None = None
    cache_creation_input_tokens: Tokens | None = None
    output_tokens_details: _OutputDetails | None = None


def read(told: Any, before: Usage | None = None) -> Usage | None:
    """Usage from a decoded `usage` value after what was told `before`; None when it cannot be true."""
    try:
        counts = msgspec.convert(told, _Told)
    except msgspec.ValidationError:
        return None
    known = before or Usage(0, 0)
    fresh = counts.input_tokens
    if fresh is None:
        fresh = known.input - known.cached - known.cache_write
    cached = known.cached if counts.cache_read_input_tokens is None else counts.cache_read_input_tokens
    written = known.cache_write if counts.cache_creation_input_tokens is None else counts.cache_creation_input_tokens
    reasoning = (counts.output_tokens_details and counts.output_tokens_details.thinking_tokens) or 0
    if reasoning > counts.output_tokens or (counts.input_tokens is None and before is None):
        return None
    return Usage(fresh + cached + written, counts.output_tokens, cached, reasoning, cache_write=written)
