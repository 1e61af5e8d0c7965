"""What can be configured of every local model's process: when it runs, what it may take, when it counts as hung."""

from typing import Annotated, Literal

from msgspec import Meta, Struct


class Process(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`load`: start it with Halfpenny, or with the first request. After `idle_unload` seconds without work it ends, and
    its memory is free, until the next request (0: never). After `crashes` crashes in five minutes it is left alone for
    a while (0: never). `memory_limit` is in GiB (None: what the machine and its cgroup have free). A process that
    does not go on for `stall` seconds is ended as hung.

    `gpu_layers`: how many layers the GPU computes ("auto": all, where the build has a GPU backend); `mmap`: map the
    file instead of reading it; `mlock`: keep it in memory. `threads` for one token a conversation, `threads_batch` for
    prompts (None: by the machine). `quantisation` chooses among the files where `model` is a folder or a pattern.
    """

    load: Literal["startup", "first_use"] = "startup"
    idle_unload: Annotated[float, Meta(ge=0)] = 0.0
    crashes: Annotated[int, Meta(ge=0)] = 3
    memory_limit: Annotated[float, Meta(gt=0)] | None = None
    stall: Annotated[float, Meta(gt=0)] = 30.0
    gpu_layers: Annotated[int, Meta(ge=0)] | Literal["auto"] = "auto"
    mmap: bool = True
    mlock: bool = False
    threads: Annotated[int, Meta(ge=1)] | None = None
    threads_batch: Annotated[int, Meta(ge=1)] | None = None
    quantisation: str | None = None
