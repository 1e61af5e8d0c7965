"""What an embeddings call asks of a local encoder: texts or token ids, and how many dimensions.

Light on purpose: the HTTP worker imports it.
"""

import msgspec
from msgspec import Raw, Struct

from providers.errors import CallerError
from providers.words import Call

_INPUT = msgspec.json.Decoder(str | list[str | int | list[int]])
_DIMENSIONS = msgspec.json.Decoder(int | None)


class Inputs(Struct, frozen=True):
    """Either `texts` or `tokens` (ids of each text), in the client's order; `dimensions` None: the model's own."""

    texts: tuple[str, ...] = ()
    tokens: tuple[tuple[int, ...], ...] = ()
    dimensions: int | None = None

    def __len__(self) -> int:
        return len(self.texts) + len(self.tokens)

    def only(self, places: list[int]) -> "Inputs":
        """The same with some of the inputs."""
        if self.texts:
            return Inputs(tuple(self.texts[place] for place in places), (), self.dimensions)
        return Inputs((), tuple(self.tokens[place] for place in places), self.dimensions)


def inputs(call: Call) -> Inputs:
    """The call's inputs. Raises CallerError naming `input`."""
    dimensions = _DIMENSIONS.decode(call.body.get("dimensions", Raw(b"null")))
    try:
        given = _INPUT.decode(call.body.get("input", Raw(b"[]")))
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise _unreadable() from None
    if isinstance(given, str):
        return Inputs((given,), (), dimensions)
    texts = tuple(each for each in given if isinstance(each, str))
    lists = tuple(tuple(each) for each in given if isinstance(each, list))
    ids = tuple(each for each in given if isinstance(each, int))
    if not given or len(given) not in (len(texts), len(lists), len(ids)):
        raise _unreadable()
    return Inputs(texts, (ids,) if ids else lists, dimensions)


def _unreadable() -> CallerError:
    message = "'input' is a text, texts, a text's tokens, or texts as tokens."
    return CallerError(message, param="input", code="invalid_value")
