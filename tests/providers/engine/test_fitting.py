"""What fits, what shrinks, what is refused and how it says so."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from providers.engine.fitting import (
    BASE,
    LEAST_CONTEXT,
    LEAST_TEXT,
    DoesNotFit,
    TextWish,
    Wish,
    context_size,
    needed,
    per_token,
    text_needed,
    text_size,
)
from providers.engine.header import Header, read
from providers.engine.machine import available_memory
from tests.doubles import embedders
from tests.doubles.embedders import Sizes

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


TEXTS = TextWish(context=None, texts=64)
WORK = """
import sys
from providers.engine.encoder import LoadedEncoder
from providers.engine.encoder_client import Encoder

loaded = LoadedEncoder(Encoder(model=sys.argv[1], context=int(sys.argv[2]), threads=1), lambda _share: True, None)
loaded._pooled.vectors([[1] * int(sys.argv[2])])
(anonymous,) = [line.split()[1] for line in open("/proc/self/status") if line.startswith("RssAnon:")]
print(int(anonymous) * 1024)
"""
"""An encoder's process with one batch as large as they come: bytes that it takes and cannot give back."""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("context", [512, 1024])
@pytest.mark.parametrize("make", [embedders.bert, embedders.decoder])
def test_an_encoders_estimate_is_what_it_takes_and_a_fifth_more_at_most(
    tmp_path: Path, make: Callable[[Path, Sizes], Path], context: int
) -> None:
    path = make(tmp_path / "m.gguf", Sizes())
    words = [sys.executable, "-c", WORK, str(path), str(context)]
    took = int(subprocess.run(words, capture_output=True, text=True, check=True, timeout=60).stdout)
    estimate = text_needed(read(path), TEXTS, context, 0)
    assert took <= estimate <= 1.2 * took + BASE
    assert estimate > BASE + 4 * 20_000 * context


def encoder(tokens: int = 30_522, **fields: Any) -> Header:
    named = {"block_count": 12, "embedding_length": 768, "feed_forward_length": 3072, "attention.head_count": 12}
    named |= {"context_length": 8192, **fields}
    return Header(
        {"general.architecture": "nomic-bert", **{f"nomic-bert.{name}": value for name, value in named.items()}},
        100,
        250 * MIB,
        tokens,
    )


def test_an_encoders_longest_text_shrinks_to_the_memory_and_a_wish_does_not() -> None:
    header = encoder(**{"attention.causal": False})
    assert text_size(header, TEXTS, None, header.size) == 2048
    fits = text_needed(header, TEXTS, 1024, header.size)
    assert text_size(header, TEXTS, fits, header.size) == 1024
    assert text_size(header, TEXTS, fits - 1, header.size) == LEAST_TEXT
    with pytest.raises(
        DoesNotFit, match=f"batches of 8192 tokens of a vocabulary of 30522.* {fits >> 20} MiB are free"
    ):
        text_size(header, structs.replace(TEXTS, context=8192), fits, header.size)


def test_a_decoder_that_embeds_computes_a_row_of_its_vocabulary_for_each_token() -> None:
    reads, writes = encoder(**{"attention.causal": False}), encoder()
    more = text_needed(writes, TEXTS, 2048, 0) - text_needed(reads, TEXTS, 2048, 0)
    assert more == 2048 * (4 * 30_522 + per_token(writes))


def test_an_encoders_layers_on_the_gpu_and_locked_weights() -> None:
    header = encoder()
    plain = text_needed(header, TEXTS, 512, header.size)
    assert text_needed(header, structs.replace(TEXTS, gpu_layers=10_000), 512, header.size) == plain - header.size
    assert text_needed(header, structs.replace(TEXTS, locked=True), 512, header.size) == plain + header.size
