"""Token counts as Gemini tells them: believed wholly or not at all.

Thoughts stand beside the candidates' tokens and are billed as output; what Google's own tools brought stands beside the
prompt. Every chunk of a stream tells the counts so far.
Source: https://ai.google.dev/api/generate-content#UsageMetadata.
"""

from typing import Any

import msgspec
from msgspec import Struct

from providers.dialects.openai.usage import Tokens
from providers.words import Usage


class _Told(Struct, rename="camel"):
    prompt_token_count: Tokens = 0
    candidates_token_count: Tokens = 0
    thoughts_token_count: Tokens = 0
    tool_use_prompt_token_count: Tokens = 0
    cached_content_token_count: Tokens = 0
    total_token_count: Tokens | None = None


def read(told: Any) -> Usage | None:
    """Usage from a decoded `usageMetadata`; None when there is none or it cannot be true."""
    if not told:
        return None
    try:
        counts = msgspec.convert(told, _Told)
    except msgspec.ValidationError:
        return None
    prompt = counts.prompt_token_count + counts.tool_use_prompt_token_count
    output = counts.candidates_token_count + counts.thoughts_token_count
    if counts.cached_content_token_count > prompt or (counts.total_token_count or 0) > prompt + output:
        return None
    return Usage(prompt, output, counts.cached_content_token_count, counts.thoughts_token_count)
