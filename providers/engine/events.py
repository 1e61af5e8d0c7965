"""What the engine says of an answer, as the events of our vocabulary.

Light on purpose: the HTTP worker imports it.
"""

from msgspec import Raw

from providers.engine.frames import Done, Ended, Piece, Vectors
from providers.words import Event, ToolDelta, Usage


def events(told: Piece | Ended | Done | Vectors, answered: str | None) -> list[Event]:
    """The events of a frame; `answered` is the model's own name. A tool call's pieces are an event each."""
    match told:
        case Piece():
            return _spoken(told, answered)
        case Ended():
            return [Event(choice=told.choice, finish=told.finish, answered=answered)]
        case Done():
            used = Usage(told.usage.input, told.usage.output, told.usage.cached, told.usage.reasoning)
            return [Event(choice=told.choice, finish=told.finish, usage=used, answered=answered)]
        case Vectors():
            used = Usage(sum(told.tokens), 0)
            return [Event(usage=used, answered=answered, vectors=told.vectors, counts=told.tokens)]


def _spoken(told: Piece, answered: str | None) -> list[Event]:
    found = []
    if told.text or told.reasoning or told.logprobs:
        likelihoods = Raw(b'{"content":' + told.logprobs + b',"refusal":null}') if told.logprobs else Raw()
        found.append(
            Event(
                choice=told.choice,
                text=told.text,
                reasoning=told.reasoning,
                logprobs=likelihoods,
                answered=answered,
            )
        )
    for tool in told.tools:
        delta = ToolDelta(tool.index, tool.id, tool.name, tool.arguments)
        found.append(Event(choice=told.choice, tool=delta, answered=answered))
    return found
