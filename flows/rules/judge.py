"""Rules, compiled once, judged over one standard record after the other.

They are judged in their order, each over what those before it made of the record; what is split
off is judged no more. All that one rule says is done before a hold, reject or route of it ends
the judging. A rule that cannot be judged is a MappingFailed that names it: never a silent no. A
lookup table without the row that a rule asks for is a MissingRow: the record waits for that row.
What a person has released from a rule is not held by it again, while what it looks at is the same.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from typing import Protocol

from msgspec.structs import replace as replace_part

from connectors.conditions import ConditionInvalid
from connectors.context import Context
from connectors.errors import Failure, MappingFailed
from connectors.standard.record import Record
from flows.rules.actions import Judging, compile_action
from flows.rules.change import ChangeImpossible
from flows.rules.compare import Incomparable
from flows.rules.conditions import compile_condition, paths_of
from flows.rules.fits import check_fit
from flows.rules.looked_at import looked_at
from flows.rules.plain import PathInvalid, check_path
from flows.rules.rule import Hold, Notify, Reject, Route, Rule, Set, Split
from flows.rules.split import part_name
from flows.rules.verdict import Verdict

Released = Callable[[str], bool]


class Judge(Protocol):
    """`released(looked_at)`: has a person let this record go, with that before the rule's eyes?"""

    def __call__(
        self, record: Record, context: Context, released: Released = lambda looked_at: False
    ) -> Verdict: ...


class RuleInvalid(ValueError):
    """A rule that could never be judged; `rule` is its name, and the text says why."""

    def __init__(self, rule: str, why: str) -> None:
        super().__init__(_named(rule, why))
        self.rule = rule


def compile_rules(rules: Iterable[Rule]) -> Judge:
    """`judge(record, context)` raises MappingFailed or MissingRow.

    Raises RuleInvalid, also for a rule that is off.
    """
    rules = list(rules)
    compiled = [_Compiled(rule) for rule in rules]
    _check_apart(rules)
    active = [one for one in compiled if one.rule.is_on]

    def judge(
        record: Record, context: Context, released: Released = lambda looked_at: False
    ) -> Verdict:
        judging = Judging(record, context)
        for one in active:
            one.judge(judging, released)
            if judging.ending is not None:
                break
        return judging.verdict()

    return judge


def check_rules(
    rules: Iterable[Rule], record: type[Record], *, known: Collection[Rule] = ()
) -> None:
    """Raises RuleInvalid, also for what such a record does not have, and for a value that does not
    fit its attribute: but for that not of a rule that is `known`, as it is or switched off."""
    rules = list(rules)
    compile_rules(rules)
    for rule in rules:
        try:
            _check_paths(rule, record)
            if rule not in known and (rule.is_on or replace_part(rule, is_on=True) not in known):
                check_fit(rule, record)
        except (PathInvalid, Incomparable) as error:
            raise RuleInvalid(rule.name, str(error)) from error


class _Compiled:
    """One rule."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self._known: set[type[Record]] = set()  # that have what it names
        try:
            self._holds = compile_condition(rule.when)
            self._acts = [(action, compile_action(action, rule.name)) for action in rule.then]
        except (PathInvalid, Incomparable, ConditionInvalid, ChangeImpossible) as error:
            raise RuleInvalid(rule.name, str(error)) from error
        if sum(isinstance(action, Hold | Reject | Route) for action in rule.then) > 1:
            raise RuleInvalid(rule.name, "It can hold, reject or route, one of them.")
        self._may_hold = any(isinstance(action, Hold) for action in rule.then)

    def judge(self, judging: Judging, released: Released) -> None:
        name = self.rule.name
        try:
            self._check(type(judging.record))
            if self._holds(judging.asked):
                self._act(judging, released)
                judging.settle()
        except MappingFailed as error:
            raise MappingFailed(
                _named(name, error.message), line=name, value=error.value
            ) from error
        except Failure:
            raise
        except Exception as error:
            raise MappingFailed(_named(name, str(error)), line=name) from error

    def _act(self, judging: Judging, released: Released) -> None:
        seen = looked_at(self.rule, judging.asked.plain) if self._may_hold else ""
        is_released = self._may_hold and released(seen)
        for action, act in self._acts:
            if not (is_released and isinstance(action, Hold | Notify)):
                act(judging)
        if judging.ending is not None and judging.ending.kind == "hold":
            judging.ending = replace(judging.ending, looked_at=seen)

    def _check(self, record: type[Record]) -> None:
        if record not in self._known:
            _check_paths(self.rule, record)
            self._known.add(record)


def _check_paths(rule: Rule, record: type[Record]) -> None:
    """Raises PathInvalid."""
    for path in paths_of(rule.when):
        check_path(path, record)
    for action in rule.then:
        if isinstance(action, Set):
            check_path(action.attribute, record)
        if isinstance(action, Split):
            for path in paths_of(action.where):
                check_path(f"lines[].{path}", record)


def _check_apart(rules: Sequence[Rule]) -> None:
    names: set[str] = set()
    parts: set[str] = set()
    for rule in rules:
        if rule.name in names:
            raise RuleInvalid(rule.name, "Another rule has the same name.")
        names.add(rule.name)
        for action in rule.then:
            if isinstance(action, Split):
                part = part_name(action.flow)
                if part in parts:
                    why = f"Lines are split off to the flow «{action.flow}» twice; do it once."
                    raise RuleInvalid(rule.name, why)
                parts.add(part)


def _named(rule: str, why: str) -> str:
    return f"Rule «{rule}»: {why.rstrip('.')}."
