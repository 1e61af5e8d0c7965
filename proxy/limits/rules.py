"""Limits as config.yaml says them, and which buckets a request of a key counts against.

    - {name: each, per_key: true, requests_per_minute: 60, tokens_per_minute: 40000}
    - {name: alice, key: alice, parallel: 4}
    - {name: dear, team: research, model: gpt-4o, output_tokens_per_minute: 20000}

A rule without `key`, `team`, `model` and `per_…` counts everything together.
"""

from collections.abc import Iterator, Sequence
from typing import Annotated

from msgspec import Meta, Struct

from proxy.limits.bucket import Bucket, Charge, Measure
from routing.budget import named_well

Amount = Annotated[int, Meta(ge=1, le=1_000_000_000)]
_MEASURES: tuple[tuple[str, Measure], ...] = (
    ("requests_per_minute", "requests"),
    ("parallel", "parallel"),
    ("tokens_per_minute", "tokens"),
    ("input_tokens_per_minute", "input"),
    ("output_tokens_per_minute", "output"),
)
_EARLY = frozenset({"requests", "parallel"})
"""What the headers alone tell: the rest is known when the body is."""
_SUBJECTS = ("key", "team", "model")


class Rule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One limit, of whom and of what.

    `key`, `team` and `model` say what it is about (a model by the name that the client asked for, whatever alias);
    `per_…` counts each by itself. `burst_seconds`: how many seconds' worth may come at once.
    """

    name: str
    key: str | None = None
    team: str | None = None
    model: str | None = None
    per_key: bool = False
    per_team: bool = False
    per_model: bool = False
    requests_per_minute: Amount | None = None
    input_tokens_per_minute: Amount | None = None
    output_tokens_per_minute: Amount | None = None
    tokens_per_minute: Amount | None = None
    parallel: Amount | None = None
    burst_seconds: Annotated[int, Meta(ge=1, le=3600)] = 60

    def __post_init__(self) -> None:
        if not named_well(self.name):
            raise ValueError("a limit's name is letters, digits, `.`, `_`, `-`")
        for subject, name in (("key", self.key), ("team", self.team)):
            if name is not None and not named_well(name):
                raise ValueError(f"no {subject} can be called so: a name is letters, digits, `.`, `_`, `-`")
        for subject in _SUBJECTS:
            if getattr(self, subject) is not None and getattr(self, f"per_{subject}"):
                raise ValueError(f"a limit has `{subject}` or `per_{subject}`, not both")
        if not any(getattr(self, field) for field, _ in _MEASURES):
            fields = ", ".join(f"`{field}`" for field, _ in _MEASURES)
            raise ValueError(f"it limits nothing: write one or more of {fields}")

    @property
    def needs_model(self) -> bool:
        """Whether only the body tells if, or for whom, it counts."""
        return self.model is not None or self.per_model

    def about(self) -> str:
        """What it limits and whom, in words."""
        amounts = [f"{limit} {field.replace('_', ' ')}" for field, _ in _MEASURES if (limit := getattr(self, field))]
        whom = [f"the {subject} {name}" for subject in _SUBJECTS if (name := getattr(self, subject))]
        whom += [f"each {subject}" for subject in _SUBJECTS if getattr(self, f"per_{subject}")]
        return f"{', '.join(amounts)} for {' and '.join(whom) or 'everybody together'}"

    def buckets(self, key: str, team: str, model: str | None) -> Iterator[Bucket]:
        """The buckets of this rule for such a request; none when it is about others. `team` may be empty."""
        subject = [self.name]
        for value, wanted, each in (
            (key, self.key, self.per_key),
            (team, self.team, self.per_team),
            (model, self.model, self.per_model),
        ):
            if wanted not in (None, value) or (each and not value):
                return
            if each:
                subject.append(value or "")
        for field, measure in _MEASURES:
            limit = getattr(self, field)
            if limit is not None:
                burst = limit if measure == "parallel" else max(1, limit * self.burst_seconds // 60)
                yield Bucket(f"{'/'.join(subject)}:{measure}", measure, limit, burst)


class Rulebook:
    """The rules, with each key's and model's buckets remembered."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = tuple(rules)
        self._early: dict[tuple[str, str], tuple[Charge, ...]] = {}
        self._late: dict[tuple[str, str, str], tuple[Bucket, ...]] = {}

    def early(self, key: str, team: str) -> tuple[Charge, ...]:
        """What counts before the body is known: requests and `parallel` of rules that ask for no model."""
        known = self._early.get((key, team))
        if known is None:
            found = (b for rule in self._rules if not rule.needs_model for b in rule.buckets(key, team, None))
            known = self._early[key, team] = tuple(Charge(b) for b in found if b.measure in _EARLY)
        return known

    def late(self, key: str, team: str, model: str) -> tuple[Bucket, ...]:
        """What counts once the body is known; `model` must be one of the catalogue's names."""
        known = self._late.get((key, team, model))
        if known is None:
            known = self._late[key, team, model] = tuple(
                bucket
                for rule in self._rules
                for bucket in rule.buckets(key, team, model)
                if rule.needs_model or bucket.measure not in _EARLY
            )
        return known

    def concerns(self, key: str, team: str) -> bool:
        """Whether any rule may count a request of this key."""
        return any(rule.key in (None, key) and rule.team in (None, team) for rule in self._rules)
