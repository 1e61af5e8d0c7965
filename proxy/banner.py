"""What `halfpenny serve` prints once it answers: where, what, how to ask, and three next steps."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from msgspec import Struct

from proxy import __version__
from proxy.config import describe
from proxy.config.schema import Config, off


class Facts(Struct, frozen=True, kw_only=True):
    """`url` without a trailing slash; `key` None: none is printed; `engines` says how each engine provider is."""

    url: str
    config_path: Path
    data: Path
    key: str | None
    engines: Mapping[str, str]


def text(config: Config, facts: Facts) -> str:
    """The banner, one string with line breaks."""
    return "\n".join([*_served(config, facts), "", *_ask(config, facts), "", *_next(config, facts), ""])


def _served(config: Config, facts: Facts) -> Iterator[str]:
    yield f"Halfpenny {__version__} listens at {facts.url}"
    yield ""
    yield f"  serves   {', '.join(describe.served(config)) or 'nothing yet'}"
    for name, state in facts.engines.items():
        yield f"  engine   {name}: {state}"
    for name, provider in config.providers.items():
        if reason := off(provider):
            yield f"  off      {name}: {reason}"
    yield f"  config   {facts.config_path}"
    yield f"  data     {facts.data}"


def _ask(config: Config, facts: Facts) -> Iterator[str]:
    if facts.key is None:
        yield "  keys     halfpenny keys create NAME"
        return
    model = next(iter(describe.served(config)), "auto")
    yield f"curl -N {facts.url}/v1/chat/completions -H 'Authorization: Bearer {facts.key}' \\"
    yield "     -H 'Content-Type: application/json' \\"
    question = "What is the capital of France?"
    yield f'     -d \'{{"model":"{model}","stream":true,"messages":[{{"role":"user","content":"{question}"}}]}}\''


def _next(config: Config, facts: Facts) -> Iterator[str]:
    file, env = facts.config_path, facts.config_path.parent / ".env"
    yield "Next (each after a restart)"
    yield f"  1. A provider's models: OPENAI_API_KEY=sk-… in {env}, then ask for {_bought(config)}."
    yield f"  2. Your own model at home: model: /path/to/any.gguf, under providers in {file}."
    yield f"  3. An Ollama or llama-server: its URL, http://127.0.0.1:11434/v1, as the comments in {file.name} show."


def _bought(config: Config) -> str:
    names = [name for name in config.models if name not in describe.local(config)]
    return f'"{names[0]}"' if names else "any model that you add under models"
