"""The mappings of each flow as they are today: the connectors' own, line by line."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from connectors.spec import Line, Mapping
from connectors.steps import Step
from flows.models import Flow


@dataclass(frozen=True)
class StepEntry:
    name: str
    parameters: dict[str, Any]


@dataclass(frozen=True)
class LineEntry:
    """`each` are the lines of every element, where the source is a list."""

    target: str
    source: str
    is_required: bool
    steps: list[StepEntry]
    each: list["LineEntry"] = field(default_factory=list)


@dataclass(frozen=True)
class MappingEntry:
    """`reads`: the vendor's record into the standard; `writes`: the standard into the target's."""

    flow_id: str
    flow: str
    stream: str
    resource: str
    action: str
    reads: list[LineEntry]
    writes: list[LineEntry]


def list_mapping_entries() -> list[MappingEntry]:
    """One for each flow, in the order of the chain; one query."""
    rows = Flow.objects.select_related("source", "target").order_by("position", "label", "id")
    return [_entry(one) for one in rows.defer("source__sealed", "target__sealed")]


def get_mapping_entry(flow_id: str) -> MappingEntry:
    """Raises Flow.DoesNotExist."""
    return _entry(Flow.get_public(flow_id))


def _entry(flow: Flow) -> MappingEntry:
    return MappingEntry(
        flow_id=flow.public_id,
        flow=flow.label,
        stream=flow.stream,
        resource=flow.stream_spec.resource,
        action=flow.action,
        reads=_of(flow.stream_spec.reader),
        writes=_of(flow.action_spec.writer),
    )


def _of(mapping: Mapping) -> list[LineEntry]:
    return _lines(mapping.lines)


def _lines(lines: Iterable[Line]) -> list[LineEntry]:
    return [
        LineEntry(
            target=line.target,
            source=line.source,
            is_required=line.required,
            steps=[_step(one) for one in line.steps],
            each=_lines(line.each),
        )
        for line in lines
    ]


def _step(step: Step) -> StepEntry:
    parameters = msgspec.to_builtins(step)
    return StepEntry(parameters.pop("step"), parameters)
