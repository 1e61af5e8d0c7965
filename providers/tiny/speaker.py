"""One conversation at a time through llama.cpp, greedily, with the engine's own template: how the model is judged."""

from pathlib import Path

from providers.engine.frames import Turn
from providers.engine.llama import Chain, Model
from providers.engine.template import ChatTemplate
from providers.tiny.corpus.family import Message

BATCH = 256


class Speaker:
    """A loaded GGUF that answers. `context` is the longest conversation in tokens, answer included."""

    def __init__(self, path: Path, context: int = 1024) -> None:
        self.model = Model(path, lambda _share: True)
        self._context = self.model.context(context, 1, BATCH, 1)
        self._template = ChatTemplate(self.model, None)
        self._chain = Chain()
        self._chain.greedy()
        self._room = context

    def close(self) -> None:
        """Free everything."""
        self._chain.close()
        self._context.close()
        self.model.close()

    def prompt(self, messages: list[Message]) -> list[int]:
        """The tokens after which the model is to answer."""
        return self._template.tokens([Turn(message["role"], message["content"]) for message in messages])

    def answer(self, messages: list[Message], most: int = 200) -> str:
        """The greedy answer, at most `most` tokens; a prompt that is too long gets an empty one."""
        prompt = self.prompt(messages)
        if len(prompt) + most > self._room:
            return ""
        self._context.forget(0)
        row = self._read(prompt)
        pieces: list[bytes] = []
        for position in range(len(prompt), len(prompt) + most):
            token = self._context.sample(self._chain, row)
            if self.model.ends(token):
                break
            pieces.append(self.model.piece(token))
            self._context.clear()
            row = self._context.add(token, position, 0, True)
            self._context.decode()
        return b"".join(pieces).decode("utf-8", "replace")

    def _read(self, prompt: list[int]) -> int:
        row = 0
        for start in range(0, len(prompt), BATCH):
            self._context.clear()
            for position, token in enumerate(prompt[start : start + BATCH], start):
                row = self._context.add(token, position, 0, position == len(prompt) - 1)
            self._context.decode()
        return row
