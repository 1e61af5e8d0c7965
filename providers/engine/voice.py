"""One choice of an answer: its tokens become text, its text what a client reads, until it ends.

Token → bytes → whole characters → speech (content, reasoning, tool calls) → stop strings held back → a `Piece`. Stop
strings are sought in the content alone, as in OpenAI's API: what is thought and what is called never ends an answer.
"""

import codecs

from msgspec import structs

from providers.engine.context import Context
from providers.engine.frames import Finish, Options, Piece, ToolPiece
from providers.engine.likelihood import Pending, likelihood, written
from providers.engine.llama import Model
from providers.engine.sampling import Sampler
from providers.engine.speech import Said, Speech
from providers.engine.spelling import Spelling
from providers.engine.text import Stops


class Voice:
    """`choice` is its index. `output` and `reasoning` count its tokens."""

    def __init__(
        self, choice: int, options: Options, model: Model, sampler: Sampler, speech: Speech, spelling: Spelling
    ) -> None:
        self.choice, self._options, self._model = choice, options, model
        self._sampler, self._speech, self._spelling = sampler, speech, spelling
        self._utf8 = codecs.getincrementaldecoder("utf-8")("replace")
        self._stops = Stops(options.stop)
        self._decoded = 0
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
        if self._stops.stopped:
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
        start, text = self._decoded, self._utf8.decode(self._spelling.piece(token))
        self._decoded += len(text)
        if self._pending is not None and self._options.logprobs is not None:
            found = likelihood(self._model, memory.logits()[row], token, self._options.logprobs)
            self._pending.add(start, self._decoded, found)
        if text:
            self._take(self._speech.feed(text))

    def _take(self, said: list[Said]) -> None:
        if said:
            self.reasoning += self._uncounted if said[0].kind == "reasoning" else 0
            self._uncounted = 0
            self._said += self._unstopped(said) if self._stops.sought else said

    def _unstopped(self, said: list[Said]) -> list[Said]:
        """What a client reads of this: nothing after a stop string, and no text that may begin one."""
        kept = []
        for each in said:
            if each.kind == "text":
                text = self._stops.feed(each.text)
                kept += [structs.replace(each, text=text)] if text else []
            elif not self._stops.stopped:
                kept.append(each)
        return kept

    def _end(self, finish: Finish) -> Finish:
        """The choice ends; a stop string may be found only now, in what the speech had held."""
        self._take(self._speech.flush(finish == "length"))
        if rest := self._stops.flush():
            self._said.append(Said("text", rest))
        return self._speech.finish("stop" if self._stops.stopped else finish)

    def _likelihoods(self, text: str) -> bytes:
        """Of the tokens that made this text, which is the end of what was released."""
        if self._pending is None:
            return b""
        until = self._decoded - self._speech.held - self._stops.held
        take = self._pending.last if self._stops.stopped else self._pending.shown
        found = take(until, until - len(text))
        return written(found) if text else b""
