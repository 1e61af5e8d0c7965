"""Rules and the keys that there are: a rule about a key or team that nobody has limits nothing, and says so to nobody.

Known where the keys are: at a start, not while the text is read.
"""

from collections.abc import Iterable, Iterator

from proxy.config.report import Mistake, near
from proxy.config.schema import Config
from proxy.keys import DEVELOPMENT, Listed, unfit


def nobody(config: Config, keys: Iterable[Listed]) -> Iterator[Mistake]:
    """Rules that match none of these keys, and keys whose own limit cannot be counted.

    A revoked key was no mistyped one, and the development key may come yet. With a `store` the keys of other replicas
    are not known here, and nothing is said of names.
    """
    listed = tuple(keys)
    for each in listed:
        why = unfit(each.key.allowance) if each.revoked is None else ""
        if why:
            hint = f"`halfpenny keys revoke {each.key.name}`, then create it again"
            yield Mistake(path=f"key {each.key.name}", message=why, hint=hint)
    if config.store.redis:
        return
    names = {each.key.name for each in listed} | {DEVELOPMENT}
    teams = {each.key.team for each in listed if each.key.team}
    for index, budget in enumerate(config.budgets):
        yield from _unknown(f"budgets[{index}].key", "key", budget.key, names, "{}")
    for index, limit in enumerate(config.limits):
        yield from _unknown(f"limits[{index}].key", "key", limit.key, names, "{}")
        yield from _unknown(f"limits[{index}].team", "team", limit.team, teams, "NAME --team {}")


def _unknown(path: str, what: str, name: str | None, known: Iterable[str], words: str) -> Iterator[Mistake]:
    if name is None or name in known:
        return
    made = f"`halfpenny keys create {words.format(name)}` makes it"
    hint = "; ".join(filter(None, (near(name, sorted(known), f"the {what}s are"), made)))
    yield Mistake(path=path, message=f"there is no {what} `{name}`: this rule would limit nobody", hint=hint)
