"""Two outcomes of one record, side by side: the same, or what would be different, and where."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from flows.mapping.outcome import Outcome

IDENTICAL, CHANGED = "identical", "changed"
MOST_CHANGES, MOST_TEXT, MOST_NAMED = 50, 500, 3
_INDEX = re.compile(r"\[\d+\]")


@dataclass(frozen=True)
class Change:
    """One attribute of what would be sent; `path` is as `item.items[0].rate`.

    Both are as JSON has them, and cut; None is none.
    """

    path: str
    old: Any
    new: Any


@dataclass(frozen=True)
class Comparison:
    """`kind` is identical, changed, `still_` or `now_` and the kind of the outcome: still_failed is
    one that fails as before, now_sent one that no longer fails, is held and so on.

    `attributes` names what changes, without places in lists, few at a time: for counting.
    """

    kind: str
    changes: tuple[Change, ...] = ()
    attributes: str = ""


def compare(before: Outcome, after: Outcome) -> Comparison:
    if before.kind != after.kind:
        return Comparison(f"now_{after.kind}")
    same = IDENTICAL if after.kind == "sent" else f"still_{after.kind}"
    if before is after:
        return Comparison(same)
    one, other = _content(before), _content(after)
    if _json(one) == _json(other):
        return Comparison(same)
    changes = tuple(differences(_plain(one), _plain(other)))
    if not changes:
        return Comparison(same)
    return Comparison(CHANGED, changes[:MOST_CHANGES], name_attributes(changes))


def _content(outcome: Outcome) -> Any:
    """What must be the same for two outcomes to be."""
    parts = {"parts": dict(outcome.parts)} if outcome.parts else {}
    if outcome.kind == "sent":
        return {**outcome.body, **parts} if isinstance(outcome.body, dict) else outcome.body
    if outcome.kind == "waits":
        return {"waits_for": outcome.waits_for, **(outcome.body or {}), **parts}
    if outcome.kind == "failed":
        return {"failure": outcome.why, "line": outcome.line, "step": outcome.step}
    said = {"rule": outcome.rule, "reason": outcome.why, "flow": outcome.flow}
    return {**said, "record": outcome.record, **parts}


def _json(content: Any) -> bytes:
    return msgspec.json.encode(content, enc_hook=str)


def _plain(content: Any) -> Any:
    return msgspec.json.decode(_json(content))


def differences(old: Any, new: Any, path: str = "") -> Iterator[Change]:
    """Of two documents of JSON. 24 is 24.0, but no text."""
    if isinstance(old, dict | list) and _json(old) == _json(new):
        return
    if isinstance(old, dict) and isinstance(new, dict):
        for name in [*old, *(name for name in new if name not in old)]:
            where = f"{path}.{name}" if path else name
            yield from differences(old.get(name), new.get(name), where)
    elif isinstance(old, list) and isinstance(new, list):
        for place in range(max(len(old), len(new))):
            one = old[place] if place < len(old) else None
            other = new[place] if place < len(new) else None
            yield from differences(one, other, f"{path}[{place}]")
    elif old != new or isinstance(old, bool) != isinstance(new, bool):
        yield Change(path, _cut(old), _cut(new))


def _cut(value: Any) -> Any:
    if isinstance(value, dict | list):
        value = msgspec.json.encode(value).decode()
    if isinstance(value, str) and len(value) > MOST_TEXT:
        return f"{value[:MOST_TEXT]}…"
    return value


def name_attributes(changes: tuple[Change, ...]) -> str:
    names = sorted({_INDEX.sub("[]", change.path) for change in changes})
    if len(names) > MOST_NAMED:
        return f"{', '.join(names[:MOST_NAMED])} and {len(names) - MOST_NAMED} more"
    return ", ".join(names)


def explain(outcome: Outcome) -> dict[str, Any]:
    """Why it is as it is, as JSON; without what would be sent."""
    said: dict[str, Any] = {
        "kind": outcome.kind,
        "why": _cut(outcome.why),
        "rule": outcome.rule,
        "flow": outcome.flow,
        "line": outcome.line,
        "step": outcome.step,
        "value": None if outcome.value is None else _cut(_plain(outcome.value)),
    }
    return {name: value for name, value in said.items() if value or name == "kind"}
