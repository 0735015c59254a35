"""One attribute of a standard record, by its path: `shipping_address.city`, `lines[].sku`. Pure."""

import copy
from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext


class NoPlace(ValueError):
    """The path leads nowhere in this record; the text says where it ends."""


def values_at(standard: Any, path: str) -> list[Any]:
    """What stands there now: one value, or one for each element of the lists on the way."""
    return [holder.get(name) for holder, name in _places(standard, path)]


def put_at(standard: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A copy with the value at the path, in each element of the lists on the way.

    Raises NoPlace where a list or an object on the way is missing or something else.
    """
    changed = copy.deepcopy(standard)
    for holder, name in _places(changed, path, makes=True):
        holder[name] = value
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
