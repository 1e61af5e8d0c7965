"""Gemini's own wire format, `generateContent`."""

from providers.dialects.gemini.dialect import Gemini

__all__ = ["Gemini"]
