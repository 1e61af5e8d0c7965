"""config.yaml, `.env` and the environment into one Config, or every mistake in them at once."""

from collections.abc import Mapping
from pathlib import Path

from providers.endpoint import Secret
from proxy.config import checks
from proxy.config.convert import Converter
from proxy.config.environment import dotenv, expand, override
from proxy.config.report import ConfigError, Mistake
from proxy.config.schema import Config
from proxy.config.source import read
from routing import money, prices

HINTS = {
    "price": "write `price: {input: $2.50, output: $10}` per million tokens, or `price: free`",
    "headers": "a mapping: `headers: {x-name: value}`",
}


def environment(path: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """The environment with what `.env` beside the config file adds; the real environment wins."""
    beside = path.parent / ".env"
    added = dotenv(beside.read_text(errors="replace")) if beside.is_file() else {}
    return {**added, **environ}


def load(path: Path, environ: Mapping[str, str]) -> Config:
    """The configuration in this file. Raises ConfigError with all mistakes."""
    try:
        text = path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        hint = "name another file with --config PATH"
        raise ConfigError(str(path), [Mistake(path="", message=f"cannot be read: {why}", hint=hint)]) from None
    return parse(text, environment(path, environ), path.name)


def parse(text: str, environ: Mapping[str, str], source: str) -> Config:
    """The configuration in this text; `source` names it in errors. Raises ConfigError with all mistakes."""
    mistakes: list[Mistake] = []
    root = read(text, mistakes)
    override(root, environ, mistakes)
    expand(root, environ, mistakes)
    sections = Converter(_custom, HINTS, mistakes).fields(root, Config, "")
    mistakes.extend(checks.mistakes(sections, root, prices.shipped().prices))
    if mistakes:
        raise ConfigError(source, mistakes)
    return Config(**sections)


def _custom(kind: type, value: object) -> object:
    """Values of types that msgspec does not know. Raises ValueError with a message that never holds the value."""
    if kind is Secret:
        if value is None or isinstance(value, str):
            return Secret(value or "")
        raise ValueError('expected text: write it in quotes ("…")')
    return money.decode(kind, value)
