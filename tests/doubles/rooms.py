"""A scheduler step by step, with real llama.cpp under it and no socket above it."""

from collections import defaultdict
from pathlib import Path
from typing import Any

import msgspec

from providers.engine.context import Context
from providers.engine.frames import Done, Ended, Options, Piece, Turn
from providers.engine.llama import Model
from providers.engine.loop import Job, Saying, Scheduler
from providers.engine.template import ChatTemplate
from providers.engine.voices import Voices
from providers.engine.waiting import FairQueue


class Clock:
    """Seconds, as the test says."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Room:
    """A scheduler over a model, and what each conversation was told."""

    def __init__(
        self, path: Path, slots: int = 2, context: int = 256, cells: int | None = None, queue: int = 8
    ) -> None:
        self.model = Model(path, lambda _share: True)
        self.memory: Context = Context(self.model, cells or context * slots, slots, 64, threads=1)
        self.clock = Clock()
        self.template = ChatTemplate(self.model, None)
        line: FairQueue[Job[str]] = FairQueue(queue)
        self.voices = Voices(self.model, self.template.formats, int)
        self.loop = Scheduler(self.model, self.memory, context, line, self.clock)
        self.told: defaultdict[str, list[Saying]] = defaultdict(list)

    def ask(self, who: str, text: str = "hi", tenant: str = "", patience: float = 10, **options: Any) -> Job[str]:
        asked = Options(**{"max_tokens": 20, "temperature": 0.0} | options)
        prompt = self.template.prompt([Turn("user", text)]).tokens
        job = Job(who, 1, tenant, prompt, asked, self.voices.of(asked), self.clock.now, patience)
        if (refused := self.loop.submit(job)) is not None:
            self.told[who].append(refused)
        return job

    def step(self, count: int = 1) -> None:
        for _ in range(count):
            for job, saying in self.loop.step():
                self.told[job.owner].append(saying)

    def run(self) -> None:
        while self.loop.busy:
            self.step()

    def text(self, who: str, choice: int = 0) -> str:
        """What a choice of an answer said."""
        return "".join(piece.text for piece in self.pieces(who) if piece.choice == choice)

    def pieces(self, who: str) -> list[Piece]:
        return [saying for saying in self.told[who] if isinstance(saying, Piece)]

    def ends(self, who: str) -> dict[int, str]:
        """Choice → how it ended."""
        return {said.choice: said.finish for said in self.told[who] if isinstance(said, Ended | Done)}

    def likelihoods(self, who: str) -> list[dict[str, Any]]:
        """The token objects of an answer."""
        return [token for piece in self.pieces(who) if piece.logprobs for token in msgspec.json.decode(piece.logprobs)]

    def end(self, who: str) -> Saying:
        return self.told[who][-1]

    def done(self, who: str) -> Done:
        """The end of a complete answer."""
        last = self.told[who][-1]
        assert isinstance(last, Done), last
        return last
