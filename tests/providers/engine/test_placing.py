"""From settings to llama.cpp's parameters."""

from types import SimpleNamespace

import pytest
from llama_cpp import llama_cpp as lib

from providers.engine.client import Engine
from providers.engine.placing import (
    ALL_LAYERS,
    FLASH,
    TYPES,
    CannotPlace,
    check,
    context_parameters,
    gpu_layers,
    model_parameters,
)


def test_auto_takes_the_gpu_where_the_build_has_one() -> None:
    assert gpu_layers(Engine(), True) == ALL_LAYERS
    assert gpu_layers(Engine(), False) == 0
    assert gpu_layers(Engine(gpu_layers=12), True) == 12
    assert gpu_layers(Engine(gpu_layers=0), False) == 0


def test_layers_without_a_gpu_name_the_fix() -> None:
    with pytest.raises(CannotPlace, match="ACCEL=cuda make run"):
        gpu_layers(Engine(gpu_layers=1), False)


@pytest.mark.parametrize(
    ("mmap", "mlock", "mode"),
    [
        (True, False, lib.LLAMA_LOAD_MODE_MMAP),
        (False, False, lib.LLAMA_LOAD_MODE_NONE),
        (False, True, lib.LLAMA_LOAD_MODE_MLOCK),
        (True, True, lib.LLAMA_LOAD_MODE_MMAP_MLOCK),
    ],
)
def test_how_the_file_is_read(mmap: bool, mlock: bool, mode: int) -> None:
    params = SimpleNamespace()
    model_parameters(params, Engine(mmap=mmap, mlock=mlock), 3)
    assert (params.load_mode, params.n_gpu_layers) == (mode, 3)


def test_a_quantised_cache_brings_flash_attention() -> None:
    params = SimpleNamespace()
    context_parameters(params, Engine(kv_type="q8_0", threads_batch=3))
    assert (params.type_k, params.type_v) == (lib.GGML_TYPE_Q8_0, lib.GGML_TYPE_Q8_0)
    assert (params.flash_attn_type, params.n_threads_batch) == (lib.LLAMA_FLASH_ATTN_TYPE_ENABLED, 3)
    with pytest.raises(CannotPlace, match="needs flash attention"):
        check(Engine(kv_type="q8_0", flash_attention="off"))


def test_the_numbers_are_llama_cpps() -> None:
    assert TYPES == {"f16": lib.GGML_TYPE_F16, "q8_0": lib.GGML_TYPE_Q8_0, "q4_0": lib.GGML_TYPE_Q4_0}
    assert FLASH["auto"] == lib.LLAMA_FLASH_ATTN_TYPE_AUTO
    assert FLASH["off"] == lib.LLAMA_FLASH_ATTN_TYPE_DISABLED
    assert FLASH["on"] == lib.LLAMA_FLASH_ATTN_TYPE_ENABLED
