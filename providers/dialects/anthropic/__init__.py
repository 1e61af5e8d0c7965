"""Anthropic's Messages wire format."""

from providers.dialects.anthropic.dialect import Anthropic

__all__ = ["Anthropic"]
