"""What a speech is: how one choice's raw text becomes content, reasoning and tool calls.

A model writes one stream of text. What is thought, what is said and what is called stand in it between marks that its
chat template taught it; `Formats` names them, a `Speech` takes them apart while the text comes.
"""

from typing import Literal, Protocol

from msgspec import Struct

from providers.engine.frames import Finish, ToolPiece

Calls = Literal[
    "hermes",
    "llama3",
    "mistral",
    "mistral_args",
    "harmony",
    "qwen_xml",
    "glm",
    "deepseek",
    "deepseek_fenced",
    "kimi",
]
"""How calls are written; `forms` says how."""


class Formats(Struct, frozen=True):
    """What a model's chat template was found to use.

    `calls` None: it cannot call tools; `think` are the marks around what it thinks (None: it does not think); `effort`:
    it can be told how hard to think; `short_ids`: its template takes ids of nine letters only.
    """

    calls: Calls | None = None
    think: tuple[str, str] | None = None
    effort: bool = False
    short_ids: bool = False

    @property
    def reasons(self) -> bool:
        """Whether it can think before it answers."""
        return self.think is not None or self.calls == "harmony"


def abilities(formats: Formats) -> tuple[str, ...]:
    """What a model can beyond plain text, in the words of `Need`, and `reasoning`."""
    more = {"tools": formats.calls is not None, "reasoning": formats.reasons}
    return ("schema", "logprobs", "many", *(word for word, can in more.items() if can))


class Said(Struct, frozen=True):
    """A piece of what was said: `text` of the kinds text and reasoning, `tool` of the kind tool."""

    kind: Literal["text", "reasoning", "tool"]
    text: str = ""
    tool: ToolPiece | None = None


class SpeechError(Exception):
    """This model cannot be asked for that; `code`, `message` and `param` are the client's 400."""

    def __init__(self, message: str, param: str, code: str = "unsupported_feature") -> None:
        super().__init__(message)
        self.message, self.param, self.code = message, param, code


class Speech(Protocol):
    """One choice of an answer; any cut of its text into pieces says the same.

    `grammar` is GBNF that the raw text must keep (None: it is free). `control` are the texts of control tokens that it
    reads: they are fed as text, every other control token as nothing.
    """

    grammar: str | None
    control: tuple[str, ...]

    @property
    def held(self) -> int:
        """Characters at the end of what was fed that may still become text."""
        ...

    def feed(self, text: str) -> list[Said]:
        """What is certain by this text."""
        ...

    def flush(self, cut: bool = False) -> list[Said]:
        """What was held back, at the end of the text. `cut`: it would have gone on; what began a call is no content."""
        ...

    def finish(self, finish: Finish) -> Finish:
        """The answer's finish for the text's own, after `flush`."""
        ...

    def again(self) -> "Speech":
        """A fresh one for another choice of the same answer."""
        ...
