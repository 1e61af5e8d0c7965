"""What the actions of `halfpenny router` share: how they refuse, and how a missing extra is told."""

from collections.abc import Iterator
from contextlib import contextmanager


class Refused(Exception):
    """Why it was not done; the message is one sentence for the user."""


@contextmanager
def extra(name: str) -> Iterator[None]:
    """Turns the ImportError of a package that an extra brings into advice. Raises Refused."""
    try:
        yield
    except ImportError as error:
        raise Refused(f"{error.name or error} is missing: run `pip install 'halfpenny[{name}]'`") from None
