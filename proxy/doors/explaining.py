"""What stands behind a label: task types, expected quality of each model, and what `auto` would decide now.

Nothing is sent and nothing is spent: the same reading and the same policy as a request's, up to its decision.
"""

from typing import Any

from msgspec import Raw, json

from providers.errors import CallerError
from proxy.attempt import Asked, circumstances
from proxy.doors.query_labels import Answer, Head
from proxy.keys import Key
from proxy.runtime import Runtime
from proxy.surfaces import chat
from proxy.surfaces.chat_shapes import dollars
from routing import policy
from routing.catalog import AUTO
from routing.classifier.topics import best
from routing.decision import Decision


class Explaining:
    """Explains over one runtime. `head` None: there are no task types."""

    def __init__(self, runtime: Runtime, head: Head | None) -> None:
        self._runtime, self._head = runtime, head

    async def of(self, text: str, answer: Answer, key: Key, hint: str | None = None) -> dict[str, Any]:
        """The fields that `?explain=1` adds to a result. `hint`: the topic that the client believes it to be."""
        said = self._head.read(text, hint) if self._head is not None else None
        call = chat.read(json.encode({"model": AUTO, "messages": [{"role": "user", "content": text}]}))
        signals = await self._runtime.judge(call)
        now = await circumstances(self._runtime, Asked("", self._runtime.clock(), key, call))
        try:
            decision = policy.decide(call, self._runtime.catalog, signals, now, self._runtime.preferences)
            decided: dict[str, Any] = _decided(decision)
        except CallerError as nobody:
            decided = {"model": None, "reason": nobody.message}
        return {
            "probabilities": {"0": round(1.0 - answer.slow, 4), "1": round(answer.slow, 4)},
            "head": answer.head,
            "source": answer.source,
            "tasks": {task: round(share, 4) for task, share in said.tasks.items()} if said is not None else {},
            "language": said.language if said is not None else None,
            "topic": best(signals.topics, hint) if signals.topics else said.topic if said is not None else None,
            "p_good": {model: round(float(good), 4) for model, good in signals.good.items()},
            "decision": decided,
        }


def _decided(decision: Decision) -> dict[str, Any]:
    first = decision.candidates[0]
    return {
        "model": first.entry.name,
        "route": "local" if first.entry.local else "upstream",
        "reason": decision.reasons[0],
        "degraded": decision.degraded,
        "candidates": [
            {"model": one.entry.name, "expected_quality": round(one.quality, 4), "cost_usd": Raw(dollars(one.cost))}
            for one in decision.candidates
        ],
    }
