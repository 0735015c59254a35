"""One side of a flow's mapping as a canvas: fields, attributes, the lines between, and what each
line gives of a chosen record."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import msgspec
from django.utils.translation import gettext, gettext_lazy

from connectors.lines import Line
from connectors.lines import Mapping as Lines
from connectors.standard import resources
from connectors.standard.attributes import AttributeUnknown, type_at
from connectors.steps import AnyStep, Function
from flows.mapping.attributes import complaint
from flows.mapping.compile import is_empty, to_plain
from flows.mapping.edit import Place, find, show_place
from flows.mapping.logic import Logic
from flows.mapping.reads import find_whole, reads_of, targets_of
from flows.mapping.trial import Tried, try_lines
from flows.models import Flow
from flows.operations.shadow.links import Links
from flows.queries.fields import MOST_SAMPLES, Fields, list_fields
from flows.queries.grouped import EACH, Group, group_rows
from flows.queries.lines import show_value
from flows.queries.samples import (
    Sample,
    Trial,
    list_samples,
    read_sample,
    reading_context,
    writing_context,
)
from flows.queries.sides import Side, example_of, standard_samples, subject_of
from flows.queries.suggestions import AttributeRow, Found, OfferRow, list_attributes
from flows.queries.versions import whole_logic
from flows.suggest import Attribute

MISSING = ("none", "empty")
WANTED = {
    "text": gettext_lazy("text"),
    "choice": gettext_lazy("one of its own words"),
    "whole": gettext_lazy("a whole number"),
    "decimal": gettext_lazy("a number"),
    "money": gettext_lazy("an amount"),
    "boolean": gettext_lazy("yes or no"),
    "date": gettext_lazy("a time"),
}


@dataclass(frozen=True)
class TargetRow:
    """An attribute, and its line if it has one (`at`). `steps` are their labels, `whole` is what
    makes it together with others; `state` is none, filled, empty, failing, waiting, whole or
    untried."""

    path: str
    kind: str
    is_required: bool
    state: str
    at: str = ""
    new_at: str = ""  # where its line would be, and what it would fill there
    new_target: str = ""
    source: str = ""
    reads: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    inner: int = 0  # lines for each element
    gives: str = ""
    failure: str = ""
    whole: str = ""
    offer: OfferRow | None = None

    @property
    def is_missing(self) -> bool:
        return self.is_required and self.state in MISSING


@dataclass(frozen=True)
class Canvas:
    side: Side
    samples: Sequence[Sample]
    trial: Trial
    fields: Fields
    groups: list[Group[TargetRow]]

    @property
    def rows(self) -> Iterator[TargetRow]:
        return (one.row for group in self.groups for one in group.rows)

    @property
    def missing(self) -> int:
        return sum(row.is_missing for row in self.rows)

    @property
    def failing(self) -> int:
        return sum(row.state == "failing" for row in self.rows)

    @property
    def filled(self) -> int:
        return sum(bool(row.at) for row in self.rows)

    @property
    def offered(self) -> int:
        return sum(row.offer is not None for row in self.rows)


def open_canvas(
    flow: Flow, side: Side, logic: Logic, found: Found | None, *, sample: str, now: datetime
) -> Canvas:
    """`sample` is the key of one of the newest records; of another one the newest is taken."""
    samples, trial = try_on(flow, logic, sample, now=now, limit=MOST_SAMPLES)
    mapping = whole_logic(flow, logic)[0 if side == "reader" else 1]
    tried = _tried(flow, side, mapping, trial, now)
    offered = list_attributes(flow, side, found, all_of_them=False, logic=logic) if found else []
    rows = list(_rows(flow, side, mapping, tried, offered))
    reads = [path for row in rows for path in row.reads]
    fields = list_fields(flow, side, samples=samples, trial=trial, read=reads)
    return Canvas(side, samples, trial, fields, _grouped(rows))


def try_on(
    flow: Flow, logic: Logic, key: str, *, now: datetime, limit: int
) -> tuple[list[Sample], Trial]:
    """The newest records, and the chosen one as it is read; before any has come, an example."""
    samples = list_samples(flow, limit=limit)
    first = samples[0] if samples else example_of(flow, now)
    sample = next((one for one in samples if one.key == key), first)
    if sample is None:
        return samples, _try_standard(flow)
    return samples, read_sample(flow, logic, sample, now=now)


def _try_standard(flow: Flow) -> Trial:
    """Of a half that reads nothing: an example of what is written."""
    kind = resources()[flow.stream_spec.resource]
    record = next((msgspec.convert(one, kind) for one in standard_samples(flow)), None)
    return Trial(record=record, plain=to_plain(record)) if record else Trial()


def _tried(
    flow: Flow, side: Side, mapping: Lines, trial: Trial, now: datetime
) -> dict[Place, Tried]:
    if side == "reader":
        raw = trial.sample.raw if trial.sample else None
        return try_lines(mapping.lines, raw, reading_context(flow, now))
    # Twice: once to hear of which records the links are asked, and then with all of them.
    links = Links(flow.source, flow.target)
    context = writing_context(flow, now, trial.record)
    asking = replace(context, find_link=lambda *one: links.find_link(*one) or "0")
    try_lines(mapping.lines, trial.plain, asking)
    links.look()
    return try_lines(mapping.lines, trial.plain, replace(context, find_link=links.find_link))


def _rows(
    flow: Flow,
    side: Side,
    mapping: Lines,
    tried: Mapping[Place, Tried],
    offered: Sequence[AttributeRow],
) -> Iterator[TargetRow]:
    """Every attribute in the order of the standard or of the target, then what only lines know."""
    targets, reads = targets_of(mapping.lines), reads_of(mapping.lines)
    places = {target: place for place, target in targets.items()}
    offers = {one.path: one.offers[0] for one in offered if one.offers}
    known = {one.path: one for one in subject_of(flow, side).attributes}
    resource = flow.stream_spec.resource if side == "reader" else ""
    for path in (*known, *(path for path in places if path not in known)):
        attribute, place = known.get(path), places.get(path)
        if place is not None:
            line = find(mapping, place)
            row = _filled(path, line, tried[place], attribute, resource)
            yield replace(row, at=show_place(place), reads=reads[place])
        elif attribute is not None:
            yield _unfilled(mapping, attribute, places, offers.get(path))


def _filled(
    path: str, line: Line, tried: Tried, attribute: Attribute | None, resource: str
) -> TargetRow:
    kind = attribute.kind if attribute else ("list" if line.each else "")
    failure = tried.failure or _complaint(resource, path, tried.value, kind)
    state = "empty" if is_empty(tried.value) else "filled"
    failing = "waiting" if tried.waits else "failing"
    return TargetRow(
        path=path,
        kind=kind,
        is_required=line.required or bool(attribute and attribute.required),
        state=failing if failure else state if tried.has_sample else "untried",
        source=line.source,
        steps=tuple(map(_label, line.steps)),
        inner=len(line.each),
        gives=show_value(tried.value),
        failure=failure,
    )


def _label(step: AnyStep) -> str:
    """Short enough to stand on a line."""
    return f"{step.name.rpartition('.')[2]}()" if isinstance(step, Function) else step.label


def _complaint(resource: str, path: str, value: object, kind: str) -> str:
    """What the standard cannot hold there; of no other body is that known."""
    if not resource or value is None or kind not in WANTED:
        return ""
    try:
        found = complaint(value, type_at(resource, path))
    except AttributeUnknown:
        return ""
    return (
        gettext("The standard cannot hold this here: it wants {wanted}.").format(
            wanted=WANTED[kind]
        )
        if found
        else ""
    )


def _unfilled(
    mapping: Lines, attribute: Attribute, places: Mapping[str, Place], offer: OfferRow | None
) -> TargetRow:
    path, around = attribute.path, attribute.path.rpartition(f"{EACH}.")[0]
    whole = find_whole(mapping.lines, path)
    is_inside_nothing = bool(around) and around not in places
    parts = attribute.kind in ("list", "object") and any(
        one.startswith((f"{path}.", f"{path}{EACH}")) for one in places
    )
    state = "whole" if whole else "filled" if parts else "none"
    needed = attribute.required and not is_inside_nothing
    new_at, new_target = _new_place(path, places)
    return TargetRow(
        path=path,
        kind=attribute.kind,
        is_required=needed,
        state=state,
        new_at=new_at,
        new_target=new_target,
        whole=whole.target if whole else "",
        offer=offer,
    )


def _new_place(path: str, places: Mapping[str, Place]) -> tuple[str, str]:
    """In the lines of its list; as long as that has no line, it is the list's that is to come."""
    around, each, name = path.rpartition(f"{EACH}.")
    if not each:
        return "+", path
    if around in places:
        return f"{show_place(places[around])}.+", name
    return _new_place(around, places)


def _grouped(rows: Sequence[TargetRow]) -> list[Group[TargetRow]]:
    """Open is what has a line or wants one."""
    return [
        replace(
            group,
            is_open=not group.path
            or any(one.row.at or one.row.is_missing or one.row.offer for one in group.rows),
        )
        for group in group_rows(rows)
    ]
