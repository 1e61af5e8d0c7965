"""The real servers of these tests."""

from tests.doubles.stores import servers, stores

__all__ = ["servers", "stores"]
