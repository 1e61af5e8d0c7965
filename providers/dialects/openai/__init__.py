"""OpenAI's chat and embeddings wire format, which most providers and local servers speak."""

from providers.dialects.openai.dialect import OpenAI

__all__ = ["OpenAI"]
