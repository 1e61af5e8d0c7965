"""What tokens stand for in an answer: for speeches that read control tokens, and for grammars."""

from collections.abc import Collection
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from providers.engine.llama import Model


class Spelling:
    """Of one model, with these texts of control tokens readable; all others stand for nothing."""

    def __init__(self, model: Model, control: Collection[str] = ()) -> None:
        self._model = model
        self._control = {token: text.encode() for token, text in model.special.items() if text in control}

    def piece(self, token: int) -> bytes:
        """The bytes of a generated token."""
        return self._control[token] if token in self._control else self._model.piece(token)

    @cached_property
    def silent(self) -> NDArray[np.int32]:
        """Control tokens that nobody reads and that do not end an answer: a grammar would take them by their names."""
        model = self._model
        found = [token for token in model.special if not model.ends(token) and not self.piece(token)]
        return np.array(found, np.int32)
