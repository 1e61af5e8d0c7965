"""What was found, as a commented config.yaml."""

from collections.abc import Iterator
from textwrap import indent

from proxy.start.discovery import Found, Server
from proxy.start.known import Known, Suggestion

SPARE = 0.6
"""The share of the free memory that a proposed model may take."""
GROWN, BESIDE = 1.3, 1 << 29
"""A model in memory: its file with repacked weights, and bytes for its context."""
MOST_MODELS = 6

HEAD = """\
# Halfpenny's configuration, as `halfpenny init` found this machine. `halfpenny check` says what it will serve.
# ${NAME} is taken from the environment or from a file `.env` beside this one; ${NAME:-} may be empty.

server:
  host: 127.0.0.1            # 0.0.0.0 lets other machines in
  port: 8000

providers:                   # who answers
"""
TAIL = """
routing:                     # how `auto` chooses
  worth: $0.02               # what one more good answer is worth to you: 0.1 of expected quality is worth a tenth of it
  min_quality: 0.6           # below it no stand-in answers when money or a provider is gone

budgets:                     # never exceeded: money is held before a request is sent
  - {name: month, window: month, timezone: UTC, limit: $200, alert_at: 70%, stop_at: 95%}
  - {name: development, key: development, window: day, limit: $2}   # what `serve --development` prints
"""


def fitting(known: Known, memory: int | None) -> Suggestion | None:
    """The largest known model that fits into so much free memory (bytes); None when none does, or nobody knows."""
    fits = [each for each in known.models if memory and each.size * GROWN + BESIDE <= memory * SPARE]
    return max(fits, key=lambda each: each.size, default=None)


def config(found: Found, known: Known) -> str:
    """The text of config.yaml."""
    upstreams = [known.providers[name] for name in found.credentials]
    others = [each for name, each in known.providers.items() if name not in found.credentials]
    entries = [_local(found, known), *(each.entry for each in upstreams), *map(_server, found.servers)]
    entries += ["# No credential was found for these; put one into `.env` and remove the #:\n"] if others else []
    entries += [indent(each.entry, "# ") for each in others]
    models = ["demo: {provider: local}\n", "all-minilm-l6-v2: {provider: encoder}    # embeddings\n"]
    models += [each.models for each in upstreams]
    taken: set[str] = set()
    models += [line for server in found.servers for line in _served(server, taken)]
    models += [indent(each.models, "# ") for each in others]
    head = HEAD + "".join(indent(entry, "  ") for entry in entries)
    return head + "\nmodels:                      # what clients can ask for\n" + indent("".join(models), "  ") + TAIL


def summary(found: Found, known: Known) -> Iterator[str]:
    """What was found, a line each."""
    memory = "unknown" if found.memory is None else f"{found.memory / 2**30:.1f} GiB free"
    gpu = found.accelerator
    yield f"memory: {memory}"
    yield f"GPU: {gpu.name}; `ACCEL={gpu.kind} make run` builds the engine for it" if gpu else "GPU: none found"
    yield f"credentials: {', '.join(found.credentials) or 'none (' + ', '.join(known.providers) + ' were looked for)'}"
    for server in found.servers:
        yield f"{server.name}: at {server.url}, {len(server.models)} models"
    for file in found.files:
        yield f"model file: {file}"
    best = fitting(known, _room(found))
    if best is not None:
        yield f"a model that fits here: `halfpenny models pull {best.name}` ({best.size / 1e9:.1f} GB)"


def _room(found: Found) -> int | None:
    return found.accelerator.memory if found.accelerator and found.accelerator.memory else found.memory


def _local(found: Found, known: Known) -> str:
    lines = ["local:                     # llama.cpp on this machine", "  dialect: engine"]
    lines += ["  model: demo              # a tiny demonstration model, until you name another:"]
    lines += [f"  # model: {file}" for file in found.files]
    best = fitting(known, _room(found))
    if best is not None:
        lines += [f"  # model: {best.name}", f"  #   {best.size / 1e9:.1f} GB; first `halfpenny models pull` it"]
    if found.accelerator is not None:
        lines += [f"  # gpu_layers: auto       # after `ACCEL={found.accelerator.kind} make run`"]
    lines += ["encoder:                   # embeddings on this machine", "  dialect: encoder", "  model: minilm"]
    return "\n".join(lines) + "\n"


def _server(server: Server) -> str:
    return f'{server.name}: {{dialect: openai, base_url: "{server.url}/v1", max_output_field: max_tokens}}\n'


def _served(server: Server, taken: set[str]) -> Iterator[str]:
    """A line for each of its chat models, under its own name unless another server has that."""
    chat = [model for model in server.models if "embed" not in model.lower()]
    for model in chat[:MOST_MODELS]:
        name = f"{server.name}/{model}" if model in taken else model
        taken.add(name)
        yield f'"{name}": {{provider: {server.name}, upstream: "{model}", price: free}}\n'
    if len(chat) > MOST_MODELS:
        yield f"# and {len(chat) - MOST_MODELS} more: see {server.url}/v1/models\n"
