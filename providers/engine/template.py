"""A conversation into prompt tokens, so that nothing a user wrote becomes a control token.

The template is rendered once with the contents and once with unguessable placeholders. Where the whole prompt's control
tokens are exactly those of the template, it is tokenised whole, which is how the model was trained. Otherwise a content
holds the text of a control token: the rendering is split at the placeholders, and contents are tokenised as plain text.
A template that does more with a content than to place it gets contents whose control texts are broken first.
"""

import json
import re
import secrets
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment

from providers.engine.frames import Turn
from providers.engine.llama import Model

CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
BREAK = "\u200b"
"""A zero-width space: put inside the text of a control token it makes it plain text that reads the same."""


class TemplateError(Exception):
    """The template cannot be read, or refuses or fails on this conversation; the message is for the client."""


class ChatTemplate:
    """The chat template of one model. `source` overrides the file's own; without either it is ChatML."""

    def __init__(self, model: Model, source: str | None, now: Callable[[], datetime] = datetime.now) -> None:
        self._model = model
        environment = ImmutableSandboxedEnvironment(
            trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols"]
        )
        environment.filters["tojson"] = _tojson
        environment.globals |= {"raise_exception": _refuse, "strftime_now": lambda form: now().strftime(form)}
        try:
            self._template = environment.from_string(source or model.template() or CHATML)
        except jinja2.TemplateError as error:
            raise TemplateError(f"the chat template cannot be read: {error}") from error
        self._special = model.special
        self._texts = sorted(model.special.values(), key=len, reverse=True)

    def tokens(self, turns: Sequence[Turn]) -> list[int]:
        """The prompt for this conversation, up to where the assistant speaks. Raises TemplateError."""
        marked = Marked(turns)
        plain, framed = self._render(turns), self._render(marked.turns)
        parts = marked.split(framed)
        if "".join(part.text for part in parts) != plain:
            return self._begun(
                self._model.tokenize(self._render([self._harmless(turn) for turn in turns]), special=True)
            )
        whole = self._model.tokenize(plain, special=True)
        frame = [token for part in parts if not part.user for token in self._model.tokenize(part.text, special=True)]
        if self._controls(whole) == self._controls(frame):
            return self._begun(whole)
        return self._begun(self._split(parts, {token for token in frame if token in self._special}))

    def _render(self, turns: Sequence[Turn]) -> str:
        messages = [{"role": turn.role, "content": turn.content} | _named(turn) for turn in turns]
        try:
            return self._template.render(messages=messages, add_generation_prompt=True, **self._model.marks())
        except jinja2.TemplateError as error:
            raise TemplateError(f"the model's chat template refuses this conversation: {error}") from error
        except Exception as error:  # a template is a program: it may fail in any way, which is this request's failure
            raise TemplateError(
                f"the model's chat template fails on this conversation ({type(error).__name__})"
            ) from error

    def _split(self, parts: "Sequence[Part]", structure: set[int]) -> list[int]:
        tokens: list[int] = []
        for part in parts:
            ids = self._joined(part.text, not part.user, tokens)
            if part.user and not structure.isdisjoint(ids):  # a marker that the vocabulary does not call control
                ids = self._joined(self._broken(part.text), False, tokens)
            tokens += ids
        return tokens

    def _joined(self, text: str, special: bool, before: list[int]) -> list[int]:
        """Tokens of a part in the middle: SentencePiece must not put its leading space there."""
        tokenize = self._model.tokenize
        if not text or not self._model.spaces_first() or not before or before[-1] in self._special:
            return tokenize(text, special=special)
        anchor = tokenize("\n", special=False)
        ids = tokenize("\n" + text, special=special)
        return ids[len(anchor) :] if ids[: len(anchor)] == anchor else tokenize(text, special=special)

    def _begun(self, tokens: list[int]) -> list[int]:
        """With the token that the model wants first, once."""
        begin = self._model.begin()
        return tokens if begin is None or tokens[:1] == [begin] else [begin, *tokens]

    def _controls(self, tokens: Sequence[int]) -> Counter[int]:
        return Counter(token for token in tokens if token in self._special)

    def _harmless(self, turn: Turn) -> Turn:
        return Turn(turn.role, self._broken(turn.content), self._broken(turn.name) if turn.name else None)

    def _broken(self, text: str) -> str:
        for control in self._texts:
            if control in text:
                text = text.replace(control, control[:1] + BREAK + control[1:])
        return text


class Part:
    """A piece of a rendering: the template's own text, or what a user wrote."""

    __slots__ = ("text", "user")

    def __init__(self, text: str, user: bool) -> None:
        self.text, self.user = text, user


class Marked:
    """A conversation whose contents are placeholders: digits, which trimming, case and escapes leave as they are.

    White space around a content stays outside its placeholder, so that a template that trims trims it.
    """

    def __init__(self, turns: Sequence[Turn]) -> None:
        self._nonce = str(10**38 + secrets.randbelow(10**38))
        self._contents: list[str] = []
        self.turns = [Turn(turn.role, self._mark(turn.content), self._mark(turn.name or "") or None) for turn in turns]

    def split(self, rendered: str) -> list[Part]:
        """The rendering in parts, placeholders exchanged for what they stand for (dropped or repeated ones too)."""
        pieces = re.split(self._nonce + r"(\d{6})", rendered)
        parts = [Part(self._contents[int(piece)] if at % 2 else piece, bool(at % 2)) for at, piece in enumerate(pieces)]
        return [part for part in parts if part.text]

    def _mark(self, text: str) -> str:
        core = text.strip()
        if not core:
            return text
        start = text.index(core)
        self._contents.append(core)
        return f"{text[:start]}{self._nonce}{len(self._contents) - 1:06d}{text[start + len(core) :]}"


def _named(turn: Turn) -> dict[str, Any]:
    return {"name": turn.name} if turn.name else {}


def _tojson(value: object, indent: int | None = None) -> str:
    """As model makers expect it: jinja2's own escapes for HTML."""
    return json.dumps(value, ensure_ascii=False, indent=indent)


def _refuse(message: str) -> None:
    raise jinja2.TemplateError(message)
