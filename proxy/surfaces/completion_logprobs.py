"""Log probabilities in the shape that completions have: parallel lists instead of an entry for each token."""

import msgspec
from msgspec import Raw, Struct


class _Top(Struct):
    token: str = ""
    logprob: float = 0.0


class _Entry(_Top):
    top_logprobs: list[_Top] = []


class _Told(Struct):
    content: list[_Entry] | None = None


_told = msgspec.json.Decoder(_Told)


def legacy(chat: Raw, offset: int) -> tuple[dict[str, object], int]:
    """Chat's `logprobs` object in the older shape, and where the next text begins; this one began at `offset`."""
    entries = _told.decode(chat).content or []
    offsets = []
    for entry in entries:
        offsets.append(offset)
        offset += len(entry.token)
    tops = [{top.token: top.logprob for top in entry.top_logprobs} for entry in entries]
    shape: dict[str, object] = {
        "tokens": [entry.token for entry in entries],
        "token_logprobs": [entry.logprob for entry in entries],
        "top_logprobs": tops if any(tops) else None,
        "text_offset": offsets,
    }
    return shape, offset
