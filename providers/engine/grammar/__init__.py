"""A JSON schema becomes a grammar that llama.cpp samples by: what ends by itself keeps the schema, or it is refused."""

from providers.engine.grammar.limits import SchemaError
from providers.engine.grammar.rules import Rules, gbnf

__all__ = ["Rules", "SchemaError", "gbnf"]
