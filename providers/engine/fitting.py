"""Whether a model fits in the memory there is, from its header alone, and how long its conversations or texts may be.

What counts is memory that cannot be given back: weights (once: where llama.cpp repacks them for the CPU, the mapped
file beside the copy is page cache, unless it is locked), keys and values, compute buffers, Python. Measured against
the estimate in docs/local-engine.md and docs/embeddings.md.
"""

from msgspec import Struct

from providers.engine.header import Header

CONTEXT, LEAST_CONTEXT = 4096, 512
"""Tokens per conversation when nothing is configured: the most taken, and the least worth serving."""
BASE = 64 * 1024 * 1024
"""Bytes of Python and the libraries."""
MOST_TOKENS = 1 << 30
"""Cells of the largest cache that llama.cpp can be asked for."""
CELL = {"f16": (1, 2), "q8_0": (32, 34), "q4_0": (32, 18)}
"""(numbers, bytes) of a block of the cache."""


TEXT, LEAST_TEXT = 2048, 512
"""The same for the longest text of an encoder."""


class DoesNotFit(Exception):
    """There is too little memory now; the message says what is needed, what is free, and what to change."""


class Wish(Struct, frozen=True, kw_only=True):
    """What is to be served: `context` tokens (None: as many as fit) in each of `slots` conversations, `batch` tokens a
    step; `gpu_layers` of the model are not in this memory; `flash`: without a table of attention scores."""

    context: int | None
    slots: int
    batch: int
    kv_type: str = "f16"
    gpu_layers: int = 0
    flash: bool = True
    locked: bool = False


class TextWish(Struct, frozen=True, kw_only=True):
    """What an encoder is to serve: texts of `context` tokens (None: as many as fit), at most `texts` in a batch."""

    context: int | None
    texts: int
    gpu_layers: int = 0
    locked: bool = False


def context_size(header: Header, wish: Wish, free: int | None, weights: int) -> int:
    """Tokens per conversation: within what the model was trained for, and within `free` bytes (None: not known).

    `weights` is bytes of all its files. A wish that does not fit is refused; without a wish the context shrinks until
    it fits. Raises DoesNotFit.
    """
    trained = header.number("context_length") or CONTEXT
    tokens = min(wish.context or CONTEXT, trained, MOST_TOKENS // wish.slots)
    while free is not None and needed(header, wish, tokens, weights) > free:
        if wish.context is not None or tokens <= LEAST_CONTEXT:
            raise DoesNotFit(_refusal(header, wish, tokens, weights, free))
        tokens //= 2
    return tokens


def needed(header: Header, wish: Wish, tokens: int, weights: int) -> int:
    """Bytes for conversations of so many tokens, at most."""
    layers = header.number("block_count")
    kept = max(0, layers + 1 - wish.gpu_layers) / (layers + 1)
    copies = 2 if wish.locked else 1
    cells = per_token(header, wish.kv_type) * tokens * wish.slots
    return BASE + int((weights * copies + cells) * kept) + compute(header, wish, tokens)


def text_size(header: Header, wish: TextWish, free: int | None, weights: int) -> int:
    """Tokens of an encoder's longest text, which is also what a batch holds; as `context_size`. Raises DoesNotFit."""
    tokens = min(wish.context or TEXT, header.number("context_length") or TEXT)
    while free is not None and (need := text_needed(header, wish, tokens, weights)) > free:
        if wish.context is not None or tokens <= LEAST_TEXT:
            raise DoesNotFit(
                f"needs about {need >> 20} MiB ({weights >> 20} for its weights, the rest for batches of {tokens} "
                f"tokens of a vocabulary of {header.vocabulary}), and {free >> 20} MiB are free. Less is needed with a "
                f"context below {tokens}, or with a smaller model"
            )
        tokens //= 2
    return tokens


def text_needed(header: Header, wish: TextWish, tokens: int, weights: int) -> int:
    """Bytes for batches of so many tokens, at most.

    llama.cpp keeps a row of numbers for every token of a pooled batch, as long as the vocabulary, though nobody reads
    them: from the first large batch on they are most of it. A decoder computes them too.
    """
    layers = header.number("block_count")
    kept = max(0, layers + 1 - wish.gpu_layers) / (layers + 1)
    rows = -(-tokens // wish.texts) * wish.texts
    width, vocabulary = header.number("embedding_length"), header.vocabulary
    decodes = header.fields.get(f"{header.architecture}.attention.causal") is not False
    outputs = 4 * rows * (vocabulary + width)
    cells = (4 * vocabulary + per_token(header)) * rows if decodes else 0
    copies = 2 if wish.locked else 1
    return BASE + int(weights * copies * kept) + outputs + cells + text_compute(header, rows)


def text_compute(header: Header, rows: int) -> int:
    """Bytes of the buffers in which a batch of texts is computed, with flash attention."""
    width = header.number("embedding_length")
    inner = header.number("feed_forward_length") or 4 * width
    heads = header.number("attention.head_count") or 1
    attention = 3 * heads * header.number("attention.key_length", width // heads)
    forward = inner if header.architecture == "bert" else 3 * inner  # the others have a gate beside it
    row = 4 * (4 * width + max(forward, attention)) + 2 * inner
    return rows * (row + 2 * rows)


def per_token(header: Header, kv_type: str = "f16") -> int:
    """Bytes of keys and values of one token in all layers, at most."""
    heads = header.number("attention.head_count") or 1
    size = header.number("embedding_length") // heads
    key, value = (header.number(f"attention.{name}_length", size) for name in ("key", "value"))
    shared = header.number("attention.head_count_kv", heads)
    numbers, each = CELL[kv_type]
    return header.number("block_count") * shared * (key + value) * each // numbers


def compute(header: Header, wish: Wish, tokens: int) -> int:
    """Bytes of the buffers in which a step of `batch` tokens is computed."""
    width = header.number("embedding_length")
    inner = header.number("feed_forward_length") or 4 * width
    heads = header.number("attention.head_count")
    row = 4 * (8 * width + 3 * inner)
    if not wish.flash:
        row += 4 * heads * tokens * wish.slots
    logits = 4 * header.vocabulary * wish.slots
    mask = 4 * tokens * wish.slots * wish.batch
    return wish.batch * row + logits + mask


def _refusal(header: Header, wish: Wish, tokens: int, weights: int, free: int) -> str:
    need, cells = needed(header, wish, tokens, weights), per_token(header, wish.kv_type) * tokens * wish.slots
    advice = ["a smaller quantisation or model"]
    if wish.kv_type != "q4_0":
        advice.insert(0, f"`kv_type: {'q8_0' if wish.kv_type == 'f16' else 'q4_0'}`")
    if wish.slots > 1:
        advice.insert(0, f"fewer slots than {wish.slots}")
    if tokens > LEAST_CONTEXT:
        advice.insert(0, f"a context below {tokens}")
    return (
        f"needs about {need >> 20} MiB ({weights >> 20} for its weights, {cells >> 20} for {wish.slots} conversations "
        f"of {tokens} tokens), and {free >> 20} MiB are free. Less is needed with {', '.join(advice)}"
    )
