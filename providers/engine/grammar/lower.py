"""Writes a schema's tree as grammar rules: every text they allow keeps the schema."""

from providers.engine.grammar.automaton import Automaton
from providers.engine.grammar.expression import EMPTY, Expression, Name, Words, choice, optional, series
from providers.engine.grammar.limits import Budget, Refusal
from providers.engine.grammar.meet import member
from providers.engine.grammar.members import COMMA, NEVER, WS, Entry, Members
from providers.engine.grammar.numbers import Bounds, automaton
from providers.engine.grammar.schema import Reader
from providers.engine.grammar.spelling import literal, written
from providers.engine.grammar.store import Store
from providers.engine.grammar.strings import of_text, other_names
from providers.engine.grammar.tree import (
    NOTHING,
    Anything,
    Array,
    Literals,
    Node,
    Number,
    Object,
    Ref,
    Text,
    Union,
)

QUOTE = Words('"\\""')


class Lowering:
    """One schema's way into the store; all its rules begin with `prefix`."""

    def __init__(self, reader: Reader, store: Store, prefix: str, budget: Budget) -> None:
        self._reader, self._store, self._prefix, self._budget = reader, store, prefix, budget
        self._references: dict[str, Name] = {}
        self._waiting: list[str] = []
        self._numbers: dict[tuple[Bounds, bool], Automaton] = {}
        self._named: dict[int, tuple[Node, Name]] = {}

    def root(self, node: Node) -> Name:
        """The rule of a whole schema."""
        root = self._store.define(self._store.fresh(self._prefix), self._value(node))
        while self._waiting:
            pointer = self._waiting.pop()
            options = self._leaves(self._reader.definition(pointer), frozenset((pointer,)))
            self._store.define(self._references[pointer].name, choice(map(self._leaf, options)))
        return root

    def _value(self, node: Node) -> Expression:
        if isinstance(node, Union):
            return choice(map(self._leaf, self._leaves(node, frozenset())))
        return self._leaf(node)

    def _leaves(self, node: Node, seen: frozenset[str]) -> list[Node]:
        """The options of a choice, those of choices it refers to too: so no rule begins with itself."""
        if isinstance(node, Ref):
            if node.pointer in seen:
                raise Refusal(f"{node.pointer!r} refers to itself with nothing between")
            target = self._reader.definition(node.pointer)
            return self._leaves(target, seen | {node.pointer}) if isinstance(target, Ref | Union) else [node]
        if isinstance(node, Union):
            return [leaf for option in node.options for leaf in self._leaves(option, seen)]
        return [node]

    def _leaf(self, node: Node) -> Expression:
        if isinstance(node, Ref):
            return self._reference(node.pointer)
        if isinstance(node, Anything):
            return Words("value")
        if isinstance(node, Literals):
            return choice(Words(literal(written(value))) for value in node.values)
        if isinstance(node, Text):
            return self._text(node)
        if isinstance(node, Number):
            return self._number(node)
        if isinstance(node, Array | Object):
            return self._compound(node)
        return self._value(node)

    def _reference(self, pointer: str) -> Name:
        if pointer not in self._references:
            self._references[pointer] = Name(self._store.fresh(self._prefix))
            self._waiting.append(pointer)
        return self._references[pointer]

    def _compound(self, node: Array | Object) -> Name:
        """Each object and array has one rule, however often it is used."""
        if id(node) not in self._named:
            body = self._array(node) if isinstance(node, Array) else self._object(node)
            self._named[id(node)] = node, self._store.define(self._store.fresh(self._prefix), body)
        return self._named[id(node)][1]

    def _text(self, node: Text) -> Expression:
        if not node.languages:
            if node.least == 0 and node.most is None:
                return Words("string")
            return series(QUOTE, self._store.repeat(Words("char"), node.least, node.most, "s"), QUOTE)
        machine = of_text(node, self._budget)
        return series(QUOTE, self._store.machine(machine, "t", string=True), QUOTE) if machine.edges else NEVER

    def _number(self, node: Number) -> Expression:
        if node.bounds == Bounds():
            return Words("integer" if node.whole else "number")
        key = (node.bounds, node.whole)
        if key not in self._numbers:
            self._numbers[key] = automaton(*key, self._budget)
        machine = self._numbers[key]
        return self._store.machine(machine, "n", string=False) if machine.edges else NEVER

    def _array(self, node: Array) -> Expression:
        body = self._items(node)
        for index in reversed(range(len(node.prefix))):
            if node.most is not None and index >= node.most:
                body = WS if index else EMPTY
                continue
            body = series(COMMA if index else EMPTY, self._value(node.prefix[index]), body)
            if index >= node.least:
                body = choice((body, WS if index else EMPTY))
        return series(Words('"["'), WS, body, Words('"]"'))

    def _items(self, node: Array) -> Expression:
        """What follows the prefix, with the white space before the end."""
        done = len(node.prefix)
        least, most = max(0, node.least - done), None if node.most is None else max(0, node.most - done)
        if most == 0:
            return NEVER if least else WS if done else EMPTY
        item = self._store.define(self._store.fresh(self._prefix), self._value(node.items))
        more = self._store.define(self._store.fresh(self._prefix), series(COMMA, item))
        if done:
            return series(self._store.repeat(more, least, most, self._prefix), WS)
        rest = self._store.repeat(more, max(0, least - 1), None if most is None else most - 1, self._prefix)
        several = series(item, rest, WS)
        return several if least else optional(several)

    def _object(self, node: Object) -> Expression:
        properties = dict(node.properties)
        properties |= {name: member(node, name) for name in node.required if name not in properties}
        if node.names is not None:
            properties = {name: each if node.names.accepts(name) else NOTHING for name, each in properties.items()}
        entries = [
            Entry(series(Words(f"{literal(written(name))} colon"), self._value(each)), name in node.required)
            for name, each in properties.items()
        ]
        members = Members(self._store, self._prefix, node.least, node.most, self._budget)
        return series(Words('"{"'), WS, members.written(entries, self._extra(node, tuple(properties))), Words('"}"'))

    def _extra(self, node: Object, declared: tuple[str, ...]) -> Name | None:
        """The rule of a member that is not declared; where nothing is said of such, declared ones are all there are."""
        value = node.extra
        if value is None:
            value = NOTHING if declared and node.least <= len(declared) else Anything()
        if value == NOTHING:
            return None
        name: Expression = Words("string")
        if declared or node.names is not None:
            machine = other_names(declared, node.names, self._budget)
            if not machine.edges:
                return None
            name = series(QUOTE, self._store.machine(machine, "k", string=True), QUOTE)
        entry = series(name, Words("colon"), self._value(value))
        return self._store.define(self._store.fresh(self._prefix), entry)
