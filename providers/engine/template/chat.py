"""A conversation into prompt tokens, so that nothing a user wrote becomes a control token.

The template is rendered once with the conversation and once with unguessable placeholders. Where the whole prompt's
control tokens are exactly those of the template, it is tokenised whole, which is how the model was trained. Otherwise a
text holds that of a control token: the rendering is split at the placeholders, and texts are tokenised as plain text. A
template that does more with a text than to place it gets texts whose control texts are broken first.
"""

from collections import Counter
from collections.abc import Callable, Sequence, Set
from datetime import datetime
from itertools import groupby
from math import inf
from typing import Any, Literal

from msgspec import Struct, structs

from providers.engine.frames import Options, Turn
from providers.engine.least import Least
from providers.engine.llama import Model
from providers.engine.speech import Formats
from providers.engine.template import conversation
from providers.engine.template.adapting import alternating, hermes, without_system
from providers.engine.template.marked import WORDS, Marked, Part, mapped
from providers.engine.template.probing import probe
from providers.engine.template.sandbox import Program, TemplateError

CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
BREAK = "\u200b"
"""A zero-width space: put inside the text of a control token it makes it plain text that reads the same."""
EFFORTS = {"minimal": "low", "xhigh": "high"}
"""OpenAI's words for effort that templates do not know, in those they do."""
PLAIN = Options(1)
SPEAKERS = ("user", "assistant")


class TooLong(Exception):
    """The conversation has `tokens` tokens or more, which is more than it may."""

    def __init__(self, tokens: int) -> None:
        super().__init__(tokens)
        self.tokens = tokens


class Prompt(Struct, frozen=True):
    """A prompt, up to where the assistant speaks; `opened`: it ends inside a thought."""

    tokens: list[int]
    opened: bool = False


