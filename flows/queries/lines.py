"""The lines of a mapping as a page shows them: in words, with what they give of a sample."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

import msgspec
from django.utils.translation import gettext, ngettext

from connectors.errors import shown
from connectors.lines import Mapping
from connectors.standard import resources
from flows.mapping.compile import is_empty
from flows.mapping.edit import Place, show_place, walk
from flows.mapping.trial import Tried
from flows.mapping.words import say_step

Side = Literal["reader", "writer"]
SIDES: tuple[Side, ...] = ("reader", "writer")


@dataclass(frozen=True)
class LineRow:
    """`gives` is what comes out, `failure` why nothing does; both are empty without a sample."""

    at: str
    depth: int
    target: str
    source: str
    steps: str
    required: bool
    is_list: bool
    gives: str
    failure: str
    has_sample: bool


@dataclass(frozen=True)
class Needed:
    """An attribute that must be there: `state` is needed_filled, needed_empty or needed_none."""

    name: str
    state: str
    at: str = ""


def list_lines(mapping: Mapping, tried: dict[Place, Tried]) -> list[LineRow]:
    return [
        LineRow(
            at=show_place(place),
            depth=len(place) - 1,
            target=line.target,
            source=line.source,
            steps=", ".join(map(say_step, line.steps)),
            required=line.required,
            is_list=bool(line.each),
            gives=show_value(tried[place].value),
            failure=tried[place].failure,
            has_sample=tried[place].has_sample,
        )
        for place, line in walk(mapping.lines)
    ]


def show_value(value: Any) -> str:
    """On one line; of a list how many there are, of an object what is in it by name."""
    if isinstance(value, dict):
        plain = {k: "…" if isinstance(one, dict) else show_value(one) for k, one in value.items()}
        return shown(", ".join(f"{name}: {one}" for name, one in plain.items()))
    if isinstance(value, list):
        many = len(value)
        return ngettext("{many} entry", "{many} entries", many).format(many=many)
    if isinstance(value, str):
        return f"«{shown(value)}»"
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    return "" if value is None else shown(value)


def list_needed(names: Iterable[str], mapping: Mapping, tried: dict[Place, Tried]) -> list[Needed]:
    """Of attributes that must be filled, those at the top of the mapping that do not fail there
    come last."""
    found = []
    for name in names:
        places = [
            (place, line)
            for place, line in walk(mapping.lines)
            if len(place) == 1 and (line.target == name or line.target.startswith(f"{name}."))
        ]
        if not places:
            found.append(Needed(name, "needed_none"))
            continue
        place = places[0][0]
        one = tried[place]
        is_filled = any(not is_empty(tried[at].value) for at, _ in places)
        state = "needed_filled" if is_filled else "needed_empty"
        found.append(Needed(name, state if one.has_sample else "needed_mapped", show_place(place)))
    return sorted(found, key=lambda one: one.state in ("needed_filled", "needed_mapped"))


def needed_of_record(resource: str) -> list[str]:
    """What every such record has."""
    fields = msgspec.structs.fields(resources()[resource])
    return [field.name for field in fields if field.required]


def needed_of_body(own: Mapping, mapping: Mapping) -> list[str]:
    """What the connector's own mapping requires, and what this one does."""
    names = [line.target for line in (*own.lines, *mapping.lines) if line.required]
    return list(dict.fromkeys(names))
