"""One choice of an answer: its tokens become text, its text what a client reads, until it ends.

Token → bytes → whole characters → stop strings held back → speech (content, reasoning, tool calls) → a `Piece`.
"""

from providers.engine.chain import Grammar, GrammarError
from providers.engine.context import Context
from providers.engine.frames import Finish, Options, Piece, ToolPiece
from providers.engine.likelihood import Pending, likelihood, written
from providers.engine.llama import EngineFailure, Model
from providers.engine.sampling import Sampler
from providers.engine.speech import Said, Speech
from providers.engine.spelling import Spelling
from providers.engine.text import TextStream


class Voice:
    """`choice` is its index. `output` and `reasoning` count its tokens."""

    def __init__(
        self, choice: int, options: Options, model: Model, sampler: Sampler, speech: Speech, spelling: Spelling
    ) -> None:
        self.choice, self._options, self._model = choice, options, model
        self._sampler, self._speech, self._spelling = sampler, speech, spelling
        self._text = TextStream(options.stop)
        self._trigger = Trigger(speech.lazy) if speech.grammar is not None and speech.lazy else None
        self._pending = None if options.logprobs is None else Pending()
        self._said: list[Said] = []
        self._untold = self._uncounted = 0
        self.output = self.reasoning = 0

    def close(self) -> None:
        """Free what is llama.cpp's."""
        self._sampler.close()

    def say(self, memory: Context, row: int, room: int) -> tuple[int, Finish | None]:
        """Choose the next token; `room` is how many more fit in the context. Returns it, and how the choice ends."""
        token = self._sampler.pick(memory, row)
        if token is None:
            return 0, self._end("length")
        self.output += 1
        self._untold += 1
        self._uncounted += 1
        if self._model.ends(token):
            return token, self._end("stop")
        self._hear(token, memory, row)
        if self._text.stopped:
            return token, self._end("stop")
        if self.output >= self._options.max_tokens or room <= 1:
            return token, self._end("length")
        return token, None

    def piece(self, id: int) -> Piece | None:
        """What has become certain since the last one."""
        if not self._said:
            return None
        text, reasoning = "", ""
        tools: list[ToolPiece] = []
        for said in self._said:
            if said.kind == "text":
                text += said.text
            elif said.kind == "reasoning":
                reasoning += said.text
            elif said.tool is not None:
                tools.append(said.tool)
        self._said = []
        tokens, self._untold = self._untold, 0
        return Piece(id, text, tokens, self.choice, self._likelihoods(text), reasoning, tuple(tools))

    def _hear(self, token: int, memory: Context, row: int) -> None:
        data = self._spelling.piece(token)
        start = self._text.decoded
        text = self._text.feed(data)
        if self._pending is not None and self._options.logprobs is not None:
            found = likelihood(self._model, memory.logits()[row], token, self._options.logprobs)
            self._pending.add(start, self._text.decoded, found)
        if self._trigger is not None and (begun := self._trigger.feed(data)) is not None:
            self._trigger = None
            self._constrain(begun)
        if text:
            self._take(self._speech.feed(text))

    def _take(self, said: list[Said]) -> None:
        if said:
            self.reasoning += self._uncounted if said[0].kind == "reasoning" else 0
            self._uncounted = 0
            self._said += said

    def _end(self, finish: Finish) -> Finish:
        if rest := self._text.flush():
            self._take(self._speech.feed(rest))
        self._take(self._speech.flush())
        return self._speech.finish(finish)

    def _constrain(self, begun: bytes) -> None:
        """The grammar holds from here on, which a marker began."""
        try:
            grammar = Grammar(self._model, self._speech.grammar or "")
        except GrammarError as error:  # it was read once, before the answer began
            raise EngineFailure(str(error)) from error
        self._sampler.constrain(grammar, self._spelling.tokens(begun))

    def _likelihoods(self, text: str) -> bytes:
        """Of the tokens that made this text, which is the end of what was released."""
        if self._pending is None:
            return b""
        until = self._text.released
        take = self._pending.last if self._text.stopped else self._pending.shown
        found = take(until, until - len(text))
        return written(found) if text else b""


class Trigger:
    """Watches for the first of some texts, in bytes as they come."""

    def __init__(self, texts: tuple[str, ...]) -> None:
        self._marks = [text.encode() for text in texts]
        self._longest = max(map(len, self._marks))
        self._tail = b""

    def feed(self, data: bytes) -> bytes | None:
        """All bytes from the first mark on, once it is there."""
        self._tail += data
        found = min((at for mark in self._marks if (at := self._tail.find(mark)) >= 0), default=-1)
        if found >= 0:
            return self._tail[found:]
        self._tail = self._tail[max(0, len(self._tail) - self._longest + 1) :]
        return None
