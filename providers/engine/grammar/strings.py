"""The language of a string's node: its patterns, formats and lengths at once, as one automaton."""

from functools import cache

from providers.engine.grammar.automaton import Automaton, everything, intersect, limited, without, words
from providers.engine.grammar.charset import complement, of
from providers.engine.grammar.formats import FORMATS
from providers.engine.grammar.limits import Budget, Refusal
from providers.engine.grammar.regex import compiled
from providers.engine.grammar.tree import Text

MANY = 400
"""Characters of declared names up to which every other name may be written beside them."""


@cache
def of_format(name: str) -> Automaton:
    """The texts of a format. Raises Refusal for one that is not enforced."""
    if name not in FORMATS:
        raise Refusal(f"the format {name!r} cannot be enforced")
    return compiled(f"^({FORMATS[name]})$", Budget(1_000_000))


def of_text(node: Text, budget: Budget) -> Automaton:
    """The texts that keep a node, lengths in characters."""
    found = everything()
    for language in node.languages:
        found = language if found == everything() else intersect(found, language, budget)
    least = node.least if node.least > 1 or found.accepts("") else 0
    return limited(found, least, node.most, budget)


def other_names(declared: tuple[str, ...], named: Automaton | None, budget: Budget) -> Automaton:
    """Names that are not declared; where those are many, names with another first character."""
    allowed = named or everything()
    if sum(map(len, declared)) <= MANY:
        return without(allowed, words(declared, budget), budget)
    first = complement(of("".join({name[0] for name in declared if name})))
    apart = Automaton((((first, 1),), ((everything().edges[0][0][0], 1),)), frozenset((1,)))
    return intersect(allowed, apart, budget)
