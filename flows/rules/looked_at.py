"""What a rule looks at in a record, as one digest: while it stays, a person's word on it stays."""

import hashlib
import re
from collections.abc import Collection
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from flows.rules.plain import find_by
from flows.rules.rule import AllOf, AnyOf, Cel, Compare, Condition, Not, Rule

_WORDS = re.compile(r"[A-Za-z_]\w*")
_OF_FUNCTIONS = {"ordered": {"sku", "quantity"}}  # what they look at besides what they are given


def looked_at(rule: Rule, plain: Any) -> str:
    """Of the rule's name and condition, and the values that it compares; `plain` is the record.

    Of an expression these are the attributes that its text names. What time it is, and what stands
    in tables, is no part of it.
    """
    seen = [rule.name, msgspec.to_builtins(rule.when), _seen(rule.when, plain)]
    return hashlib.sha256(msgspec.json.encode(_said(seen), order="sorted")).hexdigest()


def _seen(condition: Condition, plain: Any) -> Any:
    match condition:
        case Compare():
            return find_by(condition.attribute)(plain)
        case Cel():
            return _named(plain, _words(condition.text))
        case AllOf() | AnyOf():
            return [_seen(one, plain) for one in condition.of]
        case Not():
            return _seen(condition.of, plain)


def _words(text: str) -> set[str]:
    words = set(_WORDS.findall(text))
    return words.union(*(more for name, more in _OF_FUNCTIONS.items() if name in words))


def _named(record: dict[str, Any], words: Collection[str]) -> dict[str, Any]:
    return {name: _within(part, words) for name, part in record.items() if name in words}


def _within(value: Any, words: Collection[str]) -> Any:
    """An object of which no attribute is named is looked at as a whole."""
    if isinstance(value, list):
        return [_within(one, words) for one in value]
    return (_named(value, words) or value) if isinstance(value, dict) else value


def _said(value: Any) -> Any:
    """One value is one text: 43.9 is 43.90."""
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, datetime):
        return value.timestamp()
    if isinstance(value, dict):
        return {str(name): _said(part) for name, part in value.items()}
    return [_said(one) for one in value] if isinstance(value, list | tuple) else value
