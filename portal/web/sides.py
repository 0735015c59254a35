"""The two mappings of a flow, with what each of their lines gives of a sample."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from msgspec.structs import replace

from connectors.lines import Mapping
from flows.mapping.logic import Logic
from flows.mapping.trial import try_lines
from flows.models import Flow
from flows.queries.lines import (
    SIDES,
    LineRow,
    Needed,
    Side,
    list_lines,
    list_needed,
    needed_of_body,
    needed_of_record,
)
from flows.queries.samples import (
    Trial,
    list_samples,
    read_sample,
    reading_context,
    writing_context,
)
from flows.queries.versions import whole_logic
from portal.web.logic import Desk


@dataclass(frozen=True)
class SideShown:
    """One of the two mappings."""

    side: Side
    title: str
    is_own: bool  # the connector's
    rows: list[LineRow]
    needed: list[Needed]

    @property
    def failing(self) -> int:
        return sum(bool(row.failure) for row in self.rows)

    @property
    def is_tried(self) -> bool:
        return any(row.has_sample for row in self.rows)

    @property
    def lacking(self) -> list[Needed]:
        return [one for one in self.needed if one.state in ("needed_empty", "needed_none")]


def show_sides(flow: Flow, logic: Logic) -> tuple[Trial, list[SideShown]]:
    """Tried on the newest record that came."""
    now = timezone.now()
    sample = next(iter(list_samples(flow)), None)
    trial = read_sample(flow, logic, sample, now=now)
    reader, writer = whole_logic(flow, logic)
    raw = trial.sample.raw if trial.sample else None
    read = try_lines(reader.lines, raw, reading_context(flow, now))
    context = writing_context(flow, now, trial.record)
    written = try_lines(writer.lines, trial.plain, context)
    what = flow.stream_spec.resource.replace("_", " ")
    of_record = needed_of_record(flow.stream_spec.resource)
    of_body = needed_of_body(flow.action_spec.writer, writer)
    return trial, [
        SideShown(
            "reader",
            gettext("{label} to Ekyam's {what}").format(label=flow.source.label, what=what),
            logic.reader is None,
            list_lines(reader, read),
            list_needed(of_record, reader, read),
        ),
        SideShown(
            "writer",
            gettext("Ekyam's {what} to {label}").format(what=what, label=flow.target.label),
            logic.writer is None,
            list_lines(writer, written),
            list_needed(of_body, writer, written),
        ),
    ]


def mapping_of(desk: Desk, side: Side) -> Mapping:
    return whole_logic(desk.flow, desk.logic)[SIDES.index(side)]


def with_mapping(logic: Logic, side: Side, mapping: Mapping | None) -> Logic:
    changed: dict[str, Any] = {side: mapping}
    return replace(logic, **changed)


def at_line(id: str, side: str, at: str) -> str:
    """The page with the focus on a line. Not by a fragment: with one browsers focus nothing."""
    return f"{reverse('mapping', kwargs={'id': id})}?focus={side}-{at}"