class ChatTemplate:
    """The chat template of one model. `source` overrides the file's own; without either it is ChatML.

    `tools="hermes"`: a template without tools gets them as text. Raises TemplateError.
    """

    def __init__(
        self,
        model: Model,
        source: str | None,
        now: Callable[[], datetime] = datetime.now,
        tools: Literal["hermes"] | None = None,
    ) -> None:
        self._model = model
        self._program = Program(source or model.template() or CHATML, now)
        self._special = model.special
        self._texts = sorted(model.special.values(), key=len, reverse=True)
        self._words = WORDS.difference(self._texts)
        self._manners = probe(
            lambda messages, **more: self._render({"messages": messages, **more}), self._program.source
        )
        self._adapted = tools == "hermes" and self._manners.formats.calls is None
        own = self._manners.formats
        self.formats: Formats = structs.replace(own, calls="hermes") if self._adapted else own
        self._least, self._each = Least(model), 0
        self._each = self._marks_of_a_turn()

    def prompt(self, turns: Sequence[Turn], options: Options = PLAIN, room: float = inf) -> Prompt:
        """The prompt for this conversation. Raises TemplateError; TooLong, before it costs much, where no look at its
        tokens is needed to see that they are not fewer than `room`."""
        _limit(self._least_of(turns), room)
        talk, switches = self._talk(turns, options), self._switches(options)
        plain = self._render(talk | switches)
        _limit(self._least.tokens(plain, room + 1), room)
        words = self._words | conversation.own_ids(turns, self.formats)
        marked = Marked(talk, words)
        parts = marked.split(self._render(marked.value | switches, marked.spell))
        end, opened = self._thought(plain, options)
        broken = mapped(talk, words, self._broken) | switches
        tokens = self._tokens(lambda: self._render(broken) + end, plain + end, [*parts, Part(end, False)])
        if not tokens:
            raise TemplateError("the model's chat template makes no prompt of this")
        begin = self._model.begin()
        return Prompt(tokens if begin is None or tokens[:1] == [begin] else [begin, *tokens], opened)

    def _least_of(self, turns: Sequence[Turn]) -> int:
        """Tokens by the letters of all contents, or by the marks of all turns, whichever are more."""
        letters = sum(len(turn.content) for turn in turns) // self._least.longest
        spoken = [turn.role for turn in turns if turn.role in SPEAKERS and turn.content.strip()]
        marked = len(spoken) if self._manners.repeats else len(list(groupby(spoken)))
        return max(letters, self._each * (marked - 1))

    def _marks_of_a_turn(self) -> int:
        """Control tokens that every turn brings, the user's or the assistant's; 0 where that cannot be said."""
        user, assistant = (Turn(role, "x") for role in SPEAKERS)
        try:
            talks = ([user], [user, user], [user, assistant, user])
            one, two, three = (self._controls(self.prompt(talk).tokens).total() for talk in talks)
        except TemplateError:
            return 0
        return max(0, min(two - one, three - two) if self._manners.repeats else (three - one) // 2)

    def _talk(self, turns: Sequence[Turn], options: Options) -> dict[str, Any]:
        """What a client has written, as the template takes it."""
        offered = options.tools if options.tool_choice != "none" else ()
        if any(turn.calls or turn.role == "tool" for turn in turns) and self.formats.calls is None:
            raise TemplateError("the model's chat template has no place for tool calls and their results")
        if self._adapted:
            turns, offered = hermes(turns, offered), ()
        if not self._manners.system:
            turns = without_system(turns)
        if not self._manners.repeats:
            turns = alternating(turns)
        talk: dict[str, Any] = {"messages": conversation.messages(turns, self.formats)}
        return talk | ({"tools": conversation.tools(offered)} if offered else {})

    def _switches(self, options: Options) -> dict[str, Any]:
        """Whether to think, in the words of several makers."""
        thinks = options.effort is not None
        switches: dict[str, Any] = {"enable_thinking": thinks, "thinking": thinks}
        if self.formats.effort:
            switches["reasoning_effort"] = EFFORTS.get(options.effort or "low", options.effort or "low")
        return switches

    def _render(self, given: dict[str, Any], spell: Callable[[str], str] = str) -> str:
        return self._program.run({**self._model.marks(), "add_generation_prompt": True, **given}, spell)

    def _thought(self, plain: str, options: Options) -> tuple[str, bool]:
        """What ends a prompt that begins a thought nobody asked for, and whether one is begun after that."""
        marks = self.formats.think
        if marks is None or not plain.rstrip().endswith(marks[0]):
            return "", False
        return ("", True) if options.effort is not None else (f"\n{marks[1]}\n\n", False)

    def _tokens(self, harmless: Callable[[], str], plain: str, parts: Sequence[Part]) -> list[int]:
        """`harmless` renders the conversation with texts in which no control text is left whole."""
        frame: Counter[int] = Counter()
        for text, times in Counter(part.text for part in parts if not part.user).items():
            for token, found in self._controls(self._model.tokenize(text, special=True)).items():
                frame[token] += found * times
        if "".join(part.text for part in parts) != plain:
            return self._more_than_parts(harmless(), frame)
        whole = self._model.tokenize(plain, special=True)
        if self._controls(whole) == frame:
            return whole
        return self._split(parts, frame.keys())

    def _more_than_parts(self, text: str, frame: Counter[int]) -> list[int]:
        """Tokens of a rendering that is more than its parts; a control token that no part explains is refused."""
        tokens = self._model.tokenize(text, special=True)
        if self._controls(tokens) - frame:
            raise TemplateError("the model's chat template makes control tokens of this conversation's texts")
        return tokens

    def _split(self, parts: Sequence[Part], structure: Set[int]) -> list[int]:
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

    def _controls(self, tokens: Sequence[int]) -> Counter[int]:
        return Counter(token for token in tokens if token in self._special)

    def _broken(self, text: str) -> str:
        for control in self._texts:
            if control in text:
                text = text.replace(control, control[:1] + BREAK + control[1:])
        return text


def _limit(tokens: int, room: float) -> None:
    if tokens >= room:
        raise TooLong(tokens)
