"""The Messages surface: Anthropic's API shape, in front of every provider."""

from proxy.surfaces.messages.surface import Messages

__all__ = ["Messages"]
