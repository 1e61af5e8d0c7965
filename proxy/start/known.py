"""What is known beforehand: providers by their credential's variable, local servers, models of the hub."""

from importlib.resources import files

import msgspec
from msgspec import Struct
from ruamel.yaml import YAML


class Upstream(Struct, frozen=True):
    """A provider's lines for config.yaml, unindented."""

    name: str
    entry: str
    models: str


class Suggestion(Struct, frozen=True):
    """A model of the hub, `hf:…`, and the bytes of its file."""

    name: str
    size: int


class Known(Struct, frozen=True):
    """The whole table."""

    providers: dict[str, Upstream]
    servers: dict[str, str]
    models: tuple[Suggestion, ...]


def known() -> Known:
    """The table that ships."""
    text = files("proxy.start").joinpath("known.yaml").read_text("utf-8")
    return msgspec.convert(YAML(typ="safe", pure=True).load(text), Known)
