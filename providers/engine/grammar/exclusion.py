"""The branches of `oneOf`, such that whatever keeps one of them keeps no other: else they are refused."""

from collections.abc import Sequence
from itertools import combinations

from providers.engine.grammar.judge import Judge
from providers.engine.grammar.limits import Refusal
from providers.engine.grammar.meet import Meeting
from providers.engine.grammar.tree import Literals, Node, Object

MOST = 256


def exclusive(options: Sequence[Node], meeting: Meeting, judge: Judge) -> list[Node]:
    """The branches; where only that makes them differ, with the property required that tells them apart.

    Such a property (a tag) may be left out by the schema, and a value without it could keep several branches.
    """
    if len(options) > MOST:
        raise Refusal(f"'oneOf' has more than {MOST} branches")
    if _apart(options, judge):
        return list(options)
    for name in _tags(options[0], meeting):
        tagged = [meeting.meet(option, Object(required=(name,), loose=True)) for option in options]
        if _apart(tagged, judge):
            return tagged
    raise Refusal("the branches of 'oneOf' are not surely disjoint; 'anyOf' says that several may hold")


def _apart(options: Sequence[Node], judge: Judge) -> bool:
    return all(judge.disjoint(one, other) for one, other in combinations(options, 2))


def _tags(option: Node, meeting: Meeting) -> list[str]:
    """Properties of a branch that have constant values."""
    found = meeting.meet(option, Object(required=()))
    if not isinstance(found, Object):
        return []
    return [name for name, value in found.properties if isinstance(value, Literals)]
