"""What two Logics, or two flows, differ in: as data for a page, and as text.

Lines are known by their target, rules by their name. Nothing is said only if they are the same.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from connectors.lines import Line, Mapping
from flows.mapping.logic import Logic
from flows.mapping.words import say_line, say_step
from flows.rules.rule import Rule
from flows.rules.words import say_action, say_condition, say_rule

Kind = Literal["added", "removed", "changed", "moved"]
Where = Literal["flow", "reader", "rules", "writer"]
WHOSE = "Mapping"  # the name of the change from the connector's own to the flow's own, or back
Names = tuple[str, ...]  # a target inside the lists that it is in
Key = tuple[Names, int]  # the first, the second... of that name


@dataclass(frozen=True)
class Detail:
    """One thing of a line or a rule that changed; what was not there, or is not, is ""."""

    what: str
    before: str
    after: str


@dataclass(frozen=True)
class Change:
    """`name` is a target, as `lines[].sku`, or a rule's name; `before` and `after` are in words."""

    where: Where
    kind: Kind
    name: str
    before: str = ""
    after: str = ""
    details: tuple[Detail, ...] = ()


@dataclass(frozen=True)
class Difference:
    changes: tuple[Change, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.changes)

    def of(self, where: Where) -> tuple[Change, ...]:
        return tuple(change for change in self.changes if change.where == where)

    def text(self) -> str:
        """A line for each change, and for each of its details one that is indented."""
        return "\n".join(_text(change) for change in self.changes) or "No difference."


def difference(
    before: Logic,
    after: Logic,
    *,
    own_reader: Mapping | None = None,
    own_writer: Mapping | None = None,
) -> Difference:
    """A mapping of None is compared as the connector's own, if that is given."""
    return Difference(
        (
            *_mappings("reader", before.reader, after.reader, own_reader),
            *_changes("rules", _by_name(before.rules), _by_name(after.rules), say_rule, _of_rule),
            *_mappings("writer", before.writer, after.writer, own_writer),
        )
    )


def _mappings(
    where: Where, before: Mapping | None, after: Mapping | None, own: Mapping | None
) -> Iterator[Change]:
    if (before is None) != (after is None):
        yield Change(where, "changed", WHOSE, _whose(before), _whose(after))
    old, new = before or own, after or own
    if old is not None and new is not None:
        yield from _changes(where, _by_target(old), _by_target(new), say_line, _of_line)


def _whose(mapping: Mapping | None) -> str:
    return "the connector's own" if mapping is None else "the flow's own"


def _by_target(mapping: Mapping) -> dict[Key, Line]:
    return _numbered(_targets(mapping.lines, ()))


def _targets(lines: Iterable[Line], inside: Names) -> Iterator[tuple[Names, Line]]:
    for line in lines:
        names = (*inside, line.target)
        yield names, line
        yield from _targets(line.each, names)


def _by_name(rules: Iterable[Rule]) -> dict[Key, Rule]:
    return _numbered(((rule.name,), rule) for rule in rules)


def _numbered(pairs: Iterable[tuple[Names, Any]]) -> dict[Key, Any]:
    seen: Counter[Names] = Counter()
    found: dict[Key, Any] = {}
    for names, one in pairs:
        seen[names] += 1
        found[names, seen[names]] = one
    return found


def _shown(key: Key) -> str:
    """`lines[].sku`, and of a second one `lines[].sku (2)`."""
    names, number = key
    return "[].".join(names) + (f" ({number})" if number > 1 else "")


def _changes(
    where: Where,
    before: MappingOf[Key, Any],
    after: MappingOf[Key, Any],
    say: Callable[[Any], str],
    details: Callable[[Any, Any], Iterator[Detail]],
) -> Iterator[Change]:
    """In the order of what is now, with what is gone at the end."""
    was, now = _follows(before), _follows(after)
    moved = _moved(list(before), list(after))
    for key, new in after.items():
        if key not in before:
            yield Change(where, "added", _shown(key), "", say(new))
            continue
        old = before[key]
        if found := tuple(details(old, new)):
            yield Change(where, "changed", _shown(key), say(old), say(new), found)
        if key in moved:
            yield Change(where, "moved", _shown(key), was[key], now[key])
    for key, old in before.items():
        if key not in after:
            yield Change(where, "removed", _shown(key), say(old), "")


def _follows(found: MappingOf[Key, Any]) -> dict[Key, str]:
    """Where each stands, in words."""
    keys = list(found)
    return dict(zip(keys, ["first", *(f"after {_shown(key)}" for key in keys)], strict=False))


def _moved(before: Sequence[Key], after: Sequence[Key]) -> set[Key]:
    """As few as explain the new order."""
    places = {key: place for place, key in enumerate(before)}
    both = [key for key in after if key in places]
    stayed = _longest_in_order([places[key] for key in both])
    return {key for index, key in enumerate(both) if index not in stayed}


def _longest_in_order(places: Sequence[int]) -> set[int]:
    """The indexes of a longest rising row of them: what is not in it was moved."""
    tails: list[int] = []
    tops: list[int] = []
    came_from: dict[int, int | None] = {}
    for index, place in enumerate(places):
        spot = bisect_left(tops, place)
        tops[spot : spot + 1] = [place]
        tails[spot : spot + 1] = [index]
        came_from[index] = tails[spot - 1] if spot else None
    found: set[int] = set()
    last = tails[-1] if tails else None
    while last is not None:
        found.add(last)
        last = came_from[last]
    return found


def _of_line(old: Line, new: Line) -> Iterator[Detail]:
    """Of the line itself: the lines that it goes through each by have changes of their own."""
    if old.source != new.source:
        yield Detail("source", old.source, new.source)
    if not is_same(old.steps, new.steps):
        yield Detail("steps", _steps(old), _steps(new))
    if old.required != new.required:
        yield Detail("required", _yes(old.required), _yes(new.required))
    if bool(old.each) != bool(new.each):
        yield Detail("list", _yes(bool(old.each)), _yes(bool(new.each)))


def _steps(line: Line) -> str:
    return " → ".join(say_step(step) for step in line.steps)


def _of_rule(old: Rule, new: Rule) -> Iterator[Detail]:
    if old.is_on != new.is_on:
        yield Detail("on", _yes(old.is_on), _yes(new.is_on))
    if not is_same(old.when, new.when):
        yield Detail("when", say_condition(old.when), say_condition(new.when))
    if not is_same(old.then, new.then):
        yield Detail("then", *("; ".join(map(say_action, one.then)) for one in (old, new)))


def is_same(one: Any, other: Any) -> bool:
    """As data: to Python alone 1, 1.0 and True are the same."""
    encode = msgspec.json.Encoder(order="sorted").encode
    return encode(one) == encode(other)


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _text(change: Change) -> str:
    head = f"{change.where}: {change.name} {change.kind}"
    if change.kind == "added":
        return f"{head}: {change.after}"
    if change.kind == "removed":
        return f"{head}: {change.before}"
    if change.details:
        return "\n".join([head, *(f"    {_say_detail(detail)}" for detail in change.details)])
    return f"{head}: {change.before} → {change.after}"


def _say_detail(detail: Detail) -> str:
    return f"{detail.what}: {detail.before or 'none'} → {detail.after or 'none'}"
