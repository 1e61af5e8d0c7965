"""The Responses surface: OpenAI's newer API shape, in front of every provider."""

from proxy.surfaces.responses.surface import Responses

__all__ = ["Responses"]
