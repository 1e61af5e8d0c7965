"""Where a model is computed: GPU layers, flash attention, the cache's type, as llama.cpp's parameters.

Only numbers of llama.h stand here; the library itself is behind the facade.
"""

from typing import Any

from providers.engine.client import Engine
from providers.engine.process import Process

ALL_LAYERS = 10_000
FLASH = {"auto": -1, "off": 0, "on": 1}
"""`enum llama_flash_attn_type`"""
TYPES = {"f16": 1, "q8_0": 8, "q4_0": 2}
"""`enum ggml_type`"""
READ, MAPPED, LOCKED = 0, 1, 2
"""`enum llama_load_mode`: MAPPED + LOCKED is both."""


class CannotPlace(Exception):
    """The configuration asks for what this build or machine has not; the message names the fix."""


def gpu_layers(settings: Process, has_gpu: bool) -> int:
    """How many layers go to the GPU. Raises CannotPlace when there is none to take the layers asked for."""
    if settings.gpu_layers == "auto":
        return ALL_LAYERS if has_gpu else 0
    if settings.gpu_layers and not has_gpu:
        raise CannotPlace(
            f"`gpu_layers: {settings.gpu_layers}` needs llama.cpp with a GPU backend, and this one is built for the "
            "CPU alone. Build it with `ACCEL=cuda make run` (or metal, vulkan, rocm), or set `gpu_layers: auto`"
        )
    return settings.gpu_layers


def model_parameters(params: Any, settings: Process, layers: int) -> None:
    """Into `llama_model_params`."""
    params.n_gpu_layers = layers
    params.load_mode = (MAPPED if settings.mmap else READ) + (LOCKED if settings.mlock else READ)


def context_parameters(params: Any, settings: Engine) -> None:
    """Into `llama_context_params`. A cache that is not f16 needs flash attention: `check` refuses the combination."""
    quantised = settings.kv_type != "f16"
    params.flash_attn_type = FLASH["on" if quantised else settings.flash_attention]
    params.type_k = params.type_v = TYPES[settings.kv_type]
    if settings.threads_batch is not None:
        params.n_threads_batch = settings.threads_batch


def check(settings: Engine) -> None:
    """Refuse a combination that llama.cpp has not. Raises CannotPlace."""
    if settings.kv_type != "f16" and settings.flash_attention == "off":
        raise CannotPlace(f"`kv_type: {settings.kv_type}` needs flash attention: set `flash_attention: auto`")
