"""Token counts as OpenAI-shaped providers tell them: believed wholly or not at all.

A count that is negative, a float, a string or beyond reason makes the whole object no usage; whoever bills then
estimates. An explicit 0 stays 0.
"""

from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from providers.words import Usage

Tokens = Annotated[int, Meta(ge=0, le=10**9)]


class _InputDetails(Struct):
    cached_tokens: Tokens | None = None


class _OutputDetails(Struct):
    reasoning_tokens: Tokens | None = None


class _Told(Struct):
    """OpenAI's usage object; `prompt_cache_hit_tokens` is DeepSeek's name for the cached part."""

    prompt_tokens: Tokens
    completion_tokens: Tokens | None = None
    total_tokens: Tokens | None = None
    prompt_tokens_details: _InputDetails | None = None
    completion_tokens_details: _OutputDetails | None = None
    prompt_cache_hit_tokens: Tokens | None = None


def read(told: Any) -> Usage | None:
    """Usage from a decoded `usage` value; None when there is none or it cannot be true."""
    if not told:
        return None
    try:
        counts = msgspec.convert(told, _Told)
    except msgspec.ValidationError:
        return None
    reasoning = (counts.completion_tokens_details and counts.completion_tokens_details.reasoning_tokens) or 0
    cached = (counts.prompt_tokens_details and counts.prompt_tokens_details.cached_tokens) or 0
    cached = cached or counts.prompt_cache_hit_tokens or 0
    output = _output(counts, reasoning)
    if output is None or cached > counts.prompt_tokens or reasoning > output:
        return None
    return Usage(counts.prompt_tokens, output, cached, reasoning)


def _output(counts: _Told, reasoning: int) -> int | None:
    """Output tokens, reasoning included: xAI leaves it out of `completion_tokens`, its total tells."""
    if counts.completion_tokens is None:  # embeddings have none, and their total is the prompt
        return 0 if counts.total_tokens == counts.prompt_tokens else None
    if reasoning and counts.total_tokens == counts.prompt_tokens + counts.completion_tokens + reasoning:
        return counts.completion_tokens + reasoning
    return counts.completion_tokens
