"""One conversation at a time through llama.cpp, greedily, with the engine's own template: how the model is judged."""

from pathlib import Path

from providers.engine.context import Context
from providers.engine.frames import Turn
from providers.engine.llama import Model
from providers.engine.template import ChatTemplate
from providers.tiny.corpus.family import Message

BATCH = 256


class Speaker:
    """A loaded GGUF that answers. `context` is the longest conversation in tokens, answer included."""

    def __init__(self, path: Path, context: int = 1024) -> None:
        self.model = Model(path, lambda _share: True)
        self._context = Context(self.model, context, 1, BATCH, 1)
        self._template = ChatTemplate(self.model, None)
        self._room = context

    def close(self) -> None:
        """Free everything."""
        self._context.close()
        self.model.close()

    def prompt(self, messages: list[Message]) -> list[int]:
        """The tokens after which the model is to answer."""
        return self._template.prompt([Turn(message["role"], message["content"]) for message in messages]).tokens

    def answer(self, messages: list[Message], most: int = 200) -> str:
        """The greedy answer, at most `most` tokens; a prompt that is too long gets an empty one."""
        prompt = self.prompt(messages)
        if len(prompt) + most > self._room:
            return ""
        self._context.forget(0)
        self._read(prompt)
        pieces: list[bytes] = []
        for position in range(len(prompt), len(prompt) + most):
            token = self._context.likeliest()[0]
            if self.model.ends(token):
                break
            pieces.append(self.model.piece(token))
            self._context.clear()
            self._context.add((token,), position, 0, True)
            self._context.decode()
        return b"".join(pieces).decode("utf-8", "replace")

    def _read(self, prompt: list[int]) -> None:
        for start in range(0, len(prompt), BATCH):
            part = prompt[start : start + BATCH]
            self._context.clear()
            self._context.add(part, start, 0, start + len(part) == len(prompt))
            self._context.decode()
