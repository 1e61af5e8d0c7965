"""Gemini's log probabilities in OpenAI's shape. Source: https://ai.google.dev/api/generate-content#LogprobsResult."""

import msgspec
from msgspec import Raw, Struct


class _Chance(Struct, gc=False, rename="camel"):
    token: str = ""
    log_probability: float = 0.0


class _Top(Struct, gc=False):
    candidates: list[_Chance] | None = None


class Chances(Struct, gc=False, rename="camel"):
    """What was chosen at each step, and the likeliest there."""

    chosen_candidates: list[_Chance] | None = None
    top_candidates: list[_Top] | None = None


def told(chances: Chances) -> Raw:
    """OpenAI's `logprobs` object."""
    steps = chances.chosen_candidates or []
    tops = [top.candidates or [] for top in chances.top_candidates or []]
    tops += [[]] * (len(steps) - len(tops))
    content = [
        {**_entry(chosen), "top_logprobs": [_entry(other) for other in top]}
        for chosen, top in zip(steps, tops, strict=False)
    ]
    return Raw(msgspec.json.encode({"content": content, "refusal": None}))


def _entry(chance: _Chance) -> dict[str, object]:
    return {"token": chance.token, "logprob": chance.log_probability, "bytes": list(chance.token.encode())}
