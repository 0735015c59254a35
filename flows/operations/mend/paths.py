"""Attributes of a standard record by their paths: `shipping_address.city`, `lines[].sku`. Pure."""

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext


class NoPlace(ValueError):
    """The path leads nowhere in this record; the text says where it ends."""


@dataclass(frozen=True)
class Change:
    """The attribute at the path gets the value; None takes it away."""

    path: str
    value: Any


def changes_of(kept: Mapping[str, Any]) -> list[Change]:
    """Those of an act, as `keep_changes` keeps them or as a single one was kept before."""
    found = kept.get("changes", [kept] if kept else [])
    return [Change(one["path"], one["value"]) for one in found]


def keep_changes(changes: Sequence[Change]) -> dict[str, Any]:
    if not changes:
        return {}
    return {"changes": [{"path": one.path, "value": one.value} for one in changes]}


def values_at(standard: Any, path: str) -> list[Any]:
    """What stands there now: one value, or one for each element of the lists on the way."""
    return [holder.get(name) for holder, name in _places(standard, path)]


def put_all(standard: dict[str, Any], changes: Sequence[Change]) -> dict[str, Any]:
    """A copy with each value at its path, in each element of the lists on the way: all or none.

    Raises NoPlace where a list or an object on the way is missing or something else.
    """
    changed = copy.deepcopy(standard)
    for one in changes:
        for holder, name in _places(changed, one.path, makes=True):
            holder[name] = one.value
    return changed


def _places(found: Any, path: str, *, makes: bool = False) -> Iterator[tuple[dict[str, Any], str]]:
    head, _, rest = path.partition(".")
    name, is_list = head.removesuffix("[]"), head.endswith("[]")
    if not isinstance(found, dict):
        raise NoPlace(
            gettext("«{name}» is asked of something that has no attributes.").format(name=name)
        )
    if not rest and not is_list:
        yield found, name
        return
    below = found.get(name)
    if is_list:
        if not isinstance(below, list) or not below or not rest:
            raise NoPlace(gettext("«{name}» is an empty list, or none.").format(name=name))
        for element in below:
            yield from _places(element, rest, makes=makes)
        return
    if below is None:
        if not makes:
            yield {}, rest
            return
        below = found[name] = {}
    yield from _places(below, rest, makes=makes)
