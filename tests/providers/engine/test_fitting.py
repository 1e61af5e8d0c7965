"""What fits, what shrinks, what is refused and how it says so."""

from typing import Any

import pytest
from msgspec import structs

from providers.engine.fitting import LEAST_CONTEXT, DoesNotFit, Wish, context_size, needed, per_token
from providers.engine.header import Header
from providers.engine.machine import available_memory

MIB = 1 << 20
SEVEN_B = Header(
    {
        "general.architecture": "llama",
        "llama.block_count": 32,
        "llama.embedding_length": 4096,
        "llama.feed_forward_length": 14336,
        "llama.attention.head_count": 32,
        "llama.attention.head_count_kv": 8,
        "llama.context_length": 131_072,
        "llama.vocab_size": 128_256,
    },
    291,
    4_000 * MIB,
)
WISH = Wish(context=None, slots=4, batch=256)


def size(free: int | None, **wish: Any) -> int:
    return context_size(SEVEN_B, structs.replace(WISH, **wish), free, SEVEN_B.size)


def test_a_token_of_a_7b_costs_128_kib_and_less_when_quantised() -> None:
    assert per_token(SEVEN_B) == 128 * 1024
    assert per_token(SEVEN_B, "q8_0") == 128 * 1024 * 34 // 64
    assert per_token(SEVEN_B, "q4_0") == 128 * 1024 * 18 // 64


def test_the_context_is_within_what_the_model_was_trained_for() -> None:
    assert size(None) == 4096
    assert size(None, context=100) == 100
    assert size(None, context=200_000_000) == 131_072
    assert size(None, context=200_000_000, slots=256) * 256 <= 33_554_432


def test_without_a_wish_it_shrinks_to_the_memory_and_with_one_it_does_not() -> None:
    fits = needed(SEVEN_B, WISH, 1024, SEVEN_B.size)
    assert size(fits) == 1024
    assert size(fits - 1) == LEAST_CONTEXT
    with pytest.raises(DoesNotFit):
        size(fits, context=2048)
    assert size(fits, context=1024) == 1024


def test_the_refusal_says_needed_free_and_what_to_change() -> None:
    with pytest.raises(DoesNotFit) as refused:
        size(2000 * MIB, context=8192)
    told = str(refused.value)
    assert "4000 for its weights" in told and "4096 for 4 conversations of 8192 tokens" in told
    assert "2000 MiB are free" in told
    for advice in ("context below 8192", "fewer slots than 4", "`kv_type: q8_0`", "smaller quantisation"):
        assert advice in told


def test_layers_on_the_gpu_are_not_in_this_memory() -> None:
    whole = needed(SEVEN_B, WISH, 4096, SEVEN_B.size)
    half = needed(SEVEN_B, structs.replace(WISH, gpu_layers=16), 4096, SEVEN_B.size)
    none = needed(SEVEN_B, structs.replace(WISH, gpu_layers=10_000), 4096, SEVEN_B.size)
    assert none < 500 * MIB < half < whole * 0.6


def test_without_flash_attention_scores_take_room_and_locking_takes_it_twice() -> None:
    plain = needed(SEVEN_B, WISH, 4096, SEVEN_B.size)
    assert needed(SEVEN_B, structs.replace(WISH, flash=False), 4096, SEVEN_B.size) - plain == 4 * 32 * 4096 * 4 * 256
    assert needed(SEVEN_B, structs.replace(WISH, locked=True), 4096, SEVEN_B.size) - plain == SEVEN_B.size


def test_numbers_that_lie_do_no_harm() -> None:
    empty = Header({"general.architecture": "x"}, 0, 100)
    assert context_size(empty, WISH, available_memory(), 100) == 4096
    zero = Header({"general.architecture": "x", "x.attention.head_count": 0, "x.embedding_length": 64}, 0, 100)
    assert per_token(zero) == 0
