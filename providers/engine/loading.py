"""From settings to a loaded model: which file, whether it is one, whether it fits, where it is computed."""

from collections.abc import Callable
from pathlib import Path

from providers.engine.client import DEMO, Engine
from providers.engine.encoder_client import Encoder
from providers.engine.files import chosen, parts
from providers.engine.fitting import DoesNotFit, TextWish, Wish, context_size, text_size
from providers.engine.header import Header, HeaderError, read
from providers.engine.llama import Model, ModelError, has_gpu
from providers.engine.placing import CannotPlace, check, gpu_layers, model_parameters
from providers.engine.process import Process
from providers.tiny import MODEL_PATH

GIB = 1 << 30


def chat_model(settings: Engine, progress: Callable[[float], bool], memory: int | None) -> tuple[Model, int]:
    """The model, and the tokens of a conversation. `memory`: bytes that are free. Raises ModelError or DoesNotFit."""
    path = MODEL_PATH if settings.model == DEMO else file(settings)
    header, layers = checked(path), layers_on_gpu(settings)
    wished = wish(settings, layers)
    tokens = fitted(path, lambda weights: context_size(header, wished, room(settings, memory), weights))
    model = Model(path, progress, lambda params: model_parameters(params, settings, layers))
    require_chat(model)
    return model, tokens


def embedding_model(
    settings: Encoder, path: Path, texts: int, progress: Callable[[float], bool], memory: int | None
) -> tuple[Model, int]:
    """The model of an encoder that reads at most `texts` texts at once, and the tokens of the longest of them.

    `memory`: bytes that are free. Raises ModelError or DoesNotFit.
    """
    header, layers = checked(path), layers_on_gpu(settings)
    locked = settings.mlock and settings.mmap
    wished = TextWish(context=settings.context, texts=texts, gpu_layers=layers, locked=locked)
    tokens = fitted(path, lambda weights: text_size(header, wished, room(settings, memory), weights))
    model = Model(path, progress, lambda params: model_parameters(params, settings, layers))
    return model, min(tokens, model.train_context)


def file(settings: Engine) -> Path:
    """The file that is meant. Raises ModelError."""
    try:
        return chosen(settings.model, settings.quantisation)
    except HeaderError as error:
        raise ModelError(str(error)) from error


def checked(path: Path) -> Header:
    """The header of a file that llama.cpp may see. Raises ModelError."""
    try:
        return read(path)
    except HeaderError as error:
        raise ModelError(str(error)) from error


def layers_on_gpu(settings: Process) -> int:
    """Layers that the GPU gets. Raises ModelError for what cannot be had."""
    try:
        if isinstance(settings, Engine):
            check(settings)
        return gpu_layers(settings, has_gpu())
    except CannotPlace as error:
        raise ModelError(str(error)) from error


def wish(settings: Engine, layers: int) -> Wish:
    """What the settings ask of the memory."""
    return Wish(
        context=settings.context,
        slots=settings.slots,
        batch=settings.batch,
        kv_type=settings.kv_type,
        gpu_layers=layers,
        flash=settings.flash_attention != "off",
        locked=settings.mlock and settings.mmap,
    )


def fitted(path: Path, size: Callable[[int], int]) -> int:
    """Tokens by `size`, which is told the bytes of all files. Raises ModelError (a part is missing) or DoesNotFit."""
    try:
        return size(sum(part.stat().st_size for part in parts(path)))
    except HeaderError as error:
        raise ModelError(str(error)) from error
    except DoesNotFit as error:
        raise DoesNotFit(f"{path} {error}") from error


def room(settings: Process, memory: int | None) -> int | None:
    """Bytes that this model may take: what is free, within the configured limit."""
    limit = None if settings.memory_limit is None else int(settings.memory_limit * GIB)
    return min((value for value in (memory, limit) if value is not None), default=None)


def require_chat(model: Model) -> None:
    """Refuse what loads but cannot chat. Raises ModelError."""
    if not model.generates():
        model.close()
        kind = f"it is an encoder or embedding model ({model.architecture})"
        raise ModelError(f"{model.path} is not a chat model: {kind}; serve it with `dialect: encoder`")
